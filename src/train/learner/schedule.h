/* The fall of the learning rate over a run. Inside of the train room; the learner's. */
#ifndef ASYNCRL_TRAIN_LEARNER_SCHEDULE_H
#define ASYNCRL_TRAIN_LEARNER_SCHEDULE_H

#include "train/learner/state.h"

/* The rate for the learner's next update; the method may still change it. */
double learner_rate(const struct learner *learner);

/* What the schedule leaves of --lr for the newest update. */
double learner_newest_share(const struct learner *learner);

/* Logs once that a run without an end goes on with the last learning rate; before: the steps before
 * this update. */
void learner_tell_end_of_schedule(const struct learner *learner, int64_t before);

#endif
