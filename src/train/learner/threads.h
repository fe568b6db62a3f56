/* How many threads compute for the learner. Inside of the train room; the learner's process. */
#ifndef ASYNCRL_TRAIN_LEARNER_THREADS_H
#define ASYNCRL_TRAIN_LEARNER_THREADS_H

#include "train/run.h"

/*
 * --learner_threads; if that is 0, as many as make a batch faster here, which is measured in about
 * a second. 1 in a deterministic run, whose bits must not depend on the machine. rows: the number
 * of rows that go through the network at once.
 */
int learner_threads(const struct run *run, int rows);

/* The most threads that each get enough work from an update of that many rows; may be 0. */
int useful_threads(const struct network_spec *spec, int rows);

/* Chooses by the times that seconds_of returns: doubles the threads from 1 on, up to most, as long
 * as each doubling pays. */
int choose_threads(int most, double (*seconds_of)(void *context, int threads), void *context);

#endif
