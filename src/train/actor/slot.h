/*
 * A slot: one environment of an actor, its episodes, and the segments that are filled from it.
 * Inside of the train room; the actor's. index is that of the slot.
 */
#ifndef ASYNCRL_TRAIN_ACTOR_SLOT_H
#define ASYNCRL_TRAIN_ACTOR_SLOT_H

#include "train/actor/state.h"

/* Makes an environment from an inherited emulator and starts a game in it. generation: the number
 * of earlier actors in this one's place. slot_close undoes it, also after failure. */
enum status slot_open(struct actor *actor, int index, int generation, struct error *error);
void slot_close(struct slot *slot);

/* Seeds a slot's random numbers, differently for each slot and each of its lives, and starts a
 * game. life: 0 at the run's beginning; later the steps trained and the actors replaced, together.
 */
void slot_start_games(struct actor *actor, int index, int64_t life);

/* Begins the next segment, which holds nothing yet. */
void slot_start_segment(struct actor *actor, int index);

/* Chooses the slot's next action by actor->outputs, and records it and the observation. */
void slot_begin_step(struct actor *actor, int index);

/* Plays the step that was begun; false when the run stops, or the game broke down. */
bool slot_play_step(struct actor *actor, int index);

/* Closes the segment being filled. outputs: the network's outputs for the slot's present
 * observation, in that row; NULL after the end of a game. */
void slot_close_segment(struct actor *actor, int index, enum segment_end end,
                        const struct network_outputs *outputs, int row);

/* Gives a closed segment to the learner, waiting while the ring is full, and begins the next; false
 * when the run stops meanwhile. */
bool slot_hand_over(struct actor *actor, int index);

/* Computes the network's outputs for the observations of count slots from first on. Writes
 * next_states only if remembers is set. */
struct network_outputs actor_ask_network(struct actor *actor, int first, int count, bool remembers);

#endif
