/* The weights board: whole copies under stress, nothing overwritten while held. */
#include "rollout/rollout.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { READERS = 3, PARAMS = 257, PUBLISHES = 200000 };

struct reader {
    pthread_t thread;
    struct board *board;
    int index;
    bool torn;
    bool went_back;
};

static struct board *make_board(void **memory) {
    const size_t bytes = board_bytes(READERS, PARAMS);
    const size_t rounded = (bytes + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
    *memory = aligned_alloc(ARENA_ALIGNMENT, rounded);
    return board_init(*memory, READERS, PARAMS);
}

/* Weights whose every float is the version, so that a torn read shows. */
static void publish(struct board *board, uint64_t version) {
    float params[PARAMS];
    for (int i = 0; i < PARAMS; i++)
        params[i] = (float)version;
    board_publish(board, params, version);
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
    struct board *board = make_board(&memory);
    assert_int_equal(board_version(board), 0);
    publish(board, 1);
    uint64_t version;
    const float *held = board_acquire(board, 0, &version);
    assert_int_equal(version, 1);
    for (uint64_t next = 2; next < 50; next++) {
        publish(board, next);
        assert_int_equal(board_version(board), next);
        assert_true(holds_version(held, 1));
        const float *newest = board_acquire(board, 1, &version);
        assert_int_equal(version, next);
        assert_true(holds_version(newest, next));
    }
    board_release(board, 0);
    for (uint64_t next = 50; next < 60; next++)
        publish(board, next);
    assert_false(holds_version(held, 1));
    free(memory);
}

static void *read_until_last(void *argument) {
    struct reader *reader = argument;
    uint64_t version = 0;
    while (version < PUBLISHES) {
        const uint64_t before = version;
        const float *params = board_acquire(reader->board, reader->index, &version);
        reader->torn = reader->torn || !holds_version(params, version);
        reader->went_back = reader->went_back || version < before;
    }
    return NULL;
}

static void test_stress(void **state) {
    (void)state;
    void *memory;
    struct board *board = make_board(&memory);
    struct reader readers[READERS] = {0};
    publish(board, 1);
    for (int i = 0; i < READERS; i++) {
        readers[i].board = board;
        readers[i].index = i;
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_until_last, &readers[i]), 0);
    }
    for (uint64_t version = 2; version <= PUBLISHES; version++)
        publish(board, version);
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
