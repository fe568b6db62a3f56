/* Checkpoints of a run. Inside of the train room; the learner's. */
#ifndef ASYNCRL_TRAIN_LEARNER_CHECKPOINT_H
#define ASYNCRL_TRAIN_LEARNER_CHECKPOINT_H

#include "train/learner/state.h"

/*
 * Writes checkpoint.h5: everything that the run's course from here depends on, with the shares of
 * the other ranks in learner->shares. All actors are parked, and the rings are empty. Rank 0.
 */
enum status learner_save(const struct learner *learner, struct error *error);

/*
 * Restores an open learner, and the arena, from the run's last checkpoint; cuts the curves back to
 * it. Actors find their snapshots there when they see weights in the weight store. A checkpoint of
 * other options is STATUS_BAD_INPUT. Fills learner->shares, unless the run goes on with new games.
 * Rank 0.
 */
enum status learner_restore(struct learner *learner, struct error *error);

/*
 * The same for another rank, whose share holds what no other rank has: the experience that waits
 * for the learner, and the games. The caller frees share->bytes. learner_take_share publishes
 * no weights, so actors still wait after it.
 */
enum status learner_make_share(const struct learner *learner, struct share *share,
                               struct error *error);
enum status learner_take_share(struct learner *learner, const struct share *share,
                               struct error *error);

#endif
