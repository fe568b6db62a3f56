/*
 * The exchange between actors and learner: experience, weights, words and snapshots. They call the
 * functions below, and do not know how the data travels. Each way to carry it is one file beside
 * transport/shared_memory.c that fills a struct transport_kind.
 *
 * The supervisor opens the transport before it forks; all children inherit it.
 *
 * A process that reads a word also sees everything that its writer wrote before. All processes
 * agree on one order of all reads and writes of words: see parking.c.
 *
 * Every wait has a time limit, so that a waiter whose waker died looks at the stop word again.
 */
#ifndef ASYNCRL_TRAIN_TRANSPORT_H
#define ASYNCRL_TRAIN_TRANSPORT_H

#include "base/base.h"
#include "rollout/rollout.h"

/* Words of the run; all 0 at first. */
enum word {
    WORD_STOP,         /* 1: actors and learner finish at once */
    WORD_WIND_DOWN,    /* 1: the learner takes a checkpoint, then stops the run */
    WORD_READY,        /* 1: weights are published and the run directory is there */
    WORD_ROUNDS_OPEN,  /* rounds below this may be played; INT64_MAX: any */
    WORD_STEPS,        /* steps trained */
    WORD_ROUND_STEPS,  /* WORD_STEPS when the newest open round was opened */
    WORD_AWAITS_BEGUN, /* 1: the learner waits for actors to begin their next round */
    WORD_PARK_FROM,    /* actors park at the end of this round or a later one */
    WORD_PARK_COUNT,   /* counts the changes of WORD_PARK_FROM */
    WORD_COPYING,      /* 1: the learner reads snapshots, so none is written */
    WORD_COUNT
};

/* Words of each actor; all 0 at first. */
enum actor_word {
    ACTOR_PARKED, /* the WORD_PARK_COUNT for which the actor has a whole snapshot and waits */
    ACTOR_BEGUN,  /* the newest round for which the actor has taken weights */
    ACTOR_WORD_COUNT
};

/* The number of an actor's word, after those of the run. */
static inline int word_of_actor(int actor, enum actor_word word) {
    return WORD_COUNT + actor * ACTOR_WORD_COUNT + (int)word;
}

/* An actor's state for a checkpoint, when it parks, and its error, when it gives up. */
struct snapshot {
    char failure[320]; /* why the actor gave up; empty: it has not */
    char refusal[320]; /* why a parked actor could not save its state; empty: it could */
    size_t capacity;   /* of bytes */
    size_t size;       /* bytes used; 0: none */
    _Alignas(64) uint8_t bytes[];
};

struct transport_plan {
    int actors;
    int readers; /* of weights, beside the actors; they come after those */
    const struct step_layout *layout;
    int segments; /* of each actor that may wait for the learner; at least 1 */
    size_t param_count;
    size_t snapshot_capacity; /* bytes of each actor's snapshot */
};

/* Embedded at the start of each kind's own struct. */
struct transport {
    const struct transport_kind *kind;
    int actors;
};

/* See the functions of the same names, which call these. */
struct transport_kind {
    size_t (*bytes)(const struct transport_plan *plan); /* about the memory that open takes */
    enum status (*open)(const struct transport_plan *plan, struct transport **transport,
                        struct error *error);
    void (*close)(struct transport *transport);
    bool (*push)(struct transport *transport, int actor, const struct segment *segment,
                 double seconds);
    struct segment *(*peek)(struct transport *transport, int actor);
    void (*release)(struct transport *transport, int actor);
    int (*unread)(const struct transport *transport);
    void (*publish)(struct transport *transport, const float *params, uint64_t version);
    const float *(*published)(const struct transport *transport);
    uint64_t (*version)(const struct transport *transport);
    const float *(*acquire)(struct transport *transport, int reader, uint64_t *version);
    void (*give_up)(struct transport *transport, int reader);
    int64_t (*get)(const struct transport *transport, int word);
    void (*set)(struct transport *transport, int word, int64_t value);
    void (*await)(struct transport *transport, int word, int64_t seen, double seconds);
    struct doorbell_moment (*look)(struct transport *transport);
    void (*sleep)(struct transport *transport, struct doorbell_moment since, uint32_t pushes,
                  double seconds);
    void (*ring)(struct transport *transport);
    void (*wake)(struct transport *transport);
    struct snapshot *(*snapshot)(const struct transport *transport, int actor);
};

/* Processes of one machine share memory. */
extern const struct transport_kind transport_shared_memory;

/* The caller keeps the plan's layout, at its address; transport_close undoes it. */
static inline enum status transport_open(const struct transport_kind *kind,
                                         const struct transport_plan *plan,
                                         struct transport **transport, struct error *error) {
    return kind->open(plan, transport, error);
}

/* NULL is ignored. */
static inline void transport_close(struct transport *transport) {
    if (transport)
        transport->kind->close(transport);
}

/* ---- Experience ------------------------------------------------------------------------------ */

/* Actor: gives the learner a copy of the segment. If too many wait for the learner, the actor
 * waits, at most that many seconds; false if it waited in vain and nothing was pushed. */
static inline bool transport_push(struct transport *transport, int actor,
                                  const struct segment *segment, double seconds) {
    return transport->kind->push(transport, actor, segment, seconds);
}

/* Learner: the oldest segment of an actor, in place, until transport_release; NULL: none. */
static inline struct segment *transport_peek(struct transport *transport, int actor) {
    return transport->kind->peek(transport, actor);
}

/* Learner: is done with the segment that transport_peek returned. */
static inline void transport_release(struct transport *transport, int actor) {
    transport->kind->release(transport, actor);
}

/* Segments of all actors that wait for the learner. */
static inline int transport_unread(const struct transport *transport) {
    return transport->kind->unread(transport);
}

/* ---- Weights --------------------------------------------------------------------------------- */

/* Learner: makes a copy of params the newest weights. Versions grow: they are the steps trained so
 * far, plus one, so that 0 means nothing was published. */
static inline void transport_publish(struct transport *transport, const float *params,
                                     uint64_t version) {
    transport->kind->publish(transport, params, version);
}

/* Learner: the newest weights, up to the next publish. Only after the first. */
static inline const float *transport_published(const struct transport *transport) {
    return transport->kind->published(transport);
}

/* Any process: the version of the newest weights; 0 before the first. */
static inline uint64_t transport_version(const struct transport *transport) {
    return transport->kind->version(transport);
}

/* Reader: the newest weights, which stay as they are until this reader's next acquire or give_up;
 * *version is their version. Only after the first publish. */
static inline const float *transport_acquire(struct transport *transport, int reader,
                                             uint64_t *version) {
    return transport->kind->acquire(transport, reader, version);
}

/* Releases the weights that a reader holds; the supervisor calls it for an actor that died. */
static inline void transport_give_up(struct transport *transport, int reader) {
    transport->kind->give_up(transport, reader);
}

/* ---- Words ----------------------------------------------------------------------------------- */

/* Any process. word: one of the run, or word_of_actor. */
static inline int64_t transport_get(const struct transport *transport, int word) {
    return transport->kind->get(transport, word);
}

/* Any process; wakes those that wait for the word. */
static inline void transport_set(struct transport *transport, int word, int64_t value) {
    transport->kind->set(transport, word, value);
}

/* Any process: sleeps while the word equals seen, at most that many seconds. May return early for
 * no reason: look again. */
static inline void transport_await(struct transport *transport, int word, int64_t seen,
                                   double seconds) {
    transport->kind->await(transport, word, seen, seconds);
}

/* ---- The learner's sleep --------------------------------------------------------------------- */

/* Learner: call it before looking for work, so that no push is missed in between. */
static inline struct doorbell_moment transport_look(struct transport *transport) {
    return transport->kind->look(transport);
}

/* Learner: sleeps until that many pushes came since that moment, a process rang, or the seconds
 * have passed. */
static inline void transport_sleep(struct transport *transport, struct doorbell_moment since,
                                   uint32_t pushes, double seconds) {
    transport->kind->sleep(transport, since, pushes, seconds);
}

/* Any process: wakes the learner. */
static inline void transport_ring(struct transport *transport) {
    transport->kind->ring(transport);
}

/* Any process: wakes the learner and the actors that wait in transport_push, to look at the stop
 * word. */
static inline void transport_wake(struct transport *transport) {
    transport->kind->wake(transport);
}

/* ---- Snapshots ------------------------------------------------------------------------------- */

/* The snapshot of an actor. The actor writes it, and the learner reads it while actors are parked
 * (see run.h). The learner of a resumed run writes it before it publishes weights. */
static inline struct snapshot *transport_snapshot(const struct transport *transport, int actor) {
    return transport->kind->snapshot(transport, actor);
}

#endif
