/* The backlog: segments come back as they were, in little memory, and from a checkpoint, too. */
#include "rollout/rollout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Observations are stacks of 4 pictures. */
enum { PICTURE = 100, STACK = 4 * PICTURE, MAX_STEPS = 1000 };

static const struct step_field fields[] = {
    [STEP_OBSERVATION] = {"observations", FIELD_STEP, .has_next = true},
    [STEP_ACTION] = {"actions", FIELD_STEP, .bytes = sizeof(int32_t)},
    [STEP_REWARD] = {"rewards", FIELD_ACTOR, .bytes = sizeof(float)},
    [STEP_OWN] = {"terminated", .kind = FIELD_TERMINATED},
    {0},
};

struct fixture {
    struct step_layout layout;
    struct backlog backlog;
    struct segment *segment;
};

static void open_fixture(struct fixture *fixture) {
    *fixture = (struct fixture){.backlog.layout = &fixture->layout};
    step_layout_make(&fixture->layout, fields, MAX_STEPS,
                     &(struct step_sizes){.observation = STACK, .news = PICTURE});
    fixture->segment = calloc(1, fixture->layout.segment_bytes);
    assert_non_null(fixture->segment);
}

static void close_fixture(struct fixture *fixture) {
    backlog_close(&fixture->backlog);
    free(fixture->segment);
}

/* A byte of a step's observation, in segment mark: its pictures are those of steps before it. */
static uint8_t pixel(int mark, int step, int index) {
    return (uint8_t)(mark + 7 * (step + index / PICTURE) + index % PICTURE / 10);
}

static void push(struct fixture *fixture, int length, int mark) {
    struct error error;
    struct segment *segment = fixture->segment;
    *segment = (struct segment){.sequence = (uint64_t)mark, .length = length};
    for (int step = 0; step <= length; step++)
        for (int i = 0; i < STACK; i++)
            *((uint8_t *)segment_at(segment, &fixture->layout, STEP_OBSERVATION, step) + i) =
                pixel(mark, step, i);
    for (int step = 0; step < length; step++) {
        *(int32_t *)segment_at(segment, &fixture->layout, STEP_ACTION, step) = mark + step;
        segment_floats(segment, &fixture->layout, STEP_REWARD)[step] = (float)mark;
    }
    assert_int_equal(backlog_push(&fixture->backlog, segment, &error), STATUS_OK);
}

static void expect(struct fixture *fixture, int length, int mark) {
    struct segment *segment = backlog_peek(&fixture->backlog);
    assert_non_null(segment);
    assert_ptr_equal(backlog_peek(&fixture->backlog), segment);
    assert_int_equal(segment->sequence, mark);
    assert_int_equal(segment->length, length);
    for (int step = 0; step <= length; step++)
        for (int i = 0; i < STACK; i++)
            assert_int_equal(
                *((uint8_t *)segment_at(segment, &fixture->layout, STEP_OBSERVATION, step) + i),
                pixel(mark, step, i));
    for (int step = 0; step < length; step++)
        assert_int_equal(*(int32_t *)segment_at(segment, &fixture->layout, STEP_ACTION, step),
                         mark + step);
    backlog_release(&fixture->backlog);
}

static void test_order(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture);
    assert_null(backlog_peek(&fixture.backlog));
    push(&fixture, 3, 10);
    push(&fixture, MAX_STEPS, 20);
    expect(&fixture, 3, 10);
    push(&fixture, 1, 30);
    expect(&fixture, MAX_STEPS, 20);
    expect(&fixture, 1, 30);
    assert_null(backlog_peek(&fixture.backlog));
    assert_null(fixture.backlog.records);
    close_fixture(&fixture);
}

/* Games of ten steps in segments that could hold a thousand, and one that does. */
static void test_memory_follows_the_steps(void **state) {
    (void)state;
    struct fixture fixture;
    size_t size;
    open_fixture(&fixture);
    assert_true(fixture.layout.segment_bytes < 2 * MAX_STEPS * PICTURE);
    for (int i = 0; i < 100; i++)
        push(&fixture, 10, i);
    push(&fixture, MAX_STEPS, 5);
    backlog_bytes(&fixture.backlog, &size);
    assert_true(size < (size_t)2 * MAX_STEPS * (PICTURE + 8));
    assert_true(fixture.backlog.capacity < 4 * size + fixture.layout.segment_bytes);
    assert_true(size < backlog_bound(&fixture.layout, 2 * MAX_STEPS));
    close_fixture(&fixture);
}

/* The unread rest, which a checkpoint keeps, makes an equal backlog. */
static void test_restores(void **state) {
    (void)state;
    struct fixture fixture;
    struct fixture other;
    struct error error;
    size_t size;
    open_fixture(&fixture);
    open_fixture(&other);
    push(&fixture, 3, 10);
    push(&fixture, 5, 20);
    push(&fixture, 7, 30);
    expect(&fixture, 3, 10);
    assert_non_null(backlog_peek(&fixture.backlog)); /* half read: kept as a whole */
    const uint8_t *bytes = backlog_bytes(&fixture.backlog, &size);
    uint8_t *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    assert_int_equal(backlog_restore(&other.backlog, copy, size, &error), STATUS_OK);
    expect(&other, 5, 20);
    push(&other, 2, 40);
    expect(&other, 7, 30);
    expect(&other, 2, 40);
    close_fixture(&fixture);
    close_fixture(&other);
}

/* Cut short anywhere but between two segments, or with a head that makes no sense. */
static void test_refuses_damage(void **state) {
    (void)state;
    struct fixture fixture;
    size_t size;
    open_fixture(&fixture);
    push(&fixture, 3, 10);
    const size_t one = fixture.backlog.size;
    push(&fixture, 5, 20);
    const uint8_t *bytes = backlog_bytes(&fixture.backlog, &size);
    for (size_t cut = 1; cut < size; cut++) {
        struct backlog other = {.layout = &fixture.layout};
        struct error error;
        uint8_t *copy = malloc(size);
        assert_non_null(copy);
        memcpy(copy, bytes, size);
        if (cut != one)
            assert_int_equal(backlog_restore(&other, copy, cut, &error), STATUS_BAD_INPUT);
        else
            assert_int_equal(backlog_restore(&other, copy, cut, &error), STATUS_OK);
        backlog_close(&other);
    }
    struct backlog other = {.layout = &fixture.layout};
    struct error error;
    uint8_t *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    struct segment head;
    memcpy(&head, copy, sizeof head);
    head.length = MAX_STEPS + 1;
    memcpy(copy, &head, sizeof head);
    assert_int_equal(backlog_restore(&other, copy, size, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "segments are damaged"));
    backlog_close(&other);
    close_fixture(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_memory_follows_the_steps),
        cmocka_unit_test(test_restores),
        cmocka_unit_test(test_refuses_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
