/* Step fields: their places in a segment, and those that get into a batch. */
#include "rollout/rollout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OBSERVATION = 3, MAX_STEPS = 4 };
enum { VALUES = STEP_OWN, TERMINATED, NEXT, CUT, CUT_NEXT, SCRATCH };

static const struct step_field fields[] = {
    [STEP_OBSERVATION] = {"observations", FIELD_STEP, .has_next = true},
    [STEP_ACTION] = {"actions", FIELD_STEP, .bytes = sizeof(int32_t)},
    [STEP_REWARD] = {"rewards", FIELD_ACTOR, .bytes = sizeof(float)},
    [VALUES] = {"values", FIELD_STEP, .bytes = 2 * sizeof(float)},
    [TERMINATED] = {"terminated", .kind = FIELD_TERMINATED},
    [NEXT] = {"next_observations", FIELD_NEXT, .source = STEP_OBSERVATION},
    [CUT] = {"cut", .kind = FIELD_CUT},
    [CUT_NEXT] = {"cut_observations", FIELD_CUT_NEXT, .source = STEP_OBSERVATION},
    [SCRATCH] = {"scratch", FIELD_UPDATE, .bytes = sizeof(float)},
    {0},
};

struct fixture {
    struct step_layout layout;
    struct segment *segment;
    struct batch batch;
};

static void open_fixture(struct fixture *fixture, int capacity) {
    struct error error;
    step_layout_make(&fixture->layout, fields, MAX_STEPS,
                     &(struct step_sizes){.observation = OBSERVATION, .news = OBSERVATION});
    fixture->segment = calloc(1, fixture->layout.segment_bytes);
    assert_non_null(fixture->segment);
    assert_int_equal(batch_create(&fixture->batch, &fixture->layout, capacity, &error), STATUS_OK);
}

static void close_fixture(struct fixture *fixture) {
    batch_destroy(&fixture->batch);
    free(fixture->segment);
}

/* Observation k is k, k, k; action 10 k, values k + 0.5 and 0. */
static void fill_segment(struct fixture *fixture, int first, int length, enum segment_end end) {
    fixture->segment->length = length;
    fixture->segment->end = end;
    for (int i = 0; i <= length; i++)
        memset(segment_at(fixture->segment, &fixture->layout, STEP_OBSERVATION, i), first + i,
               OBSERVATION);
    for (int i = 0; i < length; i++) {
        *(int32_t *)segment_at(fixture->segment, &fixture->layout, STEP_ACTION, i) =
            10 * (first + i);
        segment_floats(fixture->segment, &fixture->layout, VALUES)[2 * i] =
            (float)(first + i) + 0.5F;
    }
}

static void expect_observations(const struct batch *batch, int field, const int *expected,
                                int count) {
    for (int i = 0; i < count; i++)
        for (int k = 0; k < OBSERVATION; k++)
            assert_int_equal(batch_bytes(batch, field)[i * OBSERVATION + k], expected[i]);
}

/* Fields lie one behind the other, each on a line of its own; those of a batch alone are
 * not there. */
static void test_layout(void **state) {
    (void)state;
    struct step_layout layout;
    step_layout_make(&layout, fields, 16, &(struct step_sizes){.observation = 100, .news = 100});
    assert_int_equal(layout.field_count, 9);
    const size_t offsets[] = {64, 64 + 1728, 1792 + 64, 1856 + 64, 0, 0, 0, 0, 0};
    for (int i = 0; i < layout.field_count; i++)
        assert_int_equal(layout.offsets[i], offsets[i]);
    assert_int_equal(layout.segment_bytes, 1920 + 128);
    assert_int_equal(layout.fields[STEP_OBSERVATION].bytes, 100);
    assert_int_equal(layout.fields[NEXT].bytes, 100);
    assert_int_equal(layout.fields[CUT].bytes, 1);
}

/* A state of two floats has one element more than the steps; the fields behind cut steps get into a
 * batch. */
static void test_states(void **state) {
    (void)state;
    struct fixture fixture = {0};
    struct error error;
    struct step_layout *layout = &fixture.layout;
    step_layout_make(layout, fields, MAX_STEPS,
                     &(struct step_sizes){.observation = OBSERVATION,
                                          .news = OBSERVATION,
                                          .state = 2 * sizeof(float)});
    assert_int_equal(layout->field_count, 12);
    assert_int_equal(layout->state_field, 9);
    assert_int_equal(layout->start_field, 10);
    assert_int_equal(layout->cut_state_field, 11);
    fixture.segment = calloc(1, layout->segment_bytes);
    assert_non_null(fixture.segment);
    assert_int_equal(batch_create(&fixture.batch, layout, 5, &error), STATUS_OK);
    fill_segment(&fixture, 1, 3, SEGMENT_TRUNCATED);
    float *states = segment_floats(fixture.segment, layout, layout->state_field);
    for (int i = 0; i < 2 * 4; i++)
        states[i] = (float)i;
    *(uint8_t *)segment_at(fixture.segment, layout, layout->start_field, 0) = 1;
    assert_int_equal(batch_add(&fixture.batch, fixture.segment, 0), 3);
    assert_int_equal(batch_add(&fixture.batch, fixture.segment, 0), 2);
    const float expected[] = {0, 1, 2, 3, 4, 5, 0, 1, 2, 3};
    const uint8_t starts[] = {1, 0, 0, 1, 0};
    const float behind[] = {6, 7, 4, 5};
    assert_memory_equal(batch_bytes(&fixture.batch, layout->state_field), expected,
                        sizeof expected);
    assert_memory_equal(batch_bytes(&fixture.batch, layout->start_field), starts, sizeof starts);
    assert_memory_equal(batch_bytes(&fixture.batch, layout->cut_state_field), behind,
                        sizeof behind);
    close_fixture(&fixture);
}

static void test_copies_only_held_steps(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, 1);
    struct segment *copy = calloc(1, fixture.layout.segment_bytes);
    assert_non_null(copy);
    memset(fixture.segment, 7, fixture.layout.segment_bytes);
    fill_segment(&fixture, 1, 2, SEGMENT_TERMINATED);
    segment_copy(copy, fixture.segment, &fixture.layout);
    assert_memory_equal(copy, fixture.segment, sizeof *copy);
    assert_memory_equal(segment_at(copy, &fixture.layout, STEP_OBSERVATION, 0),
                        segment_at(fixture.segment, &fixture.layout, STEP_OBSERVATION, 0),
                        3 * OBSERVATION);
    assert_int_equal(*(uint8_t *)segment_at(copy, &fixture.layout, STEP_OBSERVATION, 3), 0);
    assert_int_equal(*(int32_t *)segment_at(copy, &fixture.layout, STEP_ACTION, 1), 20);
    assert_int_equal(*(int32_t *)segment_at(copy, &fixture.layout, STEP_ACTION, 2), 0);
    free(copy);
    close_fixture(&fixture);
}

/* Two segments and the beginning of a third; then the rest of it in the next batch. */
static void test_batches(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, 7);
    struct batch *batch = &fixture.batch;
    fill_segment(&fixture, 1, 3, SEGMENT_TERMINATED);
    assert_int_equal(batch_add(batch, fixture.segment, 0), 3);
    fill_segment(&fixture, 10, 2, SEGMENT_GOES_ON);
    assert_int_equal(batch_add(batch, fixture.segment, 0), 2);
    fill_segment(&fixture, 20, 4, SEGMENT_TRUNCATED);
    assert_int_equal(batch_add(batch, fixture.segment, 0), 2);
    assert_true(batch_is_full(batch));
    assert_int_equal(batch_add(batch, fixture.segment, 2), 0);

    const int observations[] = {1, 2, 3, 10, 11, 20, 21};
    const int next[] = {2, 3, 4, 11, 12, 21, 22};
    const bool terminated[] = {false, false, true, false, false, false, false};
    const bool cut[] = {false, false, false, false, true, false, true};
    const int cut_next[] = {12, 22};
    expect_observations(batch, STEP_OBSERVATION, observations, 7);
    expect_observations(batch, NEXT, next, 7);
    expect_observations(batch, CUT_NEXT, cut_next, 2);
    assert_memory_equal(batch_bools(batch, TERMINATED), terminated, sizeof terminated);
    assert_memory_equal(batch_bools(batch, CUT), cut, sizeof cut);
    assert_int_equal(batch->cut_count, 2);
    assert_int_equal(batch_ints(batch, STEP_ACTION)[4], 110);
    assert_true(batch_floats(batch, VALUES)[2 * 6] == 21.5F);
    assert_null(batch->arrays[STEP_REWARD]);

    batch_clear(batch);
    assert_int_equal(batch_add(batch, fixture.segment, 2), 2);
    const int rest[] = {22, 23};
    const int rest_next = 24;
    expect_observations(batch, STEP_OBSERVATION, rest, 2);
    expect_observations(batch, CUT_NEXT, &rest_next, 1);
    assert_int_equal(batch->cut_count, 1);
    close_fixture(&fixture);
}

/* Pictures of a stack lie in a segment once each; in the batch, observations are whole. */
static void test_stacks(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, 4);
    step_layout_make(&fixture.layout, fields, MAX_STEPS,
                     &(struct step_sizes){.observation = OBSERVATION, .news = 1});
    assert_int_equal(fixture.layout.segment_bytes, 64 + 4 * 64);
    assert_int_equal(segment_used_bytes(&fixture.layout, STEP_OBSERVATION, 2), OBSERVATION + 2);
    assert_int_equal(segment_used_bytes(&fixture.layout, STEP_ACTION, 2), 2 * sizeof(int32_t));
    assert_int_equal(segment_used_bytes(&fixture.layout, CUT, 2), 0);
    struct segment *segment = fixture.segment;
    segment->length = MAX_STEPS;
    segment->end = SEGMENT_TRUNCATED;
    for (int i = 0; i <= MAX_STEPS; i++)
        for (int k = 0; k < OBSERVATION; k++)
            *((uint8_t *)segment_at(segment, &fixture.layout, STEP_OBSERVATION, i) + k) =
                (uint8_t)(i + k);
    assert_int_equal(batch_add(&fixture.batch, segment, 1), 3);
    static const uint8_t now[] = {1, 2, 3, 2, 3, 4, 3, 4, 5};
    static const uint8_t next[] = {2, 3, 4, 3, 4, 5, 4, 5, 6};
    assert_memory_equal(batch_bytes(&fixture.batch, STEP_OBSERVATION), now, sizeof now);
    assert_memory_equal(batch_bytes(&fixture.batch, NEXT), next, sizeof next);
    assert_memory_equal(batch_bytes(&fixture.batch, CUT_NEXT), next + 6, OBSERVATION);
    close_fixture(&fixture);
}

/* The parts in a checkpoint are enough to rebuild a batch. */
static void test_kept(void **state) {
    (void)state;
    struct fixture fixture;
    struct fixture other;
    open_fixture(&fixture, 7);
    open_fixture(&other, 7);
    fill_segment(&fixture, 1, 3, SEGMENT_GOES_ON);
    batch_add(&fixture.batch, fixture.segment, 0);
    fill_segment(&fixture, 10, 1, SEGMENT_TRUNCATED);
    batch_add(&fixture.batch, fixture.segment, 0);
    other.batch.count = fixture.batch.count;
    const int elements[] = {4, 4, 0, 4, 4, 4, 4, 2, 0};
    for (int i = 0; i < fixture.layout.field_count; i++) {
        assert_int_equal(batch_keeps(&fixture.batch, i), elements[i] > 0);
        if (!batch_keeps(&other.batch, i))
            continue;
        assert_int_equal(batch_elements(&other.batch, i), elements[i]);
        memcpy(other.batch.arrays[i], fixture.batch.arrays[i],
               (size_t)elements[i] * fixture.layout.fields[i].bytes);
    }
    batch_count_cuts(&other.batch);
    assert_int_equal(other.batch.cut_count, 2);
    close_fixture(&fixture);
    close_fixture(&other);
}

static void test_gathers(void **state) {
    (void)state;
    struct fixture fixture;
    struct fixture mini;
    open_fixture(&fixture, 4);
    open_fixture(&mini, 2);
    fill_segment(&fixture, 1, 4, SEGMENT_TERMINATED);
    batch_add(&fixture.batch, fixture.segment, 0);
    batch_gather(&mini.batch, &fixture.batch, (const int32_t[]){3, 1}, 2);
    const int observations[] = {4, 2};
    expect_observations(&mini.batch, STEP_OBSERVATION, observations, 2);
    assert_int_equal(mini.batch.count, 2);
    assert_int_equal(batch_ints(&mini.batch, STEP_ACTION)[0], 40);
    assert_true(batch_floats(&mini.batch, VALUES)[2] == 2.5F);
    assert_true(batch_bools(&mini.batch, TERMINATED)[0]);
    close_fixture(&fixture);
    close_fixture(&mini);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),  cmocka_unit_test(test_copies_only_held_steps),
        cmocka_unit_test(test_states),  cmocka_unit_test(test_batches),
        cmocka_unit_test(test_kept),    cmocka_unit_test(test_stacks),
        cmocka_unit_test(test_gathers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
