/*
 * How long a process of a run may give no sign of life. Inside of the train room; pure functions.
 * Times are clock_seconds.
 */
#ifndef ASYNCRL_TRAIN_SILENCE_H
#define ASYNCRL_TRAIN_SILENCE_H

#include <stdbool.h>

/* A process at work gives a sign of life far more often than this. */
extern const double SILENT_SECONDS;

/* How long a process may be silent while it starts, or reads or writes a file on a slow disk. */
extern const double LONG_SECONDS;

/* Whether a process that gave its last sign of life at heard is silent for too long. */
bool is_silent(double heard, double patience, double now);

#endif
