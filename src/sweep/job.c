#include "sweep/job.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_RESULT = 1 << 16, LOG_END = 4096 };

static const char RESULT[] = "result.json";

static bool has_file(const struct job *job, const char *name) {
    char path[PATH_SIZE];
    struct error ignored;
    return path_join(path, job->dir, name, &ignored) == STATUS_OK && path_is_file(path);
}

void job_remove(const struct job *job, const char *name) {
    char path[PATH_SIZE];
    struct error ignored;
    if (path_join(path, job->dir, name, &ignored) == STATUS_OK)
        unlink(path);
}

/* ---- State ----------------------------------------------------------------------------------- */

const char *job_state_name(const struct job *job) {
    static const char *const names[] = {
        [SWEEP_WAITING] = "waiting",     [SWEEP_STOPPED] = "stopped", [SWEEP_RUNNING] = "running",
        [SWEEP_ELSEWHERE] = "elsewhere", [SWEEP_READY] = "ready",     [SWEEP_FINISHED] = "finished",
        [SWEEP_FAILED] = "failed",
    };
    return names[job->state];
}

/* Whether its process has reported that the run reached its end. */
static bool is_finished(const struct job *job) {
    char path[PATH_SIZE];
    char *text;
    size_t size;
    bool finished = false;
    struct error ignored;
    if (path_join(path, job->dir, RESULT, &ignored) != STATUS_OK ||
        path_read_text(path, MAX_RESULT, &text, &size, &ignored) != STATUS_OK)
        return false;
    struct json *result = json_parse(text, size);
    free(text);
    const bool said = json_get_bool(result, "finished", &finished);
    json_free(result);
    return said && finished;
}

static bool has_checkpoint(const struct job *job) {
    return has_file(job, "config.json") &&
           (has_file(job, "checkpoint.h5") || has_file(job, "checkpoint-previous.h5"));
}

void job_look(struct job *job) {
    job->progress = progress_read(job->dir);
    if (job->state == SWEEP_RUNNING || job->state == SWEEP_FAILED)
        return;
    if (is_finished(job))
        job->state = job->ended;
    else
        job->state = has_checkpoint(job) ? SWEEP_STOPPED : SWEEP_WAITING;
}

enum status job_open(struct job *job, const char *folder, const char *name, struct error *error) {
    *job = (struct job){.ended = SWEEP_FINISHED, .log = -1};
    enum status status = path_join(job->dir, folder, name, error);
    if (status == STATUS_OK)
        status = path_join(job->log_path, job->dir, "log.txt", error);
    if (status == STATUS_OK)
        job_look(job);
    return status;
}

/* ---- Starting -------------------------------------------------------------------------------- */

/* Removes the files of a run without a checkpoint, so that it can start again in its directory. */
static void clear(const struct job *job) {
    static const char *const names[] = {"config.json", "progress.csv", "episodes.csv", RESULT};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        job_remove(job, names[i]);
    DIR *folder = opendir(job->dir);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (strncmp(entry->d_name, "events.out.tfevents.", 20) == 0 ||
            strncmp(entry->d_name, "model-", 6) == 0)
            unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
}

/* Opens the log and locks it. *is_taken: another process holds the lock; job->log is
 * closed again. */
static enum status open_log(struct job *job, bool *is_taken, struct error *error) {
    *is_taken = false;
    enum status status = path_make_folder(job->dir, error);
    if (status != STATUS_OK)
        return status;
    job->log = open(job->log_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (job->log < 0)
        return error_set(error, STATUS_FAILED, "cannot write '%s': %s", job->log_path,
                         strerror(errno));
    if (!path_lock(job->log)) {
        *is_taken = true;
        close(job->log);
        job->log = -1;
    }
    return STATUS_OK;
}

static void close_log(struct job *job) {
    if (job->log >= 0)
        close(job->log);
    job->log = -1;
}

/* Writes the command line, so that the log is complete in itself. */
static void log_command(const struct job *job, char *const *arguments) {
    char date[32];
    struct tm now;
    const time_t seconds = time(NULL);
    strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", localtime_r(&seconds, &now));
    dprintf(job->log, "---- %s", date);
    for (; *arguments; arguments++)
        dprintf(job->log, " %s", *arguments);
    dprintf(job->log, "\n");
}

/* In the child: starts the program again with these arguments. */
_Noreturn static void become(const struct job *job, char *const *arguments, int result,
                             const sigset_t *mask, pid_t parent) {
    const int nothing = open("/dev/null", O_RDONLY);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGUSR1); /* a run saves and stops, however often it comes */
    if (getppid() == parent && dup2(nothing, STDIN_FILENO) >= 0 &&
        dup2(result, STDOUT_FILENO) >= 0 && dup2(job->log, STDERR_FILENO) >= 0) {
        sigprocmask(SIG_SETMASK, mask, NULL);
        execv("/proc/self/exe", arguments);
        dprintf(STDERR_FILENO, "asyncrl: cannot start the program: %s\n", strerror(errno));
    }
    _exit(1);
}

/* Starts the process; result: the file for its --json. */
static enum status start_process(struct job *job, char *const *arguments, int result,
                                 const sigset_t *mask, struct error *error) {
    const pid_t parent = getpid();
    log_command(job, arguments);
    const pid_t pid = fork();
    if (pid == 0)
        become(job, arguments, result, mask, parent);
    if (pid < 0)
        return error_set(error, STATUS_FAILED, "cannot start a process: %s", strerror(errno));
    job->pid = pid;
    job->is_tried = true;
    job->state = SWEEP_RUNNING;
    return STATUS_OK;
}

static enum status open_result(const struct job *job, int *result, struct error *error) {
    char path[PATH_SIZE];
    const enum status status = path_join(path, job->dir, RESULT, error);
    if (status != STATUS_OK)
        return status;
    *result = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return *result >= 0
               ? STATUS_OK
               : error_set(error, STATUS_FAILED, "cannot write '%s': %s", path, strerror(errno));
}

/* Resumes the run from its checkpoint. */
static enum status resume(struct job *job, char *const *more, int result, const sigset_t *mask,
                          struct error *error) {
    enum { USUAL = 5, MOST = 64 };
    char dir[PATH_SIZE + 16];
    char *words[MOST + 1] = {"asyncrl", "train", dir, "--json", "--plain"};
    snprintf(dir, sizeof dir, "--resume=%s", job->dir);
    for (int i = USUAL; i < MOST && *more; i++)
        words[i] = *more++;
    return start_process(job, words, result, mask, error);
}

/* Starts the run; this process holds the log's lock. */
static enum status start_locked(struct job *job, char *const *fresh, char *const *more,
                                const sigset_t *mask, struct error *error) {
    int result = -1;
    job->resumes = has_checkpoint(job);
    if (!job->resumes)
        clear(job);
    enum status status = open_result(job, &result, error);
    if (status == STATUS_OK && job->resumes)
        status = resume(job, more, result, mask, error);
    else if (status == STATUS_OK)
        status = start_process(job, fresh, result, mask, error);
    if (result >= 0)
        close(result);
    return status;
}

enum status job_start(struct job *job, char *const *fresh, char *const *more, const sigset_t *mask,
                      struct error *error) {
    bool is_taken;
    enum status status = open_log(job, &is_taken, error);
    if (status != STATUS_OK)
        return status;
    if (is_taken) {
        job->state = SWEEP_ELSEWHERE;
        return STATUS_OK;
    }
    if (is_finished(job)) {
        job->state = job->ended;
        job->progress = progress_read(job->dir);
    } else {
        status = start_locked(job, fresh, more, mask, error);
    }
    if (job->state != SWEEP_RUNNING)
        close_log(job);
    return status;
}

void job_renew(struct job *job) {
    job_remove(job, RESULT);
    job->state = SWEEP_WAITING;
    job->is_tried = false;
    job_look(job);
}

/* ---- Ending ---------------------------------------------------------------------------------- */

/* Reads the last line of the log: the error, if the process reported one. */
static void read_last_line(const struct job *job, char *out, size_t size) {
    char text[LOG_END + 1];
    const off_t length = lseek(job->log, 0, SEEK_END);
    const off_t from = length > LOG_END ? length - LOG_END : 0;
    const ssize_t got = pread(job->log, text, LOG_END, from);
    size_t end = got > 0 ? (size_t)got : 0;
    while (end > 0 && text[end - 1] == '\n')
        end--;
    text[end] = '\0';
    const char *newline = strrchr(text, '\n');
    const char *line = newline ? newline + 1 : text;
    if (strncmp(line, "----", 4) == 0)
        line = "";
    snprintf(out, size, "%.*s", (int)size - 1, line);
    without_controls(out);
}

void job_end(struct job *job, int wait_status) {
    char how[64];
    char line[160];
    job->pid = 0;
    process_describe_end(how, sizeof how, wait_status);
    job->state = SWEEP_STOPPED;
    /* A signal to stop kills a process that does not handle signals yet. */
    const bool is_wanted = job->is_asked && WIFSIGNALED(wait_status);
    if (!is_wanted && (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0)) {
        read_last_line(job, line, sizeof line);
        snprintf(job->why, sizeof job->why, "%s%s%s", how, line[0] ? ": " : "", line);
        job->state = SWEEP_FAILED;
    }
    close_log(job);
    job_look(job);
}

void job_stop(struct job *job, bool at_once) {
    job->is_asked = true;
    if (job->pid > 0)
        kill(job->pid, at_once ? SIGKILL : SIGUSR1);
}
