/*
 * An actor: one process that plays envs_per_process environments and pushes experience into its
 * ring. Inside of the train room.
 */
#ifndef ASYNCRL_TRAIN_ACTOR_STATE_H
#define ASYNCRL_TRAIN_ACTOR_STATE_H

#include "train/run.h"

/* One environment of an actor and the segment being filled from it. */
struct slot {
    struct environment *environment;
    struct segment *segment;
    struct rng rng;      /* draws actions */
    int32_t next_action; /* already chosen for the present observation, or NO_ACTION */
    uint64_t sequence;   /* segments begun */
    double score;        /* of the episode so far */
    int64_t steps;       /* of the episode so far */
};

struct actor {
    struct run *run;
    int index;
    struct actor_metrics *metrics;
    struct network *network;
    struct slot *slots; /* (slot_count) */
    int slot_count;
    int64_t round;         /* the one being played */
    double epsilon;        /* chance of a random action in this round; -1: the method has none */
    uint8_t *observations; /* (slot_count, observation bytes): the present observations */
    float *scratch;        /* (actions), the method's */
    const float *weights;  /* the transport's */
    uint64_t version;
    float *states;      /* (slot_count, state floats): the network's before it sees observations */
    float *next_states; /* the same after it, while outputs_fresh */
    struct network_outputs outputs; /* the network's, for observations, while outputs_fresh */
    bool outputs_fresh;
    struct stage_timer timer;
    const char *failure; /* why a game broke down; NULL: none has */
};

static inline uint8_t *actor_observation(const struct actor *actor, int slot) {
    return actor->observations + (size_t)slot * actor->run->layout.observation_bytes;
}

/* Floats of a slot's state of the network; 0: it has no memory. */
static inline size_t actor_state_size(const struct actor *actor) {
    const struct step_layout *layout = &actor->run->layout;
    return layout->state_field > 0 ? layout->fields[layout->state_field].bytes / sizeof(float) : 0;
}

static inline float *actor_state(const struct actor *actor, int slot) {
    return actor->states + (size_t)slot * actor_state_size(actor);
}

/* Says that the actor is alive; the supervisor replaces one that is silent for long. Emulators call
 * it too, within long calls (emulator_watch). */
static inline void actor_beat(struct actor *actor) {
    atomic_store_explicit(&actor->metrics->heartbeat, clock_seconds(), memory_order_relaxed);
}

#endif
