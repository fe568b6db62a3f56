#include "train/supervisor/supervisor.h"
#include "store/store.h"
#include "train/supervisor/helpers.h"
#include "train/supervisor/verdict.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const double ABSENCE_SECONDS = 10; /* between two looks: the supervisor itself was stopped */

struct child {
    pid_t pid; /* 0: not running */
    double started;
    int generation; /* replacements so far */
    struct deaths deaths;
    bool was_silent;      /* it is being killed for that */
    int64_t frames_begun; /* of an actor: emulator frames played in its place before its start */
};

struct supervisor {
    struct run *run;
    int signals; /* signalfd */
    sigset_t mask;
    sigset_t old_mask;
    struct child learner;
    struct child reporter;
    struct child terminal_guard; /* of the terminal, where the run has one */
    struct child *actors;        /* (processes) */
    struct helpers helpers;
    struct wishes wishes;
    struct ending ending;
    bool learner_is_silent; /* which has been said */
    double last_look;       /* clock_seconds of the last pass of the loop */
    enum status status;
    struct error *error; /* why the run ends, when status is not STATUS_OK */
};

/* ---- Starting -------------------------------------------------------------------------------- */

/* Takes the signals that end the run, and SIGCHLD, as things to read; they wait, blocked, until the
 * loop gets to them. */
static enum status take_signals(struct supervisor *supervisor) {
    signal(SIGCHLD, SIG_DFL); /* ignored, which a process inherits, it hides how children end */
    signal(SIGPIPE, SIG_IGN); /* who reads the log may be gone; the run is not to die of it */
    sigset_t *mask = &supervisor->mask;
    signals_that_end(mask);
    sigaddset(mask, SIGCHLD);
    struct sigaction stop;
    const bool can_stop = sigaction(SIGTSTP, NULL, &stop) == 0 && stop.sa_handler != SIG_IGN;
    if (supervisor->run->metrics->screen.taken && can_stop)
        sigaddset(mask, SIGTSTP); /* which gives the normal screen back first */
    sigprocmask(SIG_BLOCK, mask, &supervisor->old_mask);
    supervisor->signals = signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (run_ranks(supervisor->run) > 1)
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* without who started the ranks, none learns on */
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
    struct learner_metrics *metrics = &supervisor->run->metrics->learner;
    atomic_store(&metrics->heartbeat, clock_seconds());
    atomic_store(&metrics->patience, LONG_SECONDS);
    const pid_t pid = process_fork("asyncrl-learn");
    if (pid == 0) {
        signals_share_time_limit();
        _exit(learner_main(supervisor->run));
    }
    return started(supervisor, &supervisor->learner, pid);
}

static enum status start_reporter(struct supervisor *supervisor) {
    struct child *child = &supervisor->reporter;
    const bool append = child->generation > 0 || supervisor->run->control->continues;
    const pid_t pid = process_fork("asyncrl-report");
    if (pid == 0) {
        signals_share_time_limit();
        _exit(reporter_main(supervisor->run, append));
    }
    return started(supervisor, child, pid);
}

static enum status start_actor(struct supervisor *supervisor, int index) {
    struct child *child = &supervisor->actors[index];
    struct actor_metrics *metrics = &supervisor->run->metrics->actors[index];
    char name[16];
    snprintf(name, sizeof name, "asyncrl-act-%02d", index % 1000);
    atomic_store(&metrics->heartbeat, clock_seconds());
    child->was_silent = false;
    child->frames_begun = atomic_load(&metrics->emulator_frames);
    const pid_t pid = process_fork(name);
    if (pid == 0) {
        signals_share_time_limit();
        _exit(actor_main(supervisor->run, index, child->generation));
    }
    atomic_store(&metrics->pid, pid > 0 ? pid : 0);
    return started(supervisor, child, pid);
}

static enum status start_terminal_guard(struct supervisor *supervisor) {
    struct screen *screen = &supervisor->run->metrics->screen;
    if (!screen->taken)
        return STATUS_OK;
    const pid_t pid = process_fork("asyncrl-screen");
    if (pid == 0)
        screen_keep(screen);
    return started(supervisor, &supervisor->terminal_guard, pid);
}

static enum status start_children(struct supervisor *supervisor) {
    enum status status = start_terminal_guard(supervisor);
    if (status == STATUS_OK)
        status = start_learner(supervisor);
    for (int i = 0; i < supervisor->run->metrics->actor_count && status == STATUS_OK; i++)
        status = start_actor(supervisor, i);
    return status;
}

/* ---- Ending ---------------------------------------------------------------------------------- */

static void note_time(double *first) {
    if (*first == 0)
        *first = clock_seconds();
}

static void begin_stop(struct supervisor *supervisor) {
    note_time(&supervisor->ending.asked);
    note_time(&supervisor->ending.stopped);
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

static void kill_actors(const struct supervisor *supervisor) {
    for (int i = 0; i < supervisor->run->metrics->actor_count; i++)
        kill_child(&supervisor->actors[i]);
}

static void kill_all(const struct supervisor *supervisor) {
    kill_child(&supervisor->learner);
    kill_child(&supervisor->reporter);
    helpers_kill(&supervisor->helpers);
    kill_actors(supervisor);
}

static bool actors_run(const struct supervisor *supervisor) {
    for (int i = 0; i < supervisor->run->metrics->actor_count; i++)
        if (supervisor->actors[i].pid > 0)
            return true;
    return false;
}

static bool anyone_runs(const struct supervisor *supervisor) {
    return supervisor->learner.pid > 0 || supervisor->reporter.pid > 0 || actors_run(supervisor) ||
           helpers_run(&supervisor->helpers);
}

/* ---- Deaths ---------------------------------------------------------------------------------- */

/* The error that a child left in the arena before it gave up, if it did. */
static bool has_failure(const struct supervisor *supervisor) {
    return atomic_load(&supervisor->run->control->failed) == 2;
}

static void end_with_failure(struct supervisor *supervisor) {
    if (supervisor->status == STATUS_OK)
        *supervisor->error = supervisor->run->control->failure;
    end_with(supervisor, supervisor->run->control->failure.status);
}

static void end_without_learner(struct supervisor *supervisor, const char *what) {
    const struct control *control = supervisor->run->control;
    if (supervisor->status == STATUS_OK && atomic_load(&control->saves) > 0)
        error_set(supervisor->error, STATUS_FAILED,
                  "%s, so the run ended; the last weights saved are '%.400s'", what,
                  control->model);
    else if (supervisor->status == STATUS_OK)
        error_set(supervisor->error, STATUS_FAILED,
                  "%s, so the run ended; no weights were saved yet", what);
    end_with(supervisor, STATUS_FAILED);
}

static void learner_died(struct supervisor *supervisor, int wait_status) {
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) {
        begin_stop(supervisor);
        return;
    }
    if (has_failure(supervisor)) {
        end_with_failure(supervisor);
        return;
    }
    char reason[64];
    char what[96];
    process_describe_end(reason, sizeof reason, wait_status);
    snprintf(what, sizeof what, "the learner died (%s)", reason);
    end_without_learner(supervisor, what);
}

/* Whether a child that died is to be started again; where it is not, the run ends with the reason.
 * worked: see deaths_take. */
static bool is_replaced(struct supervisor *supervisor, struct child *child, bool worked,
                        const char *name, const char *reason) {
    if (has_failure(supervisor)) {
        end_with_failure(supervisor);
        return false;
    }
    const enum hope hope = deaths_take(&child->deaths, clock_seconds() - child->started, worked);
    if (hope != HOPE) {
        end_with(supervisor, error_set(supervisor->error, STATUS_FAILED,
                                       "%s died %d times %s (%s), so the run ended", name,
                                       MAX_DEATHS_IN_A_ROW, hope_denied(hope), reason));
        return false;
    }
    child->generation++;
    log_line("super", "%s died (%s); a new one takes its place", name, reason);
    return true;
}

/* In rounds, all ranks have to make equally many batches, which a replaced actor's surplus would
 * upset. */
static bool actors_are_irreplaceable(const struct run *run) {
    return run->config->deterministic || (run_ranks(run) > 1 && run_in_rounds(run));
}

/* A deterministic run cannot survive a dead actor, so it stops; the checkpoint can be resumed. */
static void end_deterministic_run(struct supervisor *supervisor, const char *name,
                                  const char *reason) {
    if (run_ranks(supervisor->run) > 1) {
        end_with(supervisor, error_set(supervisor->error, STATUS_FAILED,
                                       "%s died (%s), and this run over several ranks cannot go on "
                                       "with another; start a new one from its last weights",
                                       name, reason));
        return;
    }
    end_with(
        supervisor,
        error_set(supervisor->error, STATUS_FAILED,
                  "%s died (%s), and a deterministic run cannot go on with another; go on from "
                  "its last checkpoint with --resume='%.400s'",
                  name, reason, supervisor->run->control->run_dir));
}

/* Why an actor died: what it said itself, else how it ended. */
static void take_reason(struct snapshot *snapshot, const struct child *child, char *out,
                        size_t size, int wait_status) {
    if (snapshot->failure[0])
        snprintf(out, size, "%s", snapshot->failure);
    else if (child->was_silent)
        snprintf(out, size, "no sign of life for %.0f s", SILENT_SECONDS);
    else
        process_describe_end(out, size, wait_status);
    snapshot->failure[0] = '\0';
}

static bool has_played(const struct supervisor *supervisor, int index) {
    return atomic_load(&supervisor->run->metrics->actors[index].emulator_frames) >
           supervisor->actors[index].frames_begun;
}

static void actor_died(struct supervisor *supervisor, int index, int wait_status) {
    struct snapshot *snapshot = transport_snapshot(supervisor->run->transport, index);
    char name[24];
    char reason[sizeof snapshot->failure];
    snprintf(name, sizeof name, "actor %d", index);
    struct child *child = &supervisor->actors[index];
    take_reason(snapshot, child, reason, sizeof reason, wait_status);
    transport_give_up(supervisor->run->transport, index);
    parking_forget(supervisor->run, index);
    if (run_stops(supervisor->run))
        return;
    if (actors_are_irreplaceable(supervisor->run) && !has_failure(supervisor)) {
        end_deterministic_run(supervisor, name, reason);
        return;
    }
    if (!is_replaced(supervisor, child, has_played(supervisor, index), name, reason))
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
        !is_replaced(supervisor, &supervisor->reporter, true, "the reporter", reason))
        return;
    const enum status status = start_reporter(supervisor);
    if (status != STATUS_OK)
        end_with(supervisor, status);
}

static void reap_children(struct supervisor *supervisor) {
    int wait_status;
    pid_t pid;
    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
        helpers_reap(&supervisor->helpers, pid, wait_status);
        if (pid == supervisor->learner.pid) {
            supervisor->learner.pid = 0;
            store_sweep(supervisor->run->control->run_dir, pid);
            learner_died(supervisor, wait_status);
        } else if (pid == supervisor->reporter.pid) {
            supervisor->reporter.pid = 0;
            reporter_died(supervisor, wait_status);
        } else if (pid == supervisor->terminal_guard.pid) {
            supervisor->terminal_guard.pid = 0;
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

static void stop_at_once(struct supervisor *supervisor) {
    if (supervisor->status == STATUS_OK)
        end_with(supervisor,
                 error_set(supervisor->error, STATUS_FAILED, "stopped at once, without saving"));
    kill_all(supervisor);
    log_line("super", "stopping at once");
}

static void obey_signal(struct supervisor *supervisor, int signal_number) {
    switch (wishes_take(&supervisor->wishes, signal_number, clock_seconds())) {
    case WISH_END:
        note_time(&supervisor->ending.asked);
        supervisor->run->control->interrupted = true;
        run_wind_down(supervisor->run);
        if (signals_is_wish(signal_number))
            log_line("super", "stopping and saving; once more stops at once");
        else
            log_line("super", "stopping and saving (signal %d, %s)", signal_number,
                     strsignal(signal_number));
        break;
    case WISH_WARNED:
        log_line("super", "still stopping and saving; once more stops at once");
        break;
    case WISH_STOP_AT_ONCE:
        stop_at_once(supervisor);
        break;
    case WISH_NOTHING:
        break;
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
            obey_signal(supervisor, (int)info.ssi_signo);
    }
}

static void replace_silent_actors(struct supervisor *supervisor) {
    const double now = clock_seconds();
    for (int i = 0; i < supervisor->run->metrics->actor_count; i++) {
        struct child *actor = &supervisor->actors[i];
        const struct actor_metrics *metrics = &supervisor->run->metrics->actors[i];
        if (actor->pid <= 0 || actor->was_silent ||
            !is_silent(atomic_load(&metrics->heartbeat), SILENT_SECONDS, now))
            continue;
        log_line("super", "actor %d has been silent for %.0f s and is ended", i, SILENT_SECONDS);
        actor->was_silent = true;
        kill_child(actor);
    }
}

/* Nobody can take the learner's place, so its silence is only told; once. */
static void tell_of_silent_learner(struct supervisor *supervisor) {
    const struct learner_metrics *metrics = &supervisor->run->metrics->learner;
    const pid_t pid = supervisor->learner.pid;
    const double patience = atomic_load(&metrics->patience);
    const bool silent =
        pid > 0 && is_silent(atomic_load(&metrics->heartbeat), patience, clock_seconds());
    if (silent == supervisor->learner_is_silent || pid <= 0)
        return;
    supervisor->learner_is_silent = silent;
    const char state = process_state(pid);
    if (!silent)
        log_line("super", "the learner is at work again");
    else if (state == 'T')
        log_line("super", "the learner is stopped: `kill -CONT %d` lets it go on", (int)pid);
    else
        log_line("super", "the learner has given no sign of life for %.0f s%s", patience,
                 state == 'D' ? ": it waits for a disk" : "");
}

static struct ending take_ending(struct supervisor *supervisor) {
    const struct learner_metrics *learner = &supervisor->run->metrics->learner;
    struct ending *ending = &supervisor->ending;
    note_time(&ending->asked); /* the learner has reached total_steps */
    if (run_stops(supervisor->run))
        note_time(&ending->stopped);
    ending->learner_runs = supervisor->learner.pid > 0;
    ending->learner_heard = atomic_load(&learner->heartbeat);
    ending->learner_patience = atomic_load(&learner->patience);
    ending->actors_run = actors_run(supervisor);
    if (!ending->learner_runs && !ending->actors_run)
        note_time(&ending->closing);
    return *ending;
}

/* The reporter and the helpers stop last, so that they see the last episodes; who does not stop in
 * time is killed. */
static void watch_stop(struct supervisor *supervisor) {
    struct control *control = supervisor->run->control;
    const struct ending ending = take_ending(supervisor);
    if (ending.closing > 0) {
        atomic_store(&control->report_stop, 1);
        futex_wake(&control->report_stop);
        helpers_end(&supervisor->helpers);
    }
    switch (ending_judge(&ending, clock_seconds())) {
    case ENDING_ACTORS_LATE:
        kill_actors(supervisor);
        break;
    case ENDING_LEARNER_STUCK:
        end_without_learner(supervisor, "the learner gave no sign of life while it was to save");
        kill_all(supervisor);
        break;
    case ENDING_REPORTER_STUCK:
        if (supervisor->status == STATUS_OK)
            end_with(supervisor, error_set(supervisor->error, STATUS_FAILED,
                                           "the last rows of progress.csv and episodes.csv could "
                                           "not be written in time and are lost"));
        kill_all(supervisor);
        break;
    case ENDING_GOES_ON:
        break;
    }
}

/* The reporter starts when the learner has made the run directory, also when the run is over by
 * then. */
static void start_reporter_when_ready(struct supervisor *supervisor) {
    if (supervisor->reporter.started > 0 || supervisor->status != STATUS_OK ||
        !run_is_first(supervisor->run) || !transport_get(supervisor->run->transport, WORD_READY))
        return;
    log_line("super", "training in %s", supervisor->run->control->run_dir);
    const enum status status = start_reporter(supervisor);
    if (status != STATUS_OK)
        end_with(supervisor, status);
    else
        helpers_start(&supervisor->helpers);
}

/* After Ctrl-Z and fg, or a machine's sleep, all have been silent; none of them is to blame. */
static void forgive_absence(struct supervisor *supervisor) {
    const double now = clock_seconds();
    const double away = now - supervisor->last_look;
    supervisor->last_look = now;
    if (away < ABSENCE_SECONDS)
        return;
    struct metrics *metrics = supervisor->run->metrics;
    struct ending *ending = &supervisor->ending;
    double *const since[] = {&ending->asked, &ending->stopped, &ending->closing};
    for (int i = 0; i < metrics->actor_count; i++)
        atomic_store(&metrics->actors[i].heartbeat, now);
    atomic_store(&metrics->learner.heartbeat, now);
    for (int i = 0; i < 3; i++)
        if (*since[i] > 0)
            *since[i] += away;
}

static void watch(struct supervisor *supervisor) {
    supervisor->last_look = clock_seconds();
    struct pollfd readable = {.fd = supervisor->signals, .events = POLLIN};
    while (anyone_runs(supervisor)) {
        const bool awaits_begin =
            supervisor->reporter.started == 0 && run_is_first(supervisor->run);
        const bool in_haste = awaits_begin || supervisor->ending.asked > 0;
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
        tell_of_silent_learner(supervisor);
    }
}

static void end_terminal_guard(struct supervisor *supervisor) {
    if (supervisor->terminal_guard.pid <= 0)
        return;
    kill_child(&supervisor->terminal_guard);
    waitpid(supervisor->terminal_guard.pid, NULL, 0);
}

enum status supervise(struct run *run, struct error *error) {
    struct supervisor supervisor = {.run = run, .signals = -1, .helpers.run = run, .error = error};
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
    screen_close(&run->metrics->screen); /* before its terminal guard ends */
    end_terminal_guard(&supervisor);
    /* A signal that came after the end has nothing left to stop. */
    if (supervisor.signals >= 0) {
        signals_discard(&supervisor.mask);
        close(supervisor.signals);
    }
    sigprocmask(SIG_SETMASK, &supervisor.old_mask, NULL);
    free(supervisor.actors);
    return supervisor.status;
}
