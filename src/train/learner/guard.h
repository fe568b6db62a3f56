/*
 * Counts updates that may not change the weights, and says when there are too many. Inside of the
 * train room; pure functions, the learner's.
 *
 * A loss or a gradient that is not finite would make all weights non-finite for good; a step after
 * which the network's outputs are not finite would spoil all that follows. Such an update is
 * skipped: one strange transition costs its batch. After GUARD_PATIENCE unsound updates in a row
 * the weights themselves have gone wrong, and going on cannot save the run.
 */
#ifndef ASYNCRL_TRAIN_LEARNER_GUARD_H
#define ASYNCRL_TRAIN_LEARNER_GUARD_H

#include <stdbool.h>
#include <stdint.h>

enum { GUARD_PATIENCE = 20 };

struct guard {
    int streak;      /* unsound updates since the last sound one */
    int64_t skipped; /* unsound updates in all */
};

enum guard_verdict {
    GUARD_SOUND,
    GUARD_SKIPPED,      /* unsound */
    GUARD_SKIPPED_TELL, /* the same, and to be logged: the first, second, fourth, ... */
    GUARD_HOPELESS      /* unsound, as the GUARD_PATIENCE - 1 before it */
};

/* Counts an update. */
enum guard_verdict guard_judge(struct guard *guard, bool is_sound);

#endif
