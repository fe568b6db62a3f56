#include "rollout/rollout.h"

#include <string.h>

/*
 * readers + 2 copies: each reader holds at most one, and one is the newest, so one is always free
 * to write.
 *
 * A reader announces the copy that seems newest and then checks that it still is. The writer makes
 * a copy the newest; later, before it overwrites a copy, it checks for holders. Both sides are
 * sequentially consistent, so either the reader sees that the newest moved on and tries again, or
 * the writer sees the announcement and leaves the copy alone (the argument of Dekker's algorithm).
 */
struct copy {
    uint64_t version;
    float *params;
};

enum { HELD_NONE = -1 };

struct weight_store {
    int readers;
    int copies;
    size_t param_count;
    _Atomic uint64_t version;
    _Atomic int32_t newest; /* index of a copy */
    _Atomic int32_t *held;  /* (readers): index of a copy, or HELD_NONE */
    struct copy *copy;      /* (copies) */
};

static size_t lines(size_t bytes) {
    return (bytes + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
}

static int copy_count(int readers) {
    return readers + 2;
}

size_t weight_store_bytes(int readers, size_t param_count) {
    const size_t copies = (size_t)copy_count(readers);
    return lines(sizeof(struct weight_store)) + lines((size_t)readers * sizeof(_Atomic int32_t)) +
           lines(copies * sizeof(struct copy)) + copies * lines(param_count * sizeof(float));
}

struct weight_store *weight_store_init(void *memory, int readers, size_t param_count) {
    struct weight_store *store = memory;
    char *next = (char *)memory + lines(sizeof *store);
    *store = (struct weight_store){
        .readers = readers,
        .copies = copy_count(readers),
        .param_count = param_count,
        .held = (_Atomic int32_t *)(void *)next,
    };
    for (int i = 0; i < readers; i++)
        atomic_init(&store->held[i], HELD_NONE);
    next += lines((size_t)readers * sizeof(_Atomic int32_t));
    store->copy = (struct copy *)(void *)next;
    next += lines((size_t)store->copies * sizeof(struct copy));
    for (int i = 0; i < store->copies; i++) {
        store->copy[i] = (struct copy){.params = (float *)(void *)next};
        next += lines(param_count * sizeof(float));
    }
    return store;
}

static bool is_held(struct weight_store *store, int32_t index) {
    for (int i = 0; i < store->readers; i++)
        if (atomic_load(&store->held[i]) == index)
            return true;
    return false;
}

static int32_t free_copy(struct weight_store *store) {
    int32_t index = 0;
    while (index == atomic_load(&store->newest) || is_held(store, index))
        index = (index + 1) % store->copies;
    return index;
}

void weight_store_publish(struct weight_store *store, const float *params, uint64_t version) {
    const int32_t index = free_copy(store);
    memcpy(store->copy[index].params, params, store->param_count * sizeof *params);
    store->copy[index].version = version;
    atomic_store(&store->newest, index);
    atomic_store(&store->version, version);
}

uint64_t weight_store_version(const struct weight_store *store) {
    return atomic_load(&store->version);
}

const float *weight_store_newest(const struct weight_store *store) {
    return store->copy[atomic_load(&store->newest)].params;
}

const float *weight_store_acquire(struct weight_store *store, int reader, uint64_t *version) {
    int32_t index;
    do {
        index = atomic_load(&store->newest);
        atomic_store(&store->held[reader], index);
    } while (atomic_load(&store->newest) != index);
    *version = store->copy[index].version;
    return store->copy[index].params;
}

void weight_store_release(struct weight_store *store, int reader) {
    atomic_store(&store->held[reader], HELD_NONE);
}
