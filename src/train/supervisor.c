#include "store/store.h"
#include "train/run.h"
#include "train/watchers.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const double SILENT_SECONDS = 60;      /* an actor without a sign of life is replaced */
static const double QUICK_DEATH_SECONDS = 10; /* a child that dies sooner died of its start */
static const double ABSENCE_SECONDS = 10; /* between two looks: the supervisor itself was stopped */
static const double SAVE_SECONDS = 60;    /* what children get to finish after the stop word */
/* timeout(1) and some shells signal a process and then its group: that is one wish, not two. */
static const double SAME_SIGNAL_SECONDS = 0.2;
enum { MAX_QUICK_DEATHS = 3 };

struct child {
    pid_t pid; /* 0: not running */
    double started;
    int generation; /* replacements so far */
    int quick_deaths;
};

struct supervisor {
    struct run *run;
    int signals; /* signalfd */
    sigset_t mask;
    sigset_t old_mask;
    struct child learner;
    struct child reporter;
    struct child keeper;  /* of the terminal, where the run has one */
    struct child *actors; /* (processes) */
    struct watchers watchers;
    double first_signal; /* clock_seconds of the first SIGINT or SIGTERM; 0: none yet */
    double stop_since;   /* clock_seconds; 0: the run goes on */
    double last_look;    /* clock_seconds of the last pass of the loop */
    enum status status;
    struct error *error; /* why the run ends, when status is not STATUS_OK */
};

/* ---- Starting -------------------------------------------------------------------------------- */

/* Takes SIGINT, SIGTERM, SIGHUP and SIGCHLD as things to read; they wait, blocked, until the loop
 * gets to them. */
static enum status take_signals(struct supervisor *supervisor) {
    signal(SIGCHLD, SIG_DFL); /* ignored, which a process inherits, it hides how children end */
    signal(SIGPIPE, SIG_IGN); /* who reads the log may be gone; the run is not to die of it */
    sigset_t *mask = &supervisor->mask;
    sigemptyset(mask);
    sigaddset(mask, SIGINT);
    sigaddset(mask, SIGTERM);
    sigaddset(mask, SIGHUP);
    sigaddset(mask, SIGCHLD);
    struct sigaction stop;
    const bool can_stop = sigaction(SIGTSTP, NULL, &stop) == 0 && stop.sa_handler != SIG_IGN;
    if (supervisor->run->metrics->screen.taken && can_stop)
        sigaddset(mask, SIGTSTP); /* which gives the normal screen back first */
    sigprocmask(SIG_BLOCK, mask, &supervisor->old_mask);
    supervisor->signals = signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor->signals < 0)
        return error_set(supervisor->error, STATUS_FAILED, "cannot watch signals: %s",
                         strerror(errno));
    return STATUS_OK;
}

static enum status started(struct supervisor *supervisor, struct child *child, pid_t pid) {
    if (pid < 0)
        return error_set(supervisor->error, STATUS_FAILED, "cannot start a process: %s",
                         strerror(errno));
    child->pid = pid;
    child->started = clock_seconds();
    return STATUS_OK;
}

static enum status start_learner(struct supervisor *supervisor) {
    const pid_t pid = process_fork("asyncrl-learn");
    if (pid == 0)
        _exit(learner_main(supervisor->run));
    return started(supervisor, &supervisor->learner, pid);
}

static enum status start_reporter(struct supervisor *supervisor) {
    struct child *child = &supervisor->reporter;
    const bool append = child->generation > 0 || supervisor->run->control->continues;
    const pid_t pid = process_fork("asyncrl-report");
    if (pid == 0)
        _exit(reporter_main(supervisor->run, append));
    return started(supervisor, child, pid);
}

static enum status start_actor(struct supervisor *supervisor, int index) {
    struct child *child = &supervisor->actors[index];
    struct actor_metrics *metrics = &supervisor->run->metrics->actors[index];
    char name[16];
    snprintf(name, sizeof name, "asyncrl-act-%02d", index % 1000);
    atomic_store(&metrics->heartbeat, clock_seconds());
    const pid_t pid = process_fork(name);
    if (pid == 0)
        _exit(actor_main(supervisor->run, index, child->generation));
    atomic_store(&metrics->pid, pid > 0 ? pid : 0);
    return started(supervisor, child, pid);
}

static enum status start_keeper(struct supervisor *supervisor) {
    struct screen *screen = &supervisor->run->metrics->screen;
    if (!screen->taken)
        return STATUS_OK;
    const pid_t pid = process_fork("asyncrl-screen");
    if (pid == 0)
        screen_keep(screen);
    return started(supervisor, &supervisor->keeper, pid);
}

static enum status start_children(struct supervisor *supervisor) {
    enum status status = start_keeper(supervisor);
    if (status == STATUS_OK)
        status = start_learner(supervisor);
    for (int i = 0; i < supervisor->run->metrics->actor_count && status == STATUS_OK; i++)
        status = start_actor(supervisor, i);
    return status;
}

/* ---- Ending ---------------------------------------------------------------------------------- */

static void begin_stop(struct supervisor *supervisor) {
    if (supervisor->stop_since == 0)
        supervisor->stop_since = clock_seconds();
    run_stop(supervisor->run);
}

/* Ends the run because of an error that is already in supervisor->error. */
static void end_with(struct supervisor *supervisor, enum status status) {
    if (supervisor->status == STATUS_OK)
        supervisor->status = status;
    begin_stop(supervisor);
}

static void kill_child(const struct child *child) {
    if (child->pid > 0)
        kill(child->pid, SIGKILL);
}

static void kill_all(const struct supervisor *supervisor) {
    kill_child(&supervisor->learner);
    kill_child(&supervisor->reporter);
    watchers_kill(&supervisor->watchers);
    for (int i = 0; i < supervisor->run->metrics->actor_count; i++)
        kill_child(&supervisor->actors[i]);
}

static bool actors_run(const struct supervisor *supervisor) {
    for (int i = 0; i < supervisor->run->metrics->actor_count; i++)
        if (supervisor->actors[i].pid > 0)
            return true;
    return false;
}

static bool anyone_runs(const struct supervisor *supervisor) {
    return supervisor->learner.pid > 0 || supervisor->reporter.pid > 0 || actors_run(supervisor) ||
           watchers_run(&supervisor->watchers);
}

/* ---- Deaths ---------------------------------------------------------------------------------- */

/* What a child left in the arena before it gave up, if it did. */
static bool has_failure(const struct supervisor *supervisor) {
    return atomic_load(&supervisor->run->control->failed) == 2;
}

static void end_with_failure(struct supervisor *supervisor) {
    if (supervisor->status == STATUS_OK)
        *supervisor->error = supervisor->run->control->failure;
    end_with(supervisor, supervisor->run->control->failure.status);
}

static void learner_died(struct supervisor *supervisor, int wait_status) {
    const struct control *control = supervisor->run->control;
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) {
        begin_stop(supervisor);
        return;
    }
    if (has_failure(supervisor)) {
        end_with_failure(supervisor);
        return;
    }
    char reason[64];
    process_describe_end(reason, sizeof reason, wait_status);
    if (supervisor->status == STATUS_OK && atomic_load(&control->saves) > 0)
        error_set(supervisor->error, STATUS_FAILED,
                  "the learner died (%s), so the run ended; the last weights saved are '%.400s'",
                  reason, control->model);
    else if (supervisor->status == STATUS_OK)
        error_set(supervisor->error, STATUS_FAILED,
                  "the learner died (%s), so the run ended; no weights were saved yet", reason);
    end_with(supervisor, STATUS_FAILED);
}

/* Counts a death that came right after the start; true when it is one too many. */
static bool is_hopeless(struct child *child) {
    const bool quick = clock_seconds() - child->started < QUICK_DEATH_SECONDS;
    child->quick_deaths = quick ? child->quick_deaths + 1 : 0;
    return child->quick_deaths >= MAX_QUICK_DEATHS;
}

/* Whether a child that died is to be started again; where it is not, the run ends with the reason.
 */
static bool is_replaced(struct supervisor *supervisor, struct child *child, const char *name,
                        const char *reason) {
    if (has_failure(supervisor)) {
        end_with_failure(supervisor);
        return false;
    }
    if (is_hopeless(child)) {
        end_with(supervisor,
                 error_set(supervisor->error, STATUS_FAILED,
                           "%s died %d times within %.0f s of its start (%s), so the run ended",
                           name, MAX_QUICK_DEATHS, QUICK_DEATH_SECONDS, reason));
        return false;
    }
    child->generation++;
    log_line("super", "%s died (%s); a new one takes its place", name, reason);
    return true;
}

/* What the dead actor had begun cannot be made again exactly; from the checkpoint all can. */
static void end_deterministic_run(struct supervisor *supervisor, const char *name,
                                  const char *reason) {
    end_with(
        supervisor,
        error_set(supervisor->error, STATUS_FAILED,
                  "%s died (%s), and a deterministic run cannot go on with another; go on from "
                  "its last checkpoint with --resume='%.400s'",
                  name, reason, supervisor->run->control->run_dir));
}

/* Why an actor died: what it said itself, else how it ended. */
static void take_reason(struct snapshot *snapshot, char *out, size_t size, int wait_status) {
    if (snapshot->failure[0])
        snprintf(out, size, "%s", snapshot->failure);
    else
        process_describe_end(out, size, wait_status);
    snapshot->failure[0] = '\0';
}

static void actor_died(struct supervisor *supervisor, int index, int wait_status) {
    struct snapshot *snapshot = supervisor->run->snapshots[index];
    char name[24];
    char reason[sizeof snapshot->failure];
    snprintf(name, sizeof name, "actor %d", index);
    take_reason(snapshot, reason, sizeof reason, wait_status);
    board_release(supervisor->run->board, index);
    atomic_store(&snapshot->parked, 0);
    if (run_stops(supervisor->run))
        return;
    if (supervisor->run->config->deterministic && !has_failure(supervisor)) {
        end_deterministic_run(supervisor, name, reason);
        return;
    }
    if (!is_replaced(supervisor, &supervisor->actors[index], name, reason))
        return;
    const enum status status = start_actor(supervisor, index);
    if (status != STATUS_OK)
        end_with(supervisor, status);
}

static void reporter_died(struct supervisor *supervisor, int wait_status) {
    const bool finished = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
    char reason[64];
    process_describe_end(reason, sizeof reason, wait_status);
    if (finished || supervisor->status != STATUS_OK ||
        !is_replaced(supervisor, &supervisor->reporter, "the reporter", reason))
        return;
    const enum status status = start_reporter(supervisor);
    if (status != STATUS_OK)
        end_with(supervisor, status);
}

static void reap_children(struct supervisor *supervisor) {
    int wait_status;
    pid_t pid;
    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
        watchers_reap(&supervisor->watchers, pid, wait_status);
        if (pid == supervisor->learner.pid) {
            supervisor->learner.pid = 0;
            store_sweep(supervisor->run->control->run_dir, pid);
            learner_died(supervisor, wait_status);
        } else if (pid == supervisor->reporter.pid) {
            supervisor->reporter.pid = 0;
            reporter_died(supervisor, wait_status);
        } else if (pid == supervisor->keeper.pid) {
            supervisor->keeper.pid = 0;
        }
        for (int i = 0; i < supervisor->run->metrics->actor_count; i++) {
            if (pid != supervisor->actors[i].pid)
                continue;
            supervisor->actors[i].pid = 0;
            atomic_store(&supervisor->run->metrics->actors[i].pid, 0);
            actor_died(supervisor, i, wait_status);
        }
    }
}

/* ---- Watching -------------------------------------------------------------------------------- */

/* The first signal saves and stops, a later one stops at once. */
static void obey_signal(struct supervisor *supervisor) {
    const double now = clock_seconds();
    if (supervisor->first_signal == 0) {
        supervisor->first_signal = now;
        supervisor->stop_since = now;
        run_wind_down(supervisor->run);
        log_line("super", "stopping and saving; once more stops at once");
    } else if (now - supervisor->first_signal > SAME_SIGNAL_SECONDS) {
        if (supervisor->status == STATUS_OK)
            end_with(supervisor, error_set(supervisor->error, STATUS_FAILED,
                                           "stopped at once, without saving"));
        kill_all(supervisor);
        log_line("super", "stopping at once");
    }
}

/*
 * Ctrl-Z: gives the normal screen back, then stops, as without a dashboard; goes on with fg or bg.
 * The reporter leaves the screen itself, so that nothing of a page comes after that, unless it is
 * dead or stopped.
 */
static void suspend(struct supervisor *supervisor) {
    struct screen *screen = &supervisor->run->metrics->screen;
    const pid_t reporter = supervisor->reporter.pid;
    sigset_t stop;
    atomic_store(&screen->rest, 1);
    for (int i = 0; i < 100 && reporter > 0 && atomic_load(&screen->up); i++)
        clock_sleep(0.01);
    if (reporter > 0)
        kill(reporter, SIGSTOP);
    screen_force_leave(screen);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    raise(SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &stop, NULL); /* stops here */
    sigprocmask(SIG_BLOCK, &stop, NULL);
    atomic_store(&screen->rest, 0);
    if (reporter > 0)
        kill(reporter, SIGCONT);
}

static void read_signals(struct supervisor *supervisor) {
    struct signalfd_siginfo info;
    while (read(supervisor->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTSTP)
            suspend(supervisor);
        else if (info.ssi_signo != SIGCHLD)
            obey_signal(supervisor);
    }
}

static void replace_silent_actors(struct supervisor *supervisor) {
    const double now = clock_seconds();
    for (int i = 0; i < supervisor->run->metrics->actor_count; i++) {
        struct actor_metrics *metrics = &supervisor->run->metrics->actors[i];
        if (supervisor->actors[i].pid <= 0 ||
            now - atomic_load(&metrics->heartbeat) < SILENT_SECONDS)
            continue;
        log_line("super", "actor %d has been silent for %.0f s and is ended", i, SILENT_SECONDS);
        atomic_store(&metrics->heartbeat, now);
        kill_child(&supervisor->actors[i]);
    }
}

/* The reporter and the watchers stop last, so that it sees the last episodes; who does not stop in
 * time is killed.
 */
static void watch_stop(struct supervisor *supervisor) {
    struct control *control = supervisor->run->control;
    if (supervisor->learner.pid == 0 && !actors_run(supervisor)) {
        atomic_store(&control->report_stop, 1);
        futex_wake(&control->report_stop);
        watchers_end(&supervisor->watchers);
    }
    if (supervisor->stop_since == 0) /* the learner reached max_frames and set the stop word */
        begin_stop(supervisor);
    if (clock_seconds() - supervisor->stop_since < SAVE_SECONDS)
        return;
    if (supervisor->status == STATUS_OK)
        end_with(supervisor,
                 error_set(supervisor->error, STATUS_FAILED,
                           "the run did not stop within %.0f s and was ended", SAVE_SECONDS));
    kill_all(supervisor);
}

/* The reporter starts when the learner has made the run directory, also when the run is over by
 * then. */
static void start_reporter_when_ready(struct supervisor *supervisor) {
    if (supervisor->reporter.started > 0 || supervisor->status != STATUS_OK ||
        !atomic_load(&supervisor->run->control->learner_ready))
        return;
    log_line("super", "training in %s", supervisor->run->control->run_dir);
    const enum status status = start_reporter(supervisor);
    if (status != STATUS_OK)
        end_with(supervisor, status);
    else
        watchers_start(&supervisor->watchers);
}

/* After Ctrl-Z and fg, or a machine's sleep, all have been silent; none of them is to blame. */
static void forgive_absence(struct supervisor *supervisor) {
    const double now = clock_seconds();
    const double away = now - supervisor->last_look;
    supervisor->last_look = now;
    if (away < ABSENCE_SECONDS)
        return;
    for (int i = 0; i < supervisor->run->metrics->actor_count; i++)
        atomic_store(&supervisor->run->metrics->actors[i].heartbeat, now);
    if (supervisor->stop_since > 0)
        supervisor->stop_since += away;
}

static void watch(struct supervisor *supervisor) {
    supervisor->last_look = clock_seconds();
    struct pollfd readable = {.fd = supervisor->signals, .events = POLLIN};
    while (anyone_runs(supervisor)) {
        const bool in_haste = supervisor->reporter.started == 0 || supervisor->stop_since > 0;
        poll(&readable, 1, in_haste ? 5 : 500);
        forgive_absence(supervisor);
        read_signals(supervisor);
        start_reporter_when_ready(supervisor);
        reap_children(supervisor);
        if (supervisor->reporter.pid == 0)
            screen_flush(&supervisor->run->metrics->screen);
        if (run_stops(supervisor->run) || run_winds_down(supervisor->run))
            watch_stop(supervisor);
        if (!run_stops(supervisor->run))
            replace_silent_actors(supervisor);
    }
}

static void summarize(const struct run *run, struct train_summary *summary) {
    const struct control *control = run->control;
    *summary = (struct train_summary){
        .frames = atomic_load(&run->metrics->learner.transitions),
        .seconds = atomic_load(&control->last_batch) - atomic_load(&control->first_batch),
        .learner = run->metrics->learner.times,
    };
    for (int i = 0; i < run->metrics->actor_count; i++) {
        const struct actor_metrics *actor = &run->metrics->actors[i];
        summary->emulator_frames += atomic_load(&actor->emulator_frames);
        stage_times_add(&summary->actors, &actor->times);
    }
    if (control->finished_at > 0)
        log_line("super",
                 "the run in '%s' is finished: it has trained %lld frames; go on with a "
                 "larger --max_frames",
                 control->run_dir, (long long)control->finished_at);
    memcpy(summary->run_dir, control->run_dir, sizeof summary->run_dir);
    if (atomic_load(&control->saves) > 0)
        memcpy(summary->model, control->model, sizeof summary->model);
}

static void end_keeper(struct supervisor *supervisor) {
    if (supervisor->keeper.pid <= 0)
        return;
    kill_child(&supervisor->keeper);
    waitpid(supervisor->keeper.pid, NULL, 0);
}

static enum status supervise(struct run *run, struct error *error) {
    struct supervisor supervisor = {.run = run, .signals = -1, .watchers.run = run, .error = error};
    supervisor.actors = calloc((size_t)run->metrics->actor_count, sizeof *supervisor.actors);
    if (!supervisor.actors)
        return error_set(error, STATUS_FAILED, "out of memory");
    supervisor.status = take_signals(&supervisor);
    if (supervisor.status == STATUS_OK) {
        const enum status status = start_children(&supervisor);
        if (status != STATUS_OK)
            end_with(&supervisor, status);
        watch(&supervisor);
    }
    screen_close(&run->metrics->screen); /* before its keeper ends */
    end_keeper(&supervisor);
    /* A signal that came after the end has nothing left to stop. */
    while (supervisor.signals >= 0 &&
           sigtimedwait(&supervisor.mask, NULL, &(struct timespec){0}) > 0)
        ;
    if (supervisor.signals >= 0)
        close(supervisor.signals);
    sigprocmask(SIG_SETMASK, &supervisor.old_mask, NULL);
    free(supervisor.actors);
    return supervisor.status;
}

/* Segments are whole, so a queue that is too small for one each is larger than was asked for. */
static void warn_of_small_queue(const struct train_config *config) {
    const int64_t held = config->processes * config->n_step;
    if (config->queue_size < held)
        log_line("super", "--queue_size=%lld is less than one segment an actor; %lld are held",
                 (long long)config->queue_size, (long long)held);
}

/* Checkpoints of such a game hold all but how far it was played. */
static void warn_of_unsaved_games(const struct run *run) {
    if (emulator_can_save(run->emulators[0]))
        return;
    if (run->config->resume[0])
        log_line("super", "%s cannot be saved, so new games begin: this resume is inexact",
                 run->game.id);
    else
        log_line("super",
                 "%s cannot be saved: resuming this run will start new games, and is inexact",
                 run->game.id);
}

enum status train_run(const struct train_config *config, const struct option *table,
                      struct train_summary *summary, struct error *error) {
    struct run run;
    enum status status = run_open(&run, config, table, error);
    if (status == STATUS_OK)
        status = page_open(&run, error);
    if (status == STATUS_OK) {
        screen_open(&run.metrics->screen, config->plain);
        warn_of_small_queue(config);
        warn_of_unsaved_games(&run);
        status = supervise(&run, error);
        screen_close(&run.metrics->screen);
        summarize(&run, summary);
    }
    page_close(&run);
    run_close(&run);
    return status;
}
