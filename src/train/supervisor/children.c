#include "train/supervisor/children.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum status started(struct supervisor *supervisor, struct child *child, pid_t pid) {
    if (pid < 0)
        return error_set(supervisor->error, STATUS_FAILED, "cannot start a process: %s",
                         strerror(errno));
    child->pid = pid;
    child->started = clock_seconds();
    return STATUS_OK;
}

/* A rank that only plays has a sender in the learner's place. */
static enum status start_learner(struct supervisor *supervisor) {
    const bool learns = run_learns(supervisor->run);
    struct learner_metrics *metrics = &supervisor->run->metrics->learner;
    atomic_store(&metrics->heartbeat, clock_seconds());
    atomic_store(&metrics->patience, LONG_SECONDS);
    const pid_t pid = process_fork(learns ? "asyncrl-learn" : "asyncrl-send");
    if (pid == 0) {
        signals_share_time_limit();
        _exit(learns ? learner_main(supervisor->run) : sender_main(supervisor->run));
    }
    return started(supervisor, &supervisor->learner, pid);
}

enum status children_start_reporter(struct supervisor *supervisor) {
    struct child *child = &supervisor->reporter;
    const bool append = child->generation > 0 || supervisor->run->control->continues;
    const pid_t pid = process_fork("asyncrl-report");
    if (pid == 0) {
        signals_share_time_limit();
        _exit(reporter_main(supervisor->run, append));
    }
    return started(supervisor, child, pid);
}

enum status children_start_actor(struct supervisor *supervisor, int index) {
    struct child *child = &supervisor->actors[index];
    struct actor_metrics *metrics = &supervisor->run->metrics->actors[index];
    char name[16];
    snprintf(name, sizeof name, "asyncrl-act-%02u", (unsigned)index % 1000);
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

enum status children_start(struct supervisor *supervisor) {
    network_warm_up(&supervisor->run->network, network_backend_default());
    enum status status = start_terminal_guard(supervisor);
    if (status == STATUS_OK)
        status = start_learner(supervisor);
    for (int i = 0; i < supervisor->run->metrics->actor_count && status == STATUS_OK; i++)
        status = children_start_actor(supervisor, i);
    return status;
}

void child_kill(const struct child *child) {
    if (child->pid > 0)
        kill(child->pid, SIGKILL);
}

void children_kill_actors(const struct supervisor *supervisor) {
    for (int i = 0; i < supervisor->run->metrics->actor_count; i++)
        child_kill(&supervisor->actors[i]);
}

void children_kill(const struct supervisor *supervisor) {
    child_kill(&supervisor->learner);
    child_kill(&supervisor->reporter);
    helpers_kill(&supervisor->helpers);
    children_kill_actors(supervisor);
}

bool children_actors_run(const struct supervisor *supervisor) {
    for (int i = 0; i < supervisor->run->metrics->actor_count; i++)
        if (supervisor->actors[i].pid > 0)
            return true;
    return false;
}

bool children_run(const struct supervisor *supervisor) {
    return supervisor->learner.pid > 0 || supervisor->reporter.pid > 0 ||
           children_actors_run(supervisor) || helpers_run(&supervisor->helpers);
}
