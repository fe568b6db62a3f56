/*
 * What crosses processes: segments of experience from actors to the learner, weights back.
 *
 * Everything here lives in memory that the processes share (base/arena.h) at the same address in
 * each.
 *
 *     actor:   fills a segment of its own; ring_push waits while the ring is full
 *     learner: ring_peek, read, ring_release; weight_store_publish
 *     actor:   weights = weight_store_acquire(store, actor)
 *
 * A ring has one producer (its actor) and one consumer (the learner). The store has one writer (the
 * learner) and one reader slot an actor. Waiting is by futex, never by spinning, and always ends
 * within a limit, so that a waiter sees the stop word and the death of others.
 */
#ifndef ASYNCRL_ROLLOUT_ROLLOUT_H
#define ASYNCRL_ROLLOUT_ROLLOUT_H

#include "base/base.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Segment --------------------------------------------------------------------------------- */

/* What every segment of a run has room for. */
struct segment_shape {
    int max_steps; /* n_step */
    size_t observation_bytes;
};

enum segment_end {
    SEGMENT_GOES_ON,    /* the episode continues in the next segment: bootstrap */
    SEGMENT_TRUNCATED,  /* the episode was cut by a limit: bootstrap */
    SEGMENT_TERMINATED, /* the episode ended by the game's rules: nothing to bootstrap */
};

/* The head of a segment; the arrays follow it in memory and are found by the functions below. */
struct segment {
    int32_t actor;
    int32_t environment;      /* index within the actor */
    uint64_t sequence;        /* counts the segments of this environment */
    uint64_t weights_version; /* of the weights that acted: steps trained when published */
    int32_t length;           /* steps held, 1..max_steps */
    enum segment_end end;
};

/* Bytes of one segment with its arrays. */
size_t segment_bytes(const struct segment_shape *shape);

/* Observation of step 0..length; the one at length is what followed the last step. */
uint8_t *segment_observation(struct segment *segment, const struct segment_shape *shape, int step);

/* (max_steps + 1): the one at length is what was chosen after the last step, where the method asks
 * for it. */
int32_t *segment_actions(struct segment *segment, const struct segment_shape *shape);

float *segment_rewards(struct segment *segment, const struct segment_shape *shape);
float *segment_returns(struct segment *segment, const struct segment_shape *shape);

/* ---- Doorbell -------------------------------------------------------------------------------- */

/* What a learner sleeps on until its rings hold enough, or somebody wants its attention. All zero
 * at first. */
struct doorbell {
    _Atomic uint32_t bell;   /* changes when it rings: the futex */
    _Atomic uint32_t pushes; /* into all rings of the learner */
    _Atomic uint32_t due;    /* the push that rings */
};

/* What a consumer has seen of a doorbell, taken before it looks for work. */
struct doorbell_moment {
    uint32_t bell;
    uint32_t pushes;
};

/* Consumer: to be called before looking at the rings, so that nothing is missed in between. */
struct doorbell_moment doorbell_look(struct doorbell *doorbell);

/*
 * Consumer: sleeps until that many pushes came since that moment, the bell was rung, or the seconds
 * have passed. Asking for as many as a batch wants spares a wake-up a segment.
 */
void doorbell_wait(struct doorbell *doorbell, struct doorbell_moment since, uint32_t pushes,
                   double seconds);

/* Any process: wakes the consumer now. */
void doorbell_ring(struct doorbell *doorbell);

/* Producer, after a push: rings when this push was due. */
void doorbell_count_push(struct doorbell *doorbell);

/* ---- Ring ------------------------------------------------------------------------------------ */

struct ring;

/* Bytes of a ring of slots segments. */
size_t ring_bytes(const struct segment_shape *shape, int slots);

/* Makes an empty ring of ring_bytes at memory. doorbell: one that all rings of a learner share. */
struct ring *ring_init(void *memory, const struct segment_shape *shape, int slots,
                       struct doorbell *doorbell);

/*
 * Producer: copies segment into the ring and counts it at the doorbell. A full ring is waited for,
 * at most seconds; false when it stayed full, and nothing was pushed.
 */
bool ring_push(struct ring *ring, const struct segment *segment, double seconds);

/* Consumer: the oldest segment, in place, until ring_release; NULL when the ring is empty. */
struct segment *ring_peek(struct ring *ring);

/* Consumer: gives the slot of the segment that ring_peek answered back to the producer. */
void ring_release(struct ring *ring);

/* Segments in the ring now; any process. */
int ring_count(const struct ring *ring);

/* Wakes whoever waits on the ring, so that it looks at the stop word. */
void ring_wake(struct ring *ring);

/* ---- Weight store ---------------------------------------------------------------------------- */

struct weight_store;

/* Bytes of a weight store for readers and param_count floats. */
size_t weight_store_bytes(int readers, size_t param_count);

/* Makes a weight store at memory that holds nothing yet. */
struct weight_store *weight_store_init(void *memory, int readers, size_t param_count);

/*
 * Writer: copies params to a place that nobody reads and makes them the newest. Versions grow: they
 * are the steps trained so far, plus one, so that 0 means nothing was published.
 */
void weight_store_publish(struct weight_store *store, const float *params, uint64_t version);

/* Version of the newest weights; 0 before the first. Any process. */
uint64_t weight_store_version(const struct weight_store *store);

/*
 * Reader: the newest weights, which stay as they are until this reader's next acquire or release.
 * *version says which they are. Only after the first publish.
 */
const float *weight_store_acquire(struct weight_store *store, int reader, uint64_t *version);

/* Writer: the newest weights, which stay as they are until the writer's next publish. Only after
 * the first. */
const float *weight_store_newest(const struct weight_store *store);

/* Gives up what a reader holds; the supervisor calls it for an actor that died. */
void weight_store_release(struct weight_store *store, int reader);

#endif
