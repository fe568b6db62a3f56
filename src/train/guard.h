/*
 * Which updates may change the weights, and when there have been too many that may not. Inside of
 * the train room; pure functions, the learner's.
 *
 * A loss or a gradient that is no finite number would make every weight one for good. Such an
 * update is skipped: one strange transition costs its batch. When no update in a row of
 * GUARD_PATIENCE is sound, the weights themselves have gone wrong, and the run cannot be saved by
 * going on.
 */
#ifndef ASYNCRL_TRAIN_GUARD_H
#define ASYNCRL_TRAIN_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/* What an update found, summed over its batch. */
struct update_sums {
    double policy_loss;
    double value_loss; /* with Q heads: the Q loss, times the batch's size */
    double entropy;    /* nats */
    double value;      /* what the states are worth to the network */
};

enum { GUARD_PATIENCE = 20 };

/* The square of a gradient above this is no float any more, and so is RMSprop's mean for good. */
#define GUARD_GRADIENT_LIMIT 1e18

struct guard {
    int streak;      /* unsound updates since the last sound one */
    int64_t skipped; /* unsound updates in all */
};

enum guard_verdict {
    GUARD_SOUND,
    GUARD_SKIPPED,      /* unsound */
    GUARD_SKIPPED_TELL, /* the same, and worth a line of the log: the first, second, fourth, ... */
    GUARD_HOPELESS      /* unsound, as the GUARD_PATIENCE - 1 before it */
};

/* Whether an update may change the weights; gradient_norm is that before it was clipped. */
bool guard_is_sound(const struct update_sums *sums, double gradient_norm);

/* Counts an update. */
enum guard_verdict guard_judge(struct guard *guard, bool is_sound);

#endif
