#include "train/supervisor/deaths.h"
#include "store/store.h"
#include "train/supervisor/children.h"

#include <stdio.h>
#include <sys/wait.h>

/* Whether a child left an error in the arena before it gave up. */
static bool has_failure(const struct supervisor *supervisor) {
    return atomic_load(&supervisor->run->control->failed) == 2;
}

static void end_with_failure(struct supervisor *supervisor) {
    if (supervisor->status == STATUS_OK)
        *supervisor->error = supervisor->run->control->failure;
    supervisor_end_with(supervisor, supervisor->run->control->failure.status);
}

void supervisor_end_without_learner(struct supervisor *supervisor, const char *what) {
    const struct control *control = supervisor->run->control;
    if (supervisor->status == STATUS_OK && atomic_load(&control->saves) > 0)
        error_set(supervisor->error, STATUS_FAILED,
                  "%s, so the run ended; the last weights saved are '%.400s'", what,
                  control->model);
    else if (supervisor->status == STATUS_OK)
        error_set(supervisor->error, STATUS_FAILED,
                  "%s, so the run ended; no weights were saved yet", what);
    supervisor_end_with(supervisor, STATUS_FAILED);
}

static void learner_died(struct supervisor *supervisor, int wait_status) {
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) {
        supervisor_begin_stop(supervisor);
        return;
    }
    if (has_failure(supervisor)) {
        end_with_failure(supervisor);
        return;
    }
    char reason[64];
    char what[96];
    process_describe_end(reason, sizeof reason, wait_status);
    snprintf(what, sizeof what, "the %s died (%s)",
             run_learns(supervisor->run) ? "learner" : "sender", reason);
    supervisor_end_without_learner(supervisor, what);
}

/* Whether a child that died is to be started again; if not, ends the run with the reason. worked:
 * see deaths_take. */
static bool is_replaced(struct supervisor *supervisor, struct child *child, bool worked,
                        const char *name, const char *reason) {
    if (has_failure(supervisor)) {
        end_with_failure(supervisor);
        return false;
    }
    const enum hope hope = deaths_take(&child->deaths, clock_seconds() - child->started, worked);
    if (hope != HOPE) {
        supervisor_end_with(supervisor,
                            error_set(supervisor->error, STATUS_FAILED,
                                      "%s died %d times %s (%s), so the run ended", name,
                                      MAX_DEATHS_IN_A_ROW, hope_denied(hope), reason));
        return false;
    }
    child->generation++;
    log_line("super", "%s died (%s); a new one takes its place", name, reason);
    return true;
}

/* In rounds, all ranks must make the same number of batches; the surplus of a replaced actor would
 * break that. */
static bool actors_are_irreplaceable(const struct run *run) {
    return run->config->deterministic || (run_ranks(run) > 1 && run_in_rounds(run));
}

/* Ends a run whose actors are irreplaceable. */
static void end_without_actor(struct supervisor *supervisor, const char *name, const char *reason) {
    if (run_ranks(supervisor->run) > 1)
        error_set(
            supervisor->error, STATUS_FAILED,
            "%s died (%s), and this run over several ranks cannot go on with another; go on from "
            "its last checkpoint with --resume",
            name, reason);
    else
        error_set(supervisor->error, STATUS_FAILED,
                  "%s died (%s), and a deterministic run cannot go on with another; go on from its "
                  "last checkpoint with --resume='%.400s'",
                  name, reason, supervisor->run->control->run_dir);
    supervisor_end_with(supervisor, STATUS_FAILED);
}

/* Writes why an actor died: its own message, otherwise the way its process ended. */
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
        end_without_actor(supervisor, name, reason);
        return;
    }
    if (!is_replaced(supervisor, child, has_played(supervisor, index), name, reason))
        return;
    const enum status status = children_start_actor(supervisor, index);
    if (status != STATUS_OK)
        supervisor_end_with(supervisor, status);
}

static void reporter_died(struct supervisor *supervisor, int wait_status) {
    const bool finished = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
    char reason[64];
    process_describe_end(reason, sizeof reason, wait_status);
    if (finished || supervisor->status != STATUS_OK ||
        !is_replaced(supervisor, &supervisor->reporter, true, "the reporter", reason))
        return;
    const enum status status = children_start_reporter(supervisor);
    if (status != STATUS_OK)
        supervisor_end_with(supervisor, status);
}

void supervisor_reap(struct supervisor *supervisor) {
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
