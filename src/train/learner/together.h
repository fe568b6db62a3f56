/* What the learners of several ranks do together. Inside of the train room; the learner's. */
#ifndef ASYNCRL_TRAIN_LEARNER_TOGETHER_H
#define ASYNCRL_TRAIN_LEARNER_TOGETHER_H

#include "train/learner/state.h"

/* Joins the learners of the other ranks; nothing where this one learns alone. */
enum status together_join(struct learner *learner, struct error *error);

/* How the trainer adds gradients up; for trainer_request. */
struct trainer_ranks together_ranks(struct learner *learner);

/* Gives all ranks what rank 0 begins with: weights, optimizer and step count. */
enum status together_begin(struct learner *learner, struct error *error);

/*
 * After an update: notes whether a rank has asked for the run's end, which all then come to after
 * the same update, and now and then compares the parameters. Fails when those differ, and when the
 * other ranks cannot be reached.
 */
enum status together_check(struct learner *learner, const struct update *update,
                           struct error *error);

/* Leaves the others. Where the run has come to its end, as it then has on all, compares the
 * parameters once more, and waits for all to leave. */
enum status together_leave(struct learner *learner, bool is_at_end, struct error *error);

#endif
