#include "sweep/sweep.h"
#include "store/store.h"
#include "sweep/inside.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static const double LOOK_SECONDS = 1;
/* As in train: a signal may come twice, to the group as well. */
static const double SAME_WISH_SECONDS = 0.2;

/* ---- Opening --------------------------------------------------------------------------------- */

/* runs/<name of the file without folder and ending> */
static enum status usual_dir(const char *file, char *dir, struct error *error) {
    const char *slash = strrchr(file, '/');
    char name[PATH_SIZE];
    snprintf(name, sizeof name, "%s", slash ? slash + 1 : file);
    char *ending = strrchr(name, '.');
    if (ending && ending > name)
        *ending = '\0';
    return path_join(dir, "runs", name, error);
}

/* Finds the directory and the file. */
static enum status find_paths(const struct sweep_request *request, struct sweep *sweep,
                              char file[PATH_SIZE], struct error *error) {
    if (request->resume[0]) {
        snprintf(sweep->dir, sizeof sweep->dir, "%s", request->resume);
        const enum status status = path_join(file, request->resume, "sweep.json", error);
        if (status == STATUS_OK && path_is_hidden(file, error))
            return STATUS_BAD_INPUT;
        if (status == STATUS_OK && !path_is_file(file))
            return error_set(error, STATUS_BAD_INPUT,
                             "there is no sweep in '%s' to go on with: it has no sweep.json",
                             request->resume);
        return status;
    }
    snprintf(file, PATH_SIZE, "%s", request->file);
    snprintf(sweep->file, sizeof sweep->file, "%s", request->file);
    if (!request->dir[0])
        return usual_dir(file, sweep->dir, error);
    snprintf(sweep->dir, sizeof sweep->dir, "%s", request->dir);
    return STATUS_OK;
}

static bool is_same(const struct json *a, const struct json *b) {
    size_t a_size;
    size_t b_size;
    char *a_text = json_indented(a, &a_size);
    char *b_text = json_indented(b, &b_size);
    const bool same = a_text && b_text && a_size == b_size && memcmp(a_text, b_text, a_size) == 0;
    free(a_text);
    free(b_text);
    return same;
}

/* Checks that the directory is free, or this sweep's already. *is_free: it has no sweep.json, which
 * is at path. */
static enum status check_dir(const struct sweep *sweep, char path[PATH_SIZE], bool *is_free,
                             struct error *error) {
    struct json *there = NULL;
    char resumed[PATH_SIZE];
    *is_free = false;
    enum status status = path_join(path, sweep->dir, "config.json", error);
    if (status == STATUS_OK && path_is_file(path))
        return error_set(error, STATUS_BAD_INPUT, "'%s' holds a run; choose another --sweep_dir",
                         sweep->dir);
    if (status == STATUS_OK)
        status = path_join(path, sweep->dir, "sweep.json", error);
    if (status != STATUS_OK)
        return status;
    *is_free = !path_is_file(path);
    if (*is_free)
        return STATUS_OK;
    status = json_load(path, &there, error);
    if (status != STATUS_OK)
        return status;
    process_quote(resumed, sizeof resumed, sweep->dir);
    if (!is_same(there, sweep->plan.file))
        status = error_set(error, STATUS_BAD_INPUT,
                           "'%.300s' is not what the sweep in '%.300s' began with: choose another "
                           "--sweep_dir, or go on with that sweep: --resume=%.300s",
                           sweep->file, sweep->dir, resumed);
    json_free(there);
    return status;
}

/* Checks the directory, and makes it this sweep's unless nothing is to be written. */
static enum status claim_dir(const struct sweep *sweep, bool is_dry, struct error *error) {
    char path[PATH_SIZE];
    bool is_free;
    enum status status = check_dir(sweep, path, &is_free, error);
    if (status == STATUS_OK && is_free && plan_refuse_idle(&sweep->plan, error) != STATUS_OK)
        status = error_context(error, "'%.200s'", sweep->file);
    if (status != STATUS_OK || !is_free || is_dry)
        return status;
    status = path_make_folder(sweep->dir, error);
    return status == STATUS_OK ? json_save(sweep->plan.file, path, error) : status;
}

/* Chooses the number of runs at a time: each needs a processor per actor and one for
 * its learner. */
static void choose_parallel(struct sweep *sweep) {
    const int64_t fit = process_cpu_count() / (plan_max_processes(&sweep->plan) + 1);
    sweep->parallel = fit > 1 ? (int)fit : 1;
}

static enum status open_jobs(struct sweep *sweep, const struct sweep_request *request,
                             struct error *error) {
    const int count = plan_run_count(&sweep->plan);
    if (request->only > count)
        return error_set(error, STATUS_BAD_INPUT, "--run=%d: the runs have the numbers 1 to %d",
                         request->only, count);
    sweep->first = request->only > 0 ? request->only - 1 : 0;
    sweep->last = request->only > 0 ? request->only : count;
    sweep->parallel = request->jobs;
    sweep->jobs = calloc((size_t)count, sizeof *sweep->jobs);
    if (!sweep->jobs)
        return error_set(error, STATUS_FAILED, "out of memory for a sweep");
    if (request->jobs == 0)
        choose_parallel(sweep);
    enum status status = STATUS_OK;
    for (int i = 0; i < count && status == STATUS_OK; i++) {
        char name[PLAN_NAME_SIZE];
        plan_name(&sweep->plan, i, name);
        status = job_open(&sweep->jobs[i], sweep->dir, name, error);
    }
    return status;
}

/* Checks the rules, also if nothing is to be written. */
static enum status open_population(struct sweep *sweep, const struct sweep_request *request,
                                   const char *file, struct error *error) {
    struct population_rules rules;
    enum status status = population_read_rules(&sweep->plan, file, &rules, error);
    if (status == STATUS_OK && request->only > 0)
        status =
            error_set(error, STATUS_BAD_INPUT,
                      "--run makes only one run, but the runs of a population need each other");
    if (status == STATUS_OK)
        status = claim_dir(sweep, request->is_dry, error);
    if (status != STATUS_OK || request->is_dry)
        return status;
    sweep->population.rules = rules;
    return population_open(&sweep->population, &sweep->plan, sweep->dir, sweep->jobs, error);
}

enum status sweep_open(const struct sweep_request *request, struct sweep **sweep,
                       struct error *error) {
    char file[PATH_SIZE];
    struct sweep *made = calloc(1, sizeof *made);
    if (!made)
        return error_set(error, STATUS_FAILED, "out of memory for a sweep");
    made->signals = -1;
    enum status status = find_paths(request, made, file, error);
    if (status == STATUS_OK)
        status = plan_read(file, &made->plan, error);
    if (status == STATUS_OK)
        status = open_jobs(made, request, error);
    if (status == STATUS_OK && json_has(made->plan.file, "pbt"))
        status = open_population(made, request, file, error);
    else if (status == STATUS_OK)
        status = claim_dir(made, request->is_dry, error);
    board_open(&made->board, request->plain);
    if (status == STATUS_OK)
        *sweep = made;
    else
        sweep_close(made);
    return status;
}

void sweep_close(struct sweep *sweep) {
    if (!sweep)
        return;
    population_close(&sweep->population);
    plan_free(&sweep->plan);
    free(sweep->jobs);
    free(sweep);
}

const char *sweep_dir(const struct sweep *sweep) {
    return sweep->dir;
}

int sweep_count(const struct sweep *sweep) {
    return sweep->last - sweep->first;
}

int sweep_count_in(const struct sweep *sweep, enum sweep_state state) {
    int count = 0;
    for (int i = sweep->first; i < sweep->last; i++)
        count += sweep->jobs[i].state == state;
    return count;
}

/* ---- Telling --------------------------------------------------------------------------------- */

void sweep_describe(const struct sweep *sweep, int run, char *out, size_t size) {
    if (sweep->population.members && sweep->jobs[run].progress.steps > 0)
        population_describe(&sweep->population, run, &sweep->jobs[run], out, size);
    else
        plan_describe(&sweep->plan, run, out, size);
}

/* A message above the table. */
static void tell(struct sweep *sweep, int run, const char *what, const char *more) {
    char name[PLAN_NAME_SIZE];
    char line[2 * PATH_SIZE];
    plan_name(&sweep->plan, run, name);
    snprintf(line, sizeof line, "%s %s%s", name, what, more);
    board_erase(&sweep->board);
    log_line("sweep", "%s", line);
}

static void tell_start(struct sweep *sweep, int run) {
    char options[1024];
    sweep_describe(sweep, run, options, sizeof options);
    if (!sweep->board.is_live)
        tell(sweep, run, sweep->jobs[run].resumes ? "goes on: " : "begins: ", options);
}

static void tell_end(struct sweep *sweep, int run) {
    const struct job *job = &sweep->jobs[run];
    char text[PATH_SIZE + 512];
    char score[40] = "";
    char what[40];
    if (job->state == SWEEP_FAILED) {
        snprintf(text, sizeof text, "%s; its log is %s", job->why, job->log_path);
        tell(sweep, run, "failed: ", text);
        return;
    }
    if (!isnan(job->progress.score))
        snprintf(score, sizeof score, ", score %.4g", job->progress.score);
    const bool is_ready = job->state == SWEEP_READY;
    snprintf(text, sizeof text, "%lld steps%s (%d of %d)", (long long)job->progress.steps, score,
             sweep_count_in(sweep, is_ready ? SWEEP_READY : SWEEP_FINISHED), sweep_count(sweep));
    if (is_ready)
        snprintf(what, sizeof what,
                 "ends generation %lld: ", (long long)sweep->population.number + 1);
    else
        snprintf(what, sizeof what, job->state == SWEEP_FINISHED ? "finished: " : "stopped: ");
    if (!sweep->board.is_live)
        tell(sweep, run, what, text);
}

/* ---- Running --------------------------------------------------------------------------------- */

static void start(struct sweep *sweep, int run) {
    struct job *job = &sweep->jobs[run];
    const enum sweep_state before = job->state;
    struct error error;
    char *nothing[] = {NULL};
    const bool is_member = sweep->population.members;
    char **more = is_member ? population_words(&sweep->population, run) : nothing;
    char **arguments = more ? plan_arguments(&sweep->plan, run, job->dir, more) : NULL;
    enum status status = STATUS_FAILED;
    if (arguments)
        status = job_start(job, arguments, more, &sweep->old_mask, &error);
    else
        error_set(&error, STATUS_FAILED, "out of memory");
    free((void *)arguments);
    if (is_member)
        free((void *)more);
    if (status != STATUS_OK) {
        job->state = SWEEP_FAILED;
        job->is_tried = true;
        snprintf(job->why, sizeof job->why, "%.250s", error.message);
        tell_end(sweep, run);
    } else if (job->state == SWEEP_RUNNING) {
        tell_start(sweep, run);
    } else if (job->state == SWEEP_ELSEWHERE && before != job->state && !sweep->board.is_live) {
        tell(sweep, run, "is trained by another process; waiting for it", "");
    }
}

static bool is_startable(const struct job *job) {
    return !job->is_tried && (job->state == SWEEP_WAITING || job->state == SWEEP_STOPPED ||
                              job->state == SWEEP_ELSEWHERE);
}

/* Starts runs while fewer than the limit run; runs of other processes are tried again. */
static void start_more(struct sweep *sweep) {
    int room = sweep->parallel - sweep_count_in(sweep, SWEEP_RUNNING);
    for (int i = sweep->first; i < sweep->last && room > 0; i++) {
        if (!is_startable(&sweep->jobs[i]))
            continue;
        start(sweep, i);
        room -= sweep->jobs[i].state == SWEEP_RUNNING;
    }
}

static bool is_over(const struct sweep *sweep) {
    bool is_left = false;
    for (int i = sweep->first; i < sweep->last; i++) {
        if (sweep->jobs[i].state == SWEEP_RUNNING)
            return false;
        is_left = is_left || is_startable(&sweep->jobs[i]);
    }
    return !is_left || sweep->stopping > 0;
}

static void reap(struct sweep *sweep) {
    int wait_status;
    pid_t pid;
    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
        for (int i = sweep->first; i < sweep->last; i++)
            if (sweep->jobs[i].pid == pid) {
                job_end(&sweep->jobs[i], wait_status);
                tell_end(sweep, i);
            }
}

static void stop_all(struct sweep *sweep, bool at_once) {
    board_erase(&sweep->board);
    if (at_once)
        log_line("sweep", "stopping at once");
    else
        log_line("sweep", "stopping: the runs save; once more stops at once");
    for (int i = sweep->first; i < sweep->last; i++)
        job_stop(&sweep->jobs[i], at_once);
}

static void obey(struct sweep *sweep, int signal_number) {
    const double now = clock_seconds();
    if (signal_number == SIGCHLD)
        return;
    if (sweep->stopping == 0) {
        sweep->stopping = now;
        stop_all(sweep, false);
    } else if (signals_is_wish(signal_number) && now - sweep->stopping > SAME_WISH_SECONDS) {
        stop_all(sweep, true);
    }
}

static void look(struct sweep *sweep) {
    for (int i = sweep->first; i < sweep->last; i++)
        if (sweep->jobs[i].state == SWEEP_RUNNING || sweep->jobs[i].state == SWEEP_ELSEWHERE)
            sweep->jobs[i].progress = progress_read(sweep->jobs[i].dir);
    board_draw(&sweep->board, sweep);
}

/* Reports which member takes over which. */
static void tell_generation(struct sweep *sweep) {
    const struct population *population = &sweep->population;
    board_erase(&sweep->board);
    log_line("sweep", "generation %lld, up to %lld steps", (long long)population->number + 1,
             (long long)population_target(population));
    for (int i = 0; i < population->count; i++) {
        char from[PLAN_NAME_SIZE];
        if (population->members[i].from == i)
            continue;
        plan_name(&sweep->plan, population->members[i].from, from);
        tell(sweep, i, "takes over ", from);
    }
}

/* Whether all members have trained for this generation's steps, so that they can be compared. */
static bool is_generation_over(const struct sweep *sweep) {
    const int ended = sweep_count_in(sweep, SWEEP_READY) + sweep_count_in(sweep, SWEEP_FAILED);
    return sweep->population.members && sweep->stopping == 0 && ended == sweep_count(sweep) &&
           !population_is_last(&sweep->population);
}

static enum status advance(struct sweep *sweep, struct error *error) {
    const enum status status =
        population_advance(&sweep->population, &sweep->plan, sweep->dir, sweep->jobs, error);
    if (status == STATUS_OK)
        tell_generation(sweep);
    return status;
}

static enum status make_runs(struct sweep *sweep, struct error *error) {
    double next_look = 0;
    for (;;) {
        if (sweep->stopping == 0)
            start_more(sweep);
        if (is_generation_over(sweep)) {
            const enum status status = advance(sweep, error);
            if (status != STATUS_OK)
                return status;
            continue;
        }
        if (is_over(sweep))
            return STATUS_OK;
        if (clock_seconds() >= next_look) {
            look(sweep);
            next_look = clock_seconds() + LOOK_SECONDS;
        }
        struct pollfd descriptor = {.fd = sweep->signals, .events = POLLIN};
        struct signalfd_siginfo info;
        poll(&descriptor, 1, (int)(1000 * LOOK_SECONDS));
        while (read(sweep->signals, &info, sizeof info) == (ssize_t)sizeof info)
            obey(sweep, (int)info.ssi_signo);
        reap(sweep);
    }
}

static enum status take_signals(struct sweep *sweep, sigset_t *mask, struct error *error) {
    /* A process inherits an ignored SIGCHLD, which hides the exit statuses of its children. */
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    signals_that_end(mask);
    sigaddset(mask, SIGCHLD);
    sigprocmask(SIG_BLOCK, mask, &sweep->old_mask);
    sweep->signals = signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK);
    return sweep->signals >= 0
               ? STATUS_OK
               : error_set(error, STATUS_FAILED, "cannot watch signals: %s", strerror(errno));
}

/* Reports the number of runs that are left, and how to go on. */
static void tell_rest(const struct sweep *sweep) {
    const int left = sweep_count(sweep) - sweep_count_in(sweep, SWEEP_FINISHED);
    if (left == 0)
        return;
    char program[PATH_SIZE];
    char dir[PATH_SIZE];
    process_program(program, sizeof program);
    process_quote(dir, sizeof dir, sweep->dir);
    log_line("sweep", "%d of %d runs are left; go on: %s sweep --resume=%s", left,
             sweep_count(sweep), program, dir);
}

enum status sweep_run(struct sweep *sweep, struct error *error) {
    sigset_t mask;
    enum status status = take_signals(sweep, &mask, error);
    if (status == STATUS_OK) {
        const int before = sweep_count_in(sweep, SWEEP_FINISHED);
        log_line("sweep", "%d runs in %s, %d at a time%s", sweep_count(sweep), sweep->dir,
                 sweep->parallel, before > 0 ? "; finished ones are not made again" : "");
        status = make_runs(sweep, error);
        board_erase(&sweep->board);
        tell_rest(sweep);
        close(sweep->signals);
    }
    signals_discard(&mask);
    sigprocmask(SIG_SETMASK, &sweep->old_mask, NULL);
    const int failed = sweep_count_in(sweep, SWEEP_FAILED);
    if (status == STATUS_OK && failed > 0)
        status =
            error_set(error, STATUS_FAILED, "%d of %d runs failed; the lines above name their logs",
                      failed, sweep_count(sweep));
    return status;
}
