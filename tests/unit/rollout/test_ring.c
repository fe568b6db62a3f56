/* The ring: exact sequences through a tiny buffer, both sides asleep, the producer killed. */
#include "rollout/rollout.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct step_field fields[] = {
    [STEP_OBSERVATION] = {"observations", FIELD_STEP, .has_next = true},
    [STEP_ACTION] = {"actions", FIELD_STEP, .bytes = sizeof(int32_t)},
    [STEP_REWARD] = {"rewards", FIELD_ACTOR, .bytes = sizeof(float)},
    [STEP_OWN] = {"terminated", .kind = FIELD_TERMINATED},
    [STEP_OWN + 1] = {"states", FIELD_STEP, .bytes = 24},
    {0},
};
static struct step_layout layout;

struct fixture {
    struct arena arena;
    struct ring *ring;
    struct doorbell *doorbell;
    struct segment *segment;
};

static void open_fixture(struct fixture *fixture, int slots) {
    struct error error;
    const size_t bytes = ring_bytes(&layout, slots) + layout.segment_bytes + 4096;
    assert_int_equal(arena_create(&fixture->arena, bytes, &error), STATUS_OK);
    fixture->doorbell = arena_take(&fixture->arena, sizeof *fixture->doorbell);
    void *memory = arena_take(&fixture->arena, ring_bytes(&layout, slots));
    fixture->segment = arena_take(&fixture->arena, layout.segment_bytes);
    assert_non_null(fixture->segment);
    fixture->ring = ring_init(memory, &layout, slots, fixture->doorbell);
}

/* Every byte of the arrays follows from the sequence number, so that torn or stale slots show. */
static int pattern(uint64_t sequence, int field, int step) {
    return (int)((sequence * 7 + (uint64_t)(field * 31 + step)) & 255);
}

static int elements(const struct segment *segment, int field) {
    return segment->length + layout.fields[field].has_next;
}

static void fill_segment(struct segment *segment, uint64_t sequence) {
    segment->sequence = sequence;
    segment->length = (int32_t)(1 + sequence % 3);
    segment->end = sequence % 2 ? SEGMENT_TERMINATED : SEGMENT_GOES_ON;
    for (int field = 0; field < layout.field_count; field++)
        for (int step = 0; layout.offsets[field] > 0 && step < elements(segment, field); step++)
            memset(segment_at(segment, &layout, field, step), pattern(sequence, field, step),
                   layout.fields[field].bytes);
}

static bool holds(const uint8_t *bytes, size_t count, int value) {
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

static bool is_filled(struct segment *segment, struct segment *expected, uint64_t sequence) {
    fill_segment(expected, sequence);
    bool right = memcmp(segment, expected, sizeof *segment) == 0;
    for (int field = 0; field < layout.field_count; field++)
        for (int step = 0; layout.offsets[field] > 0 && step < elements(expected, field); step++)
            right = right && holds(segment_at(segment, &layout, field, step),
                                   layout.fields[field].bytes, pattern(sequence, field, step));
    return right;
}

static void test_order_and_bound(void **state) {
    (void)state;
    struct fixture fixture;
    struct segment *expected = calloc(1, layout.segment_bytes);
    open_fixture(&fixture, 3);
    assert_null(ring_peek(fixture.ring));
    uint64_t pushed = 0;
    uint64_t read = 0;
    for (int lap = 0; lap < 20; lap++) {
        for (int i = 0; i < 3; i++) {
            fill_segment(fixture.segment, pushed++);
            assert_true(ring_push(fixture.ring, fixture.segment, 0));
            assert_int_equal(ring_count(fixture.ring), i + 1);
        }
        assert_false(ring_push(fixture.ring, fixture.segment, 0.001));
        assert_int_equal(ring_count(fixture.ring), 3);
        for (int i = 0; i < 3; i++) {
            struct segment *oldest = ring_peek(fixture.ring);
            assert_non_null(oldest);
            assert_true(is_filled(oldest, expected, read++));
            ring_release(fixture.ring);
        }
        assert_null(ring_peek(fixture.ring));
    }
    free(expected);
    arena_destroy(&fixture.arena);
}

static void produce(struct fixture *fixture, uint64_t count) {
    for (uint64_t sequence = 0; sequence < count; sequence++) {
        fill_segment(fixture->segment, sequence);
        while (!ring_push(fixture->ring, fixture->segment, 1.0))
            ;
    }
}

/*
 * Reads count segments; if there are none, sleeps on the doorbell until the ring is full. True if
 * all were right.
 */
static bool consume(struct fixture *fixture, int slots, uint64_t count) {
    struct segment *expected = calloc(1, layout.segment_bytes);
    const uint64_t wanted = (uint64_t)slots;
    bool right = true;
    for (uint64_t sequence = 0; sequence < count;) {
        const struct doorbell_moment seen = doorbell_look(fixture->doorbell);
        struct segment *segment = ring_peek(fixture->ring);
        if (!segment) {
            const uint64_t rest = count - sequence;
            doorbell_wait(fixture->doorbell, seen, (uint32_t)(rest < wanted ? rest : wanted), 60.0);
            continue;
        }
        right = right && is_filled(segment, expected, sequence++);
        ring_release(fixture->ring);
    }
    free(expected);
    return right;
}

/* Only the push that is due rings, and the wait counts pushes from before it. */
static void test_doorbell_counts(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, 4);
    const struct doorbell_moment start = doorbell_look(fixture.doorbell);
    doorbell_wait(fixture.doorbell, start, 3, 0.001); /* no push: asleep until the limit */
    produce(&fixture, 2);
    assert_int_equal(doorbell_look(fixture.doorbell).bell, start.bell);
    produce(&fixture, 1);
    assert_int_equal(doorbell_look(fixture.doorbell).bell, start.bell + 1);
    produce(&fixture, 1);
    assert_int_equal(doorbell_look(fixture.doorbell).bell, start.bell + 1);

    const double before = clock_seconds();
    doorbell_wait(fixture.doorbell, start, 4, 60.0);                           /* four have come */
    doorbell_wait(fixture.doorbell, doorbell_look(fixture.doorbell), 0, 60.0); /* none wanted */
    struct doorbell_moment now = doorbell_look(fixture.doorbell);
    doorbell_ring(fixture.doorbell);
    doorbell_wait(fixture.doorbell, now, 4, 60.0); /* rung since */
    assert_true(clock_seconds() - before < 30);
    arena_destroy(&fixture.arena);
}

enum { STRESS_SEGMENTS = 20000 };

static void *produce_stress(void *fixture) {
    produce(fixture, STRESS_SEGMENTS);
    return NULL;
}

/* Threads instead of processes, so that ThreadSanitizer sees both sides. */
static void stress(int slots) {
    struct fixture fixture;
    pthread_t producer;
    open_fixture(&fixture, slots);
    assert_int_equal(pthread_create(&producer, NULL, produce_stress, &fixture), 0);
    assert_true(consume(&fixture, slots, STRESS_SEGMENTS));
    pthread_join(producer, NULL);
    assert_int_equal(ring_count(fixture.ring), 0);
    arena_destroy(&fixture.arena);
}

static void test_stress(void **state) {
    (void)state;
    stress(1);
    stress(2);
    stress(7);
}

/* A producer killed at any moment leaves whole segments, and its replacement goes on
 * behind them. */
static void test_killed_producer(void **state) {
    (void)state;
    struct fixture fixture;
    struct segment *expected = calloc(1, layout.segment_bytes);
    open_fixture(&fixture, 2);
    for (int round = 0; round < 50; round++) {
        const pid_t child = fork();
        if (child == 0) {
            produce(&fixture, UINT64_MAX);
            _exit(0);
        }
        for (uint64_t sequence = 0; sequence < 20;) {
            const struct doorbell_moment seen = doorbell_look(fixture.doorbell);
            struct segment *segment = ring_peek(fixture.ring);
            if (!segment) {
                doorbell_wait(fixture.doorbell, seen, 1, 1.0);
                continue;
            }
            assert_true(is_filled(segment, expected, sequence++));
            ring_release(fixture.ring);
        }
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        uint64_t sequence = 20;
        for (struct segment *segment; (segment = ring_peek(fixture.ring)); sequence++) {
            assert_true(is_filled(segment, expected, sequence));
            ring_release(fixture.ring);
        }
        assert_in_range(sequence, 20, 22);
    }
    free(expected);
    arena_destroy(&fixture.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_bound),
        cmocka_unit_test(test_doorbell_counts),
        cmocka_unit_test(test_stress),
        cmocka_unit_test(test_killed_producer),
    };
    step_layout_make(&layout, fields, 3, &(struct step_sizes){.observation = 100, .news = 100});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
