/*
 * Processes that only read; a run can do without them. The supervisor starts them when the run
 * directory exists, replaces a dead one a few times, and ends them after the others. The run never
 * depends on them. Inside of the train room; the supervisor's.
 *
 * A helper's main returns when control->report_stop is set; helpers_end wakes it.
 */
#ifndef ASYNCRL_TRAIN_SUPERVISOR_HELPERS_H
#define ASYNCRL_TRAIN_SUPERVISOR_HELPERS_H

#include "train/run.h"

#include <stdbool.h>
#include <sys/types.h>

enum { HELPER_COUNT = 3 };

struct helpers {
    struct run *run;
    pid_t pids[HELPER_COUNT]; /* 0: not running */
    int deaths[HELPER_COUNT];
    double ending_since; /* clock_seconds; 0: not yet */
};

/* Starts those that the run's options ask for. */
void helpers_start(struct helpers *helpers);

bool helpers_run(const struct helpers *helpers);

/* Notes the end of the child pid, if that is a helper, and replaces it. */
void helpers_reap(struct helpers *helpers, pid_t pid, int wait_status);

/* Called repeatedly after the run's other children have ended; kills helpers that take too long. */
void helpers_end(struct helpers *helpers);

void helpers_kill(const struct helpers *helpers);

#endif
