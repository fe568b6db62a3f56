/* Deaths of children: another process takes the place, or the run ends with the reason. Inside of
 * the train room; the supervisor's. */
#ifndef ASYNCRL_TRAIN_SUPERVISOR_DEATHS_H
#define ASYNCRL_TRAIN_SUPERVISOR_DEATHS_H

#include "train/supervisor/state.h"

/* Takes note of all children that have died since the last call. */
void supervisor_reap(struct supervisor *supervisor);

/* Ends the run with an error that begins with what happened and names the last weights. */
void supervisor_end_without_learner(struct supervisor *supervisor, const char *what);

#endif
