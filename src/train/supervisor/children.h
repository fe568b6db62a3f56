/*
 * The processes that the supervisor starts itself: learner, reporter, actors and the terminal
 * guard. Inside of the train room; the supervisor's. A failure to start one is STATUS_FAILED, with
 * the reason in supervisor->error.
 */
#ifndef ASYNCRL_TRAIN_SUPERVISOR_CHILDREN_H
#define ASYNCRL_TRAIN_SUPERVISOR_CHILDREN_H

#include "train/supervisor/state.h"

/* Starts all but the reporter. */
enum status children_start(struct supervisor *supervisor);

/* Starts one, or another in the place of a dead one. */
enum status children_start_reporter(struct supervisor *supervisor);
enum status children_start_actor(struct supervisor *supervisor, int index);

/* Kill a child that runs, all actors, or all children and helpers but the terminal guard. */
void child_kill(const struct child *child);
void children_kill_actors(const struct supervisor *supervisor);
void children_kill(const struct supervisor *supervisor);

/* Whether any actor runs, or any child or helper but the terminal guard. */
bool children_actors_run(const struct supervisor *supervisor);
bool children_run(const struct supervisor *supervisor);

#endif
