/*
 * The contents of a checkpoint, for checkpoint.c, which writes it, and restore.c, which reads it.
 * Inside of the train room.
 *
 * A checkpoint holds the state of the learner, the weight store and each actor, at a moment when
 * all actors are parked between two rounds and the rings are empty. Arrays are as in memory, for
 * the machine and program that wrote them.
 */
#ifndef ASYNCRL_TRAIN_LEARNER_CHECKPOINT_LAYOUT_H
#define ASYNCRL_TRAIN_LEARNER_CHECKPOINT_LAYOUT_H

#include "train/run.h"

/* Numbers of the learner and the control words, in this order in "learner/counters". */
enum counter {
    COUNTER_STEPS,
    COUNTER_SAVED_STEPS,
    COUNTER_TAKEN,
    COUNTER_NEXT_STEP,
    COUNTER_RING,
    COUNTER_BATCH,
    COUNTER_WEIGHTS_VERSION,
    COUNTER_ROUNDS_OPEN,
    COUNTER_ROUND_STEPS,
    COUNTER_COUNT
};

enum { CHECKPOINT_IDENTITY_SIZE = 512 };

/* Describes a run; a checkpoint and the run that resumes it must have equal descriptions.
 * observation: the name to use for it. */
void checkpoint_describe_run(const struct run *run, const char *observation,
                             char out[CHECKPOINT_IDENTITY_SIZE]);

#endif
