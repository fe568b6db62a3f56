/*
 * Processes that a run can do without: they only look at it. The supervisor starts them when the
 * run directory is there, puts a new one in a dead one's place a few times, and lets them end when
 * the others have; whatever becomes of them, the run goes on. Inside of the train room; the
 * supervisor's.
 *
 * A watcher's main looks at control->report_stop, and returns when that is set: it is woken then.
 */
#ifndef ASYNCRL_TRAIN_WATCHERS_H
#define ASYNCRL_TRAIN_WATCHERS_H

#include "train/run.h"

#include <stdbool.h>
#include <sys/types.h>

enum { WATCHER_COUNT = 2 };

struct watchers {
    struct run *run;
    pid_t pids[WATCHER_COUNT]; /* 0: not running */
    int deaths[WATCHER_COUNT];
    double ending_since; /* clock_seconds; 0: they go on */
};

/* Starts those that the run's options ask for. */
void watchers_start(struct watchers *watchers);

bool watchers_run(const struct watchers *watchers);

/* Takes note of the end of the child pid, if that is a watcher. */
void watchers_reap(struct watchers *watchers, pid_t pid, int wait_status);

/* To be called again and again when the run's other children have ended: who takes too long is
 * killed. */
void watchers_end(struct watchers *watchers);

void watchers_kill(const struct watchers *watchers);

#endif
