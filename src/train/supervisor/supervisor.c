#include "train/supervisor/supervisor.h"
#include "preset/preset.h"
#include "train/supervisor/children.h"
#include "train/supervisor/deaths.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static const double ABSENCE_SECONDS = 10; /* between two looks: the supervisor itself was stopped */
static const double START_LINE_SECONDS = 3; /* between two lines on environments that start */

/* ---- Starting -------------------------------------------------------------------------------- */

/* Blocks the signals that end the run, and SIGCHLD; the loop reads them from a descriptor
 * instead. */
static enum status take_signals(struct supervisor *supervisor) {
    signal(SIGCHLD, SIG_DFL); /* ignoring it is inherited, and hides how children end */
    signal(SIGPIPE, SIG_IGN); /* the reader of the log may be gone; the run must survive that */
    sigset_t *mask = &supervisor->mask;
    signals_that_end(mask);
    sigaddset(mask, SIGCHLD);
    struct sigaction stop;
    const bool can_stop = sigaction(SIGTSTP, NULL, &stop) == 0 && stop.sa_handler != SIG_IGN;
    if (supervisor->run->metrics->screen.taken && can_stop)
        sigaddset(mask, SIGTSTP); /* its handler restores the normal screen first */
    sigprocmask(SIG_BLOCK, mask, &supervisor->old_mask);
    supervisor->signals = signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (run_ranks(supervisor->run) > 1)
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* no rank learns on without mpirun */
    if (supervisor->signals < 0)
        return error_set(supervisor->error, STATUS_FAILED, "cannot watch signals: %s",
                         strerror(errno));
    return STATUS_OK;
}

/* ---- Watching -------------------------------------------------------------------------------- */

static void stop_at_once(struct supervisor *supervisor) {
    if (supervisor->status == STATUS_OK)
        supervisor_end_with(supervisor, error_set(supervisor->error, STATUS_FAILED,
                                                  "stopped at once, without saving"));
    children_kill(supervisor);
    log_line("super", "stopping at once");
}

static void obey_signal(struct supervisor *supervisor, int signal_number) {
    switch (wishes_take(&supervisor->wishes, signal_number, clock_seconds())) {
    case WISH_END:
        supervisor_note_time(&supervisor->ending.asked);
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
 * The reporter leaves the screen itself, so that no part of a page follows, unless the reporter is
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
        child_kill(actor);
    }
}

/* No process can take the learner's place, so its silence is only logged, once. */
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
    supervisor_note_time(&ending->asked); /* the learner has reached total_steps */
    if (run_stops(supervisor->run))
        supervisor_note_time(&ending->stopped);
    ending->learner_runs = supervisor->learner.pid > 0;
    ending->learner_heard = atomic_load(&learner->heartbeat);
    ending->learner_patience = atomic_load(&learner->patience);
    ending->actors_run = children_actors_run(supervisor);
    if (!ending->learner_runs && !ending->actors_run)
        supervisor_note_time(&ending->closing);
    return *ending;
}

/* The helpers and then the reporter stop last, so that they see the last episodes and evaluations;
 * a process that does not stop in time is killed. */
static void watch_stop(struct supervisor *supervisor) {
    struct control *control = supervisor->run->control;
    const struct ending ending = take_ending(supervisor);
    if (ending.closing > 0) {
        atomic_store(&control->report_stop, 1);
        futex_wake(&control->report_stop);
        helpers_end(&supervisor->helpers);
        if (!helpers_run(&supervisor->helpers)) {
            atomic_store(&control->helpers_ended, 1);
            futex_wake(&control->helpers_ended);
        }
    }
    switch (ending_judge(&ending, clock_seconds())) {
    case ENDING_ACTORS_LATE:
        children_kill_actors(supervisor);
        break;
    case ENDING_LEARNER_STUCK:
        supervisor_end_without_learner(supervisor,
                                       "the learner gave no sign of life while it was to save");
        children_kill(supervisor);
        break;
    case ENDING_REPORTER_STUCK:
        if (supervisor->status == STATUS_OK)
            supervisor_end_with(supervisor,
                                error_set(supervisor->error, STATUS_FAILED,
                                          "the last rows of progress.csv and episodes.csv could "
                                          "not be written in time and are lost"));
        children_kill(supervisor);
        break;
    case ENDING_GOES_ON:
        break;
    }
}

/* Logs the preset. A resumed run logged it when it began. */
static void tell_of_preset(const struct run *run) {
    const struct train_config *config = run->config;
    const struct preset *preset;
    struct error unknown; /* ignored: the caller may have set no preset */
    if (!config->resume[0] &&
        preset_find(config->preset, config->method.name, config->game, &preset, &unknown) ==
            STATUS_OK &&
        preset->options[0])
        log_line("super", "preset %s: %s; options on the command line override it", preset->name,
                 preset->options);
}

/* The reporter starts when the learner has made the run directory, also when the run is over by
 * then. */
static void start_reporter_when_ready(struct supervisor *supervisor) {
    if (supervisor->reporter.started > 0 || supervisor->status != STATUS_OK ||
        !run_is_first(supervisor->run) || !transport_get(supervisor->run->transport, WORD_READY))
        return;
    tell_of_preset(supervisor->run);
    log_line("super", "training in %s", supervisor->run->control->run_dir);
    const enum status status = children_start_reporter(supervisor);
    if (status != STATUS_OK)
        supervisor_end_with(supervisor, status);
    else
        helpers_start(&supervisor->helpers);
}

/* After Ctrl-Z and fg, or a machine's sleep, all processes have been silent without fault. */
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

/* Environments that are processes of their own start one after the other, which can take long. */
static void tell_of_slow_start(struct supervisor *supervisor) {
    const struct run *run = supervisor->run;
    const unsigned all = (unsigned)(run->config->processes * run->config->envs_per_process);
    const unsigned started = atomic_load(&run->control->started_environments);
    const double now = clock_seconds();
    if (started >= all || now < supervisor->next_start_line)
        return;
    log_line("super", "%u of %u environments have started", started, all);
    supervisor->next_start_line = now + START_LINE_SECONDS;
}

static void watch(struct supervisor *supervisor) {
    supervisor->last_look = clock_seconds();
    supervisor->next_start_line = supervisor->last_look + START_LINE_SECONDS;
    struct pollfd readable = {.fd = supervisor->signals, .events = POLLIN};
    while (children_run(supervisor)) {
        const bool awaits_begin =
            supervisor->reporter.started == 0 && run_is_first(supervisor->run);
        const bool in_haste = awaits_begin || supervisor->ending.asked > 0;
        poll(&readable, 1, in_haste ? 5 : 500);
        forgive_absence(supervisor);
        read_signals(supervisor);
        start_reporter_when_ready(supervisor);
        supervisor_reap(supervisor);
        if (supervisor->reporter.pid == 0)
            screen_flush(&supervisor->run->metrics->screen);
        if (run_stops(supervisor->run) || run_winds_down(supervisor->run))
            watch_stop(supervisor);
        if (!run_stops(supervisor->run)) {
            replace_silent_actors(supervisor);
            tell_of_slow_start(supervisor);
        }
        tell_of_silent_learner(supervisor);
    }
}

static void end_terminal_guard(struct supervisor *supervisor) {
    if (supervisor->terminal_guard.pid <= 0)
        return;
    child_kill(&supervisor->terminal_guard);
    waitpid(supervisor->terminal_guard.pid, NULL, 0);
}

enum status supervise(struct run *run, struct error *error) {
    struct supervisor supervisor = {.run = run, .signals = -1, .helpers.run = run, .error = error};
    supervisor.actors = calloc((size_t)run->metrics->actor_count, sizeof *supervisor.actors);
    if (!supervisor.actors)
        return error_set(error, STATUS_FAILED, "out of memory");
    supervisor.status = take_signals(&supervisor);
    if (supervisor.status == STATUS_OK) {
        const enum status status = children_start(&supervisor);
        if (status != STATUS_OK)
            supervisor_end_with(&supervisor, status);
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
