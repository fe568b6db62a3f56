/* The weight store: whole copies under stress, nothing overwritten while held. */
#include "rollout/rollout.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { READERS = 3, PARAMS = 257, PUBLISHES = 200000 };

struct reader {
    pthread_t thread;
    struct weight_store *store;
    int index;
    bool torn;
    bool went_back;
};

static struct weight_store *make_store(void **memory) {
    const size_t bytes = weight_store_bytes(READERS, PARAMS);
    const size_t rounded = (bytes + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
    *memory = aligned_alloc(ARENA_ALIGNMENT, rounded);
    return weight_store_init(*memory, READERS, PARAMS);
}

/* Weights whose every float is the version, so that a torn read shows. */
static void publish(struct weight_store *store, uint64_t version) {
    float params[PARAMS];
    for (int i = 0; i < PARAMS; i++)
        params[i] = (float)version;
    weight_store_publish(store, params, version);
}

static bool holds_version(const float *params, uint64_t version) {
    for (int i = 0; i < PARAMS; i++)
        if (params[i] != (float)version)
            return false;
    return true;
}

static void test_newest_and_held(void **state) {
    (void)state;
    void *memory;
    struct weight_store *store = make_store(&memory);
    assert_int_equal(weight_store_version(store), 0);
    publish(store, 1);
    uint64_t version;
    const float *held = weight_store_acquire(store, 0, &version);
    assert_int_equal(version, 1);
    for (uint64_t next = 2; next < 50; next++) {
        publish(store, next);
        assert_int_equal(weight_store_version(store), next);
        assert_true(holds_version(held, 1));
        const float *newest = weight_store_acquire(store, 1, &version);
        assert_int_equal(version, next);
        assert_true(holds_version(newest, next));
    }
    weight_store_release(store, 0);
    for (uint64_t next = 50; next < 60; next++)
        publish(store, next);
    assert_false(holds_version(held, 1));
    free(memory);
}

static void *read_until_last(void *argument) {
    struct reader *reader = argument;
    uint64_t version = 0;
    while (version < PUBLISHES) {
        const uint64_t before = version;
        const float *params = weight_store_acquire(reader->store, reader->index, &version);
        reader->torn = reader->torn || !holds_version(params, version);
        reader->went_back = reader->went_back || version < before;
    }
    return NULL;
}

static void test_stress(void **state) {
    (void)state;
    void *memory;
    struct weight_store *store = make_store(&memory);
    struct reader readers[READERS] = {0};
    publish(store, 1);
    for (int i = 0; i < READERS; i++) {
        readers[i].store = store;
        readers[i].index = i;
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_until_last, &readers[i]), 0);
    }
    for (uint64_t version = 2; version <= PUBLISHES; version++)
        publish(store, version);
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_false(readers[i].torn);
        assert_false(readers[i].went_back);
    }
    free(memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newest_and_held),
        cmocka_unit_test(test_stress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
