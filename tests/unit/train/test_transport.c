/* The contract of every transport between actors and learner; threads stand for the processes. */
#include "train/transport.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Longer than a test may take: without a wake-up the test hangs, and fails. */
static const double FOR_EVER = 1e6;

enum { ACTORS = 2, READERS = 1, SEGMENTS = 3, PARAMS = 5, ROOM = 100, TURNS = 200 };

static const struct step_field fields[] = {
    [STEP_OBSERVATION] = {"observations", .kind = FIELD_STEP},
    [STEP_ACTION] = {"actions", FIELD_STEP, .bytes = sizeof(int32_t)},
    [STEP_REWARD] = {"rewards", FIELD_ACTOR, .bytes = sizeof(float)},
    {0},
};

/* *state: the kind at first, then an open transport. */
static int open_transport(void **state) {
    static struct step_layout layout;
    const struct transport_plan plan = {
        .actors = ACTORS,
        .readers = READERS,
        .layout = &layout,
        .segments = SEGMENTS,
        .param_count = PARAMS,
        .snapshot_capacity = ROOM,
    };
    struct transport *transport;
    struct error error;
    step_layout_make(&layout, fields, 2, &(struct step_sizes){.observation = 1, .news = 1});
    assert_int_equal(transport_open(*state, &plan, &transport, &error), STATUS_OK);
    *state = transport;
    return 0;
}

static int close_transport(void **state) {
    transport_close(*state);
    return 0;
}

/* Runs play in another thread on the same transport, beside this one's part; both have to end. */
static pthread_t begin(void *(*play)(void *transport), struct transport *transport) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, play, transport), 0);
    return thread;
}

static void *end(pthread_t thread) {
    void *result;
    assert_int_equal(pthread_join(thread, &result), 0);
    return result;
}

/* ---- Words ----------------------------------------------------------------------------------- */

static void test_words(void **state) {
    struct transport *transport = *state;
    const int count = word_of_actor(ACTORS, 0);
    for (int i = 0; i < count; i++)
        assert_int_equal(transport_get(transport, i), 0);
    for (int i = 0; i < count; i++)
        transport_set(transport, i, INT64_MAX - i);
    for (int i = 0; i < count; i++)
        assert_true(transport_get(transport, i) == INT64_MAX - i);
    transport_await(transport, WORD_READY, 0, FOR_EVER); /* it has changed since */
}

static void await_change(struct transport *transport, int word, int64_t from) {
    while (transport_get(transport, word) == from)
        transport_await(transport, word, from, FOR_EVER);
}

/* Parks in each turn, with another snapshot. */
static void *park(void *context) {
    struct transport *transport = context;
    struct snapshot *snapshot = transport_snapshot(transport, 1);
    for (int64_t turn = 1; turn <= TURNS; turn++) {
        await_change(transport, WORD_PARK_COUNT, turn - 1);
        memset(snapshot->bytes, (int)(turn % 100), ROOM);
        snapshot->size = ROOM - (size_t)(turn % 100);
        transport_set(transport, word_of_actor(1, ACTOR_PARKED), turn);
    }
    return NULL;
}

/* A changed word wakes its waiters; a snapshot is complete when the word says so. */
static void test_snapshots(void **state) {
    struct transport *transport = *state;
    const struct snapshot *snapshot = transport_snapshot(transport, 1);
    assert_int_equal(snapshot->capacity, ROOM);
    assert_int_equal(snapshot->size, 0);
    assert_ptr_not_equal(snapshot, transport_snapshot(transport, 0));
    const pthread_t actor = begin(park, transport);
    for (int64_t turn = 1; turn <= TURNS; turn++) {
        transport_set(transport, WORD_PARK_COUNT, turn);
        await_change(transport, word_of_actor(1, ACTOR_PARKED), turn - 1);
        assert_int_equal(snapshot->size, ROOM - turn % 100);
        assert_int_equal(snapshot->bytes[0], turn % 100);
        assert_int_equal(snapshot->bytes[ROOM - 1], turn % 100);
    }
    end(actor);
}

/* ---- Experience ------------------------------------------------------------------------------ */

static bool push(struct transport *transport, int actor, uint64_t sequence, double seconds) {
    _Alignas(64) char memory[1024] = {0};
    struct segment *segment = (struct segment *)(void *)memory;
    segment->actor = actor;
    segment->length = 1;
    segment->sequence = sequence;
    return transport_push(transport, actor, segment, seconds);
}

static void test_segments(void **state) {
    struct transport *transport = *state;
    assert_null(transport_peek(transport, 0));
    for (uint64_t i = 0; i < SEGMENTS; i++)
        assert_true(push(transport, 0, i, 0));
    assert_false(push(transport, 0, 9, 0));
    assert_true(push(transport, 1, 7, 0));
    assert_int_equal(transport_unread(transport), SEGMENTS + 1);
    for (uint64_t i = 0; i < SEGMENTS; i++) {
        assert_int_equal(transport_peek(transport, 0)->sequence, i);
        transport_release(transport, 0);
    }
    assert_null(transport_peek(transport, 0));
    assert_true(push(transport, 0, 10, 0));
    assert_int_equal(transport_peek(transport, 0)->sequence, 10);
    assert_int_equal(transport_peek(transport, 1)->sequence, 7);
    assert_int_equal(transport_unread(transport), 2);
}

static void *push_many(void *context) {
    for (uint64_t i = 0; i < TURNS; i++)
        while (!push(context, 1, i, FOR_EVER))
            ;
    return NULL;
}

/* The learner sleeps for experience, and the actor for room. */
static void test_sleep(void **state) {
    struct transport *transport = *state;
    const pthread_t actor = begin(push_many, transport);
    for (uint64_t i = 0; i < TURNS;) {
        const struct doorbell_moment moment = transport_look(transport);
        const struct segment *segment = transport_peek(transport, 1);
        if (!segment) {
            transport_sleep(transport, moment, 1, FOR_EVER);
            continue;
        }
        assert_int_equal(segment->sequence, i++);
        transport_release(transport, 1);
    }
    end(actor);
    const struct doorbell_moment moment = transport_look(transport);
    transport_ring(transport);
    transport_sleep(transport, moment, SEGMENTS, FOR_EVER);
}

static void *push_in_vain(void *context) {
    for (int i = 0; i < SEGMENTS; i++)
        push(context, 1, 0, FOR_EVER);
    push(context, 1, 0, FOR_EVER);
    transport_set(context, word_of_actor(1, ACTOR_BEGUN), 1);
    return NULL;
}

/* An actor that waits for room is woken. The test repeats the wake-up, because one before the wait
 * has no effect. */
static void test_wake(void **state) {
    struct transport *transport = *state;
    const pthread_t actor = begin(push_in_vain, transport);
    while (!transport_get(transport, word_of_actor(1, ACTOR_BEGUN)))
        transport_wake(transport);
    end(actor);
    assert_int_equal(transport_unread(transport), SEGMENTS);
    const struct doorbell_moment moment = transport_look(transport);
    transport_wake(transport);
    transport_sleep(transport, moment, SEGMENTS, FOR_EVER);
}

/* ---- Weights --------------------------------------------------------------------------------- */

static void publish(struct transport *transport, float value) {
    const float params[PARAMS] = {[0] = value, [PARAMS - 1] = value};
    transport_publish(transport, params, (uint64_t)value);
}

/* The copy that a reader holds does not change when the learner publishes; there is one reader more
 * than actors. */
static void test_weights(void **state) {
    struct transport *transport = *state;
    uint64_t version;
    assert_int_equal(transport_version(transport), 0);
    publish(transport, 1);
    const float *held = transport_acquire(transport, ACTORS, &version);
    assert_int_equal(version, 1);
    for (int i = 2; i < 9; i++)
        publish(transport, (float)i);
    assert_true(held[0] == 1 && held[PARAMS - 1] == 1);
    assert_true(transport_published(transport)[PARAMS - 1] == 8);
    assert_int_equal(transport_version(transport), 8);
    transport_give_up(transport, ACTORS);
    assert_true(transport_acquire(transport, ACTORS, &version)[0] == 8);
    assert_int_equal(version, 8);
}

/* ---- All kinds ------------------------------------------------------------------------------- */

static int test_kind(struct transport_kind kind) {
    void *const state = &kind;
#define TEST(test)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(test, open_transport, close_transport, state)
    const struct CMUnitTest tests[] = {TEST(test_words), TEST(test_snapshots), TEST(test_segments),
                                       TEST(test_sleep), TEST(test_wake),      TEST(test_weights)};
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void) {
    return test_kind(transport_shared_memory);
}
