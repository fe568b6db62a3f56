/* Checkpoints of a run. Inside of the train room; the learner's. */
#ifndef ASYNCRL_TRAIN_LEARNER_CHECKPOINT_H
#define ASYNCRL_TRAIN_LEARNER_CHECKPOINT_H

#include "train/learner/state.h"

/*
 * Writes checkpoint.h5: everything that the run's course from here depends on. All actors are
 * parked, and the rings are empty.
 */
enum status learner_save(const struct learner *learner, struct error *error);

/*
 * Restores an open learner, and the arena, from the run's last checkpoint; cuts the curves back to
 * it. Actors find their snapshots there when they see weights in the weight store. A checkpoint of
 * other options is STATUS_BAD_INPUT.
 */
enum status learner_restore(struct learner *learner, struct error *error);

#endif
