/* How many threads compute for the learner. Inside of the train room; the learner's process. */
#ifndef ASYNCRL_TRAIN_LEARNER_THREADS_H
#define ASYNCRL_TRAIN_LEARNER_THREADS_H

#include "train/run.h"

/*
 * --learner_threads, or with 0 as many as make a batch faster here, which is measured: that takes a
 * second or so. 1 in a deterministic run, whose bits are not to depend on the machine. rows: that
 * go through the network at once.
 */
int learner_threads(const struct run *run, int rows);

/* The measured choice, on a clock of the caller's: the most threads, of 1, 2, 4 and so on up to
 * most, for which seconds_of says that each doubling paid. */
int choose_threads(int most, double (*seconds_of)(void *context, int threads), void *context);

#endif
