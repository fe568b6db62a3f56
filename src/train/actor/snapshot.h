/*
 * A snapshot of an actor: a head, then for each slot a head and its environment's state. Only the
 * machine and the program that wrote it can read it; the checkpoint around it names them. Inside of
 * the train room; the actor's.
 */
#ifndef ASYNCRL_TRAIN_ACTOR_SNAPSHOT_H
#define ASYNCRL_TRAIN_ACTOR_SNAPSHOT_H

#include "train/actor/state.h"

/* The largest size of a snapshot of the run's actors, in bytes; emulators are open. */
size_t actor_snapshot_bound(const struct run *run);

/* Saves an actor between two rounds, when no segment is open. If games cannot be saved just now,
 * the checkpoint fails and the run goes on: the learner finds the reason in the snapshot's
 * refusal. */
void actor_leave_snapshot(struct actor *actor);

/* Restores an actor with open environments to that moment; games of ALE are played again
 * up to it. */
enum status actor_restore_snapshot(struct actor *actor, struct error *error);

#endif
