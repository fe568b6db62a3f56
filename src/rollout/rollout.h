/*
 * Data between processes: segments of experience from actors to the learner, and weights back.
 *
 * Rings, doorbells and weight stores live in memory that the processes share (base/arena.h) at the
 * same address in each.
 *
 *     actor:   fills a segment of its own; ring_push waits while the ring is full
 *     learner: ring_peek, batch_add, ring_release; weight_store_publish
 *     actor:   weights = weight_store_acquire(store, actor)
 *
 * A ring has one producer (its actor) and one consumer (the learner). The store has one writer (the
 * learner) and one reader slot for each actor. Waiting is by futex, never by spinning, and has a
 * time limit, so that a waiter notices the stop word and the death of others.
 */
#ifndef ASYNCRL_ROLLOUT_ROLLOUT_H
#define ASYNCRL_ROLLOUT_ROLLOUT_H

#include "base/base.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Step fields ----------------------------------------------------------------------------- */

/*
 * The method declares the list of fields of a step. From this list come the arrays of a segment,
 * the copies of a ring, the arrays of a batch, and the parts of a checkpoint. A network with a
 * memory adds two fields after the method's, or three if the list has a FIELD_CUT.
 */
enum step_field_kind {
    FIELD_STEP,       /* written by the actor, read by the update */
    FIELD_ACTOR,      /* written by the actor; only the actor reads it, when the segment closes */
    FIELD_NEXT,       /* of the batch: the source field one step later */
    FIELD_TERMINATED, /* of the batch, bool: the game ended with the step */
    FIELD_CUT, /* of the batch, bool: the next step of the batch is of another segment, though the
                  game did not end here */
    FIELD_CUT_NEXT, /* of the batch: the source field after each cut step, one after the other; the
                       list has a FIELD_CUT before it */
    FIELD_UPDATE    /* of the batch: scratch for the update */
};

struct step_field {
    const char *name; /* the checkpoint's part is batch/<name>; NULL ends a list */
    enum step_field_kind kind;
    size_t bytes;  /* of an element, one step's; 0: an observation's */
    int source;    /* of FIELD_NEXT and FIELD_CUT_NEXT, whose elements have the source's size */
    bool has_next; /* a segment has one element more, for after its last step */
};

/* Every list begins with these. The actor fills them for every method, and writes the observation
 * after the last step if the field has a place for it. */
enum {
    STEP_OBSERVATION,
    STEP_ACTION, /* int32_t, or the floats of a continuous action */
    STEP_REWARD, /* float */
    STEP_OWN     /* the first that is the method's own */
};

enum { STEP_MAX_FIELDS = 16 };

/* The places of the fields in the segments of a run. */
struct step_layout {
    int max_steps; /* n_step */
    size_t observation_bytes;
    int field_count;
    int state_field; /* float[]: the network's state before the step; 0: it has none */
    int start_field; /* uint8_t: 1 at a segment's first step, which begins from the recorded state
                      */
    int cut_state_field; /* the states after cut steps; 0: the list has no FIELD_CUT */
    struct step_field fields[STEP_MAX_FIELDS]; /* with the sizes filled in */
    size_t offsets[STEP_MAX_FIELDS]; /* of a field's array in a segment; 0: no array there */
    size_t strides[STEP_MAX_FIELDS]; /* in a segment, from one step's element to the next one's */
    size_t segment_bytes;
};

/*
 * Bytes of a step's parts. news: the part of an observation that is new. In a stack of pictures
 * that is the newest picture, at its end; the rest equals the observation before it without its
 * first news bytes. Such observations overlap in a segment, so that it has each picture once;
 * otherwise news equals observation.
 */
struct step_sizes {
    size_t observation;
    size_t news;
    size_t action; /* of a continuous action; 0: of a numbered one, as the list says */
    size_t state;  /* of a network's state; 0: it has none */
};

/* Lays out a list of at most STEP_MAX_FIELDS fields, with room for the three fields of a state. */
void step_layout_make(struct step_layout *layout, const struct step_field *fields, int max_steps,
                      const struct step_sizes *sizes);

/* ---- Segment --------------------------------------------------------------------------------- */

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

/* The element of a step in a field's array; with step 0, the array. */
static inline void *segment_at(struct segment *segment, const struct step_layout *layout, int field,
                               int step) {
    return (char *)segment + layout->offsets[field] + (size_t)step * layout->strides[field];
}

static inline float *segment_floats(struct segment *segment, const struct step_layout *layout,
                                    int field) {
    return segment_at(segment, layout, field, 0);
}

/* Bytes of a field's array that a segment of length steps uses; 0: no array. */
size_t segment_used_bytes(const struct step_layout *layout, int field, int length);

/* Copies the head and as many steps as the segment holds. */
void segment_copy(struct segment *to, const struct segment *from, const struct step_layout *layout);

/* Bytes of all arrays of a segment of length steps, one after the other. */
size_t segment_flat_bytes(const struct step_layout *layout, int length);

/* Writes these arrays, without the head, to memory; reads them into a segment whose head is there.
 */
void segment_flatten(uint8_t *to, const struct segment *segment, const struct step_layout *layout);
void segment_unflatten(struct segment *segment, const uint8_t *from,
                       const struct step_layout *layout);

/* ---- Batch ----------------------------------------------------------------------------------- */

/* The steps of one update, by field: arrays of capacity elements, the first count of which are in
 * use. The learner's. */
struct batch {
    const struct step_layout *layout;
    int capacity;
    int count;
    int cut_count;                 /* elements of FIELD_CUT_NEXT */
    void *arrays[STEP_MAX_FIELDS]; /* NULL: the batch lacks the field */
};

/* The caller keeps layout, which must outlive the batch. */
enum status batch_create(struct batch *batch, const struct step_layout *layout, int capacity,
                         struct error *error);
void batch_destroy(struct batch *batch);

static inline bool batch_is_full(const struct batch *batch) {
    return batch->count == batch->capacity;
}

void batch_clear(struct batch *batch);

/* Copies the steps of a segment, from first on, to the batch's end, as many as fit; returns their
 * number. */
int batch_add(struct batch *batch, struct segment *segment, int first);

/* Fills this batch with the steps at rows (count) of another batch of the same layout, without the
 * fields after cut steps. */
void batch_gather(struct batch *batch, const struct batch *from, const int32_t *rows, int count);

/* For checkpoints: whether to save a field, and the number of its elements, which follows from the
 * fields before it. */
bool batch_keeps(const struct batch *batch, int field);
int batch_elements(const struct batch *batch, int field);

/* For checkpoints: after all fields were read from elsewhere. */
void batch_count_cuts(struct batch *batch);

static inline uint8_t *batch_bytes(const struct batch *batch, int field) {
    return batch->arrays[field];
}

static inline float *batch_floats(const struct batch *batch, int field) {
    return batch->arrays[field];
}

static inline int32_t *batch_ints(const struct batch *batch, int field) {
    return batch->arrays[field];
}

static inline bool *batch_bools(const struct batch *batch, int field) {
    return batch->arrays[field];
}

/* ---- Doorbell -------------------------------------------------------------------------------- */

/* A learner sleeps on this until its rings hold enough, or another process wakes it. All zero at
 * first. */
struct doorbell {
    _Atomic uint32_t bell;   /* changes when it rings: the futex */
    _Atomic uint32_t pushes; /* into all rings of the learner */
    _Atomic uint32_t due;    /* the push that rings */
};

/* The state of a doorbell before the consumer checked for work. */
struct doorbell_moment {
    uint32_t bell;
    uint32_t pushes;
};

/* Consumer: call it before checking the rings, so that no push is missed in between. */
struct doorbell_moment doorbell_look(struct doorbell *doorbell);

/*
 * Consumer: sleeps until that many pushes have come since then, the bell rings, or the seconds have
 * passed. A caller that asks for a whole batch wakes once, not for each segment.
 */
void doorbell_wait(struct doorbell *doorbell, struct doorbell_moment since, uint32_t pushes,
                   double seconds);

/* Any process: wakes the consumer now. */
void doorbell_ring(struct doorbell *doorbell);

/* Producer, after a push: rings if this is the push to wake for. */
void doorbell_count_push(struct doorbell *doorbell);

/* ---- Ring ------------------------------------------------------------------------------------ */

struct ring;

/* Bytes of a ring of slots segments. */
size_t ring_bytes(const struct step_layout *layout, int slots);

/* Makes an empty ring of ring_bytes at memory. doorbell: one that all rings of a learner share. */
struct ring *ring_init(void *memory, const struct step_layout *layout, int slots,
                       struct doorbell *doorbell);

/*
 * Producer: copies segment into the ring and counts it at the doorbell. Waits for a full ring, at
 * most seconds; false if it stayed full and nothing was pushed.
 */
bool ring_push(struct ring *ring, const struct segment *segment, double seconds);

/* Consumer: the oldest segment, in place, until ring_release; NULL if the ring is empty. */
struct segment *ring_peek(struct ring *ring);

/* Consumer: returns the slot of ring_peek's segment to the producer. */
void ring_release(struct ring *ring);

/* Segments in the ring now; any process. */
int ring_count(const struct ring *ring);

/* Wakes the process that waits on the ring, so that it checks the stop word. */
void ring_wake(struct ring *ring);

/* ---- Backlog --------------------------------------------------------------------------------- */

/*
 * Segments that the consumer took out of the rings early, oldest first, in its own memory:
 * compressed, and only the steps that they hold. All zero at first, except the layout.
 */
struct backlog {
    const struct step_layout *layout; /* the caller's; must outlive the backlog */
    uint8_t *records;                 /* `size` bytes, of which the first `read` are used up */
    size_t size;
    size_t read;
    size_t capacity;
    struct segment *oldest; /* unpacked, while is_open */
    bool is_open;
    uint8_t *scratch; /* a segment's arrays, one after the other */
};

/* Appends a copy of the segment. If memory runs out, it adds nothing. */
enum status backlog_push(struct backlog *backlog, const struct segment *segment,
                         struct error *error);

/* Returns the oldest segment, valid until backlog_release; NULL if the backlog is empty, or if
 * memory to unpack the segment ran out. */
struct segment *backlog_peek(struct backlog *backlog);

/* Removes the segment that backlog_peek returned. Removing the last one frees all memory. */
void backlog_release(struct backlog *backlog);

/* Returns the packed contents for backlog_restore of a backlog with an equal layout; valid until
 * the next call. */
const uint8_t *backlog_bytes(const struct backlog *backlog, size_t *size);

/* Fills an empty backlog from the size bytes of backlog_bytes, and owns them even if it fails.
 * Bytes that do not hold a backlog of this layout are STATUS_BAD_INPUT. */
enum status backlog_restore(struct backlog *backlog, uint8_t *bytes, size_t size,
                            struct error *error);

/* The most bytes that a backlog of that many steps takes, with segments of any length. */
size_t backlog_bound(const struct step_layout *layout, int64_t steps);

void backlog_close(struct backlog *backlog);

/* ---- Weight store ---------------------------------------------------------------------------- */

struct weight_store;

/* Bytes of a weight store for readers and param_count floats. */
size_t weight_store_bytes(int readers, size_t param_count);

/* Makes an empty weight store at memory. */
struct weight_store *weight_store_init(void *memory, int readers, size_t param_count);

/*
 * Writer: copies params to a place without readers and makes them the newest. Versions grow: a
 * version is the number of trained steps plus one, so that 0 means that nothing was published.
 */
void weight_store_publish(struct weight_store *store, const float *params, uint64_t version);

/* Version of the newest weights; 0 before the first. Any process. */
uint64_t weight_store_version(const struct weight_store *store);

/*
 * Reader: the newest weights, unchanged until this reader's next acquire or release, and their
 * version. Only after the first publish.
 */
const float *weight_store_acquire(struct weight_store *store, int reader, uint64_t *version);

/* Writer: the newest weights, unchanged until the writer's next publish. Only after the first. */
const float *weight_store_newest(const struct weight_store *store);

/* Releases the copy of a reader; the supervisor calls it for an actor that died. */
void weight_store_release(struct weight_store *store, int reader);

#endif
