/* The supervisor: the parent of a run's processes. Inside of the train room. */
#ifndef ASYNCRL_TRAIN_SUPERVISOR_SUPERVISOR_H
#define ASYNCRL_TRAIN_SUPERVISOR_SUPERVISOR_H

#include "train/run.h"

/*
 * Starts the processes of an open run, watches them and returns when all have ended: STATUS_OK when
 * the run came to its end or was asked to stop, otherwise the reason. Takes the signals that end
 * the run, and SIGCHLD, while it runs.
 */
enum status supervise(struct run *run, struct error *error);

#endif
