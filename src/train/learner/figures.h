/* The learner's reports on each update. Inside of the train room; the learner's. */
#ifndef ASYNCRL_TRAIN_LEARNER_FIGURES_H
#define ASYNCRL_TRAIN_LEARNER_FIGURES_H

#include "train/learner/state.h"

/* Transitions in an update, by all ranks. */
int learner_batch_steps(const struct learner *learner);

/* Writes the learning rate, as the method has changed it, to the metrics. */
void learner_report_rate(struct learner *learner);

/* Counts an update in the metrics, and its figures if it is sound. */
void learner_report_batch(struct learner *learner, const struct update *update);

/* Logs the known troubles of learning (health.h). Ignores skipped updates, which guard.h
 * handles. */
void learner_watch_health(struct learner *learner, const struct update *update);

#endif
