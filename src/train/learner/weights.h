/* The weight files of a run: the weights it begins with, and those it saves. Inside of the train
 * room; the learner's. */
#ifndef ASYNCRL_TRAIN_LEARNER_WEIGHTS_H
#define ASYNCRL_TRAIN_LEARNER_WEIGHTS_H

#include "train/learner/state.h"

/* Initial parameters, or those of the weight file that the run starts from; *trained: the number of
 * training steps that the file names, 0 if it names none. */
enum status learner_begin_weights(struct learner *learner, int64_t *trained, struct error *error);

/* Writes params, trained for that many steps, as a weight file at path. */
enum status learner_write_weights(struct learner *learner, const char *path, float *params,
                                  int64_t steps, struct error *error);

/*
 * Whether the run should save weights early, so that others can watch it play and a crash costs
 * less: after a minute without a file, once. A deterministic run's files do not depend on the
 * clock, nor do those of several ranks. seconds: since the run's start.
 */
bool learner_first_weights_are_due(const struct learner *learner, double seconds);

/* Saves the weights while training goes on; a failure is logged and costs this file,
 * not the run. */
void learner_save_weights(struct learner *learner);

/* Saves weights that may be the run's last, once; learner_save_last_weights tries again after a
 * failure. */
void learner_save_weights_at_once(struct learner *learner);

/*
 * total_steps is reached. A run in rounds trains on to its round's end, but its last weights are
 * the present ones, even if their file is written later.
 */
void learner_finish(struct learner *learner);

/* Writes the file of the run's last weights, if it is not there. */
enum status learner_save_last_weights(struct learner *learner, struct error *error);

#endif
