/* Opening and closing of the learner. Inside of the train room; the learner's. */
#ifndef ASYNCRL_TRAIN_LEARNER_OPEN_H
#define ASYNCRL_TRAIN_LEARNER_OPEN_H

#include "train/learner/state.h"

/*
 * Opens trainer, batch and experience reader, makes the run directory, and begins the run: with new
 * weights, those of a file, or a checkpoint. learner: its run, its metrics and all fields that do
 * not begin at 0 are set. The caller calls learner_close, also after a failure.
 */
enum status learner_open(struct learner *learner, struct error *error);

void learner_close(struct learner *learner);

#endif
