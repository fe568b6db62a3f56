#include "train/transport.h"

#include <stdlib.h>

/* A word, and a bell for the processes that wait for it to change. */
struct cell {
    _Alignas(64) _Atomic int64_t value;
    _Atomic uint32_t bell;
    _Atomic uint32_t sleepers; /* killed ones stay counted: needless wake-ups */
};

/* Private memory, the same in every process; the arena that it points to is shared. */
struct shared_memory {
    struct transport base;
    struct arena arena;
    struct cell *words;
    struct doorbell *doorbell;
    struct weight_store *weights;
    struct ring **rings;         /* (actors) */
    struct snapshot **snapshots; /* (actors) */
};

static struct shared_memory *memory_of(struct transport *transport) {
    return (struct shared_memory *)(void *)transport;
}

static const struct shared_memory *const_memory_of(const struct transport *transport) {
    return (const struct shared_memory *)(const void *)transport;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static size_t word_bytes(const struct transport_plan *plan) {
    return (size_t)word_of_actor(plan->actors, 0) * sizeof(struct cell);
}

static size_t memory_bytes(const struct transport_plan *plan) {
    const size_t actors = (size_t)plan->actors;
    const size_t each = ring_bytes(plan->layout, plan->segments) + sizeof(struct snapshot) +
                        plan->snapshot_capacity;
    const size_t pieces = 3 + 2 * actors;
    return word_bytes(plan) + sizeof(struct doorbell) +
           weight_store_bytes(plan->actors + plan->readers, plan->param_count) + actors * each +
           pieces * ARENA_ALIGNMENT;
}

static void lay_out(struct shared_memory *memory, const struct transport_plan *plan) {
    struct arena *arena = &memory->arena;
    const int readers = plan->actors + plan->readers;
    const size_t ring_size = ring_bytes(plan->layout, plan->segments);
    memory->words = arena_take(arena, word_bytes(plan));
    memory->doorbell = arena_take(arena, sizeof *memory->doorbell);
    memory->weights =
        weight_store_init(arena_take(arena, weight_store_bytes(readers, plan->param_count)),
                          readers, plan->param_count);
    for (int i = 0; i < plan->actors; i++) {
        memory->rings[i] =
            ring_init(arena_take(arena, ring_size), plan->layout, plan->segments, memory->doorbell);
        memory->snapshots[i] = arena_take(arena, sizeof(struct snapshot) + plan->snapshot_capacity);
        memory->snapshots[i]->capacity = plan->snapshot_capacity;
    }
}

static void memory_close(struct transport *transport) {
    struct shared_memory *memory = memory_of(transport);
    arena_destroy(&memory->arena);
    free(memory->rings);
    free(memory->snapshots);
    free(memory);
}

static enum status memory_open(const struct transport_plan *plan, struct transport **transport,
                               struct error *error) {
    struct shared_memory *memory = calloc(1, sizeof *memory);
    if (!memory)
        return error_set(error, STATUS_FAILED, "out of memory");
    memory->base = (struct transport){&transport_shared_memory, plan->actors};
    memory->rings = calloc((size_t)plan->actors, sizeof(struct ring *));
    memory->snapshots = calloc((size_t)plan->actors, sizeof(struct snapshot *));
    enum status status = memory->rings && memory->snapshots
                             ? arena_create(&memory->arena, memory_bytes(plan), error)
                             : error_set(error, STATUS_FAILED, "out of memory");
    if (status != STATUS_OK) {
        memory_close(&memory->base);
        return status;
    }
    lay_out(memory, plan);
    *transport = &memory->base;
    return STATUS_OK;
}

/* ---- Experience ------------------------------------------------------------------------------ */

static bool memory_push(struct transport *transport, int actor, const struct segment *segment,
                        double seconds) {
    return ring_push(memory_of(transport)->rings[actor], segment, seconds);
}

static struct segment *memory_peek(struct transport *transport, int actor) {
    return ring_peek(memory_of(transport)->rings[actor]);
}

static void memory_release(struct transport *transport, int actor) {
    ring_release(memory_of(transport)->rings[actor]);
}

static int memory_unread(const struct transport *transport) {
    const struct shared_memory *memory = const_memory_of(transport);
    int count = 0;
    for (int i = 0; i < transport->actors; i++)
        count += ring_count(memory->rings[i]);
    return count;
}

/* ---- Weights --------------------------------------------------------------------------------- */

static void memory_publish(struct transport *transport, const float *params, uint64_t version) {
    weight_store_publish(memory_of(transport)->weights, params, version);
}

static const float *memory_published(const struct transport *transport) {
    return weight_store_newest(const_memory_of(transport)->weights);
}

static uint64_t memory_version(const struct transport *transport) {
    return weight_store_version(const_memory_of(transport)->weights);
}

static const float *memory_acquire(struct transport *transport, int reader, uint64_t *version) {
    return weight_store_acquire(memory_of(transport)->weights, reader, version);
}

static void memory_give_up(struct transport *transport, int reader) {
    weight_store_release(memory_of(transport)->weights, reader);
}

/* ---- Words ----------------------------------------------------------------------------------- */

static int64_t memory_get(const struct transport *transport, int word) {
    return atomic_load(&const_memory_of(transport)->words[word].value);
}

static void memory_set(struct transport *transport, int word, int64_t value) {
    struct cell *cell = &memory_of(transport)->words[word];
    atomic_store(&cell->value, value);
    atomic_fetch_add(&cell->bell, 1);
    if (atomic_load(&cell->sleepers) > 0)
        futex_wake(&cell->bell);
}

/* The bell is read first: a word that changes after it was read here moves the bell on, and either
 * futex_wait sees that, or the process that moved it sees the sleeper. */
static void memory_await(struct transport *transport, int word, int64_t seen, double seconds) {
    struct cell *cell = &memory_of(transport)->words[word];
    const uint32_t bell = atomic_load(&cell->bell);
    if (atomic_load(&cell->value) != seen)
        return;
    atomic_fetch_add(&cell->sleepers, 1);
    futex_wait(&cell->bell, bell, seconds);
    atomic_fetch_sub(&cell->sleepers, 1);
}

/* ---- The learner's sleep --------------------------------------------------------------------- */

static struct doorbell_moment memory_look(struct transport *transport) {
    return doorbell_look(memory_of(transport)->doorbell);
}

static void memory_sleep(struct transport *transport, struct doorbell_moment since, uint32_t pushes,
                         double seconds) {
    doorbell_wait(memory_of(transport)->doorbell, since, pushes, seconds);
}

static void memory_ring(struct transport *transport) {
    doorbell_ring(memory_of(transport)->doorbell);
}

static void memory_wake(struct transport *transport) {
    for (int i = 0; i < transport->actors; i++)
        ring_wake(memory_of(transport)->rings[i]);
    memory_ring(transport);
}

static struct snapshot *memory_snapshot(const struct transport *transport, int actor) {
    return const_memory_of(transport)->snapshots[actor];
}

const struct transport_kind transport_shared_memory = {
    .bytes = memory_bytes,
    .open = memory_open,
    .close = memory_close,
    .push = memory_push,
    .peek = memory_peek,
    .release = memory_release,
    .unread = memory_unread,
    .publish = memory_publish,
    .published = memory_published,
    .version = memory_version,
    .acquire = memory_acquire,
    .give_up = memory_give_up,
    .get = memory_get,
    .set = memory_set,
    .await = memory_await,
    .look = memory_look,
    .sleep = memory_sleep,
    .ring = memory_ring,
    .wake = memory_wake,
    .snapshot = memory_snapshot,
};
