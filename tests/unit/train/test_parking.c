/* Actors that park for a checkpoint, and the times at which each process may use their
 * snapshots. */
#include "train/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ACTORS = 2 };

static int open_yard(void **state) {
    static const struct step_layout layout = {.max_steps = 1};
    const struct transport_plan plan = {.actors = ACTORS, .layout = &layout, .segments = 1};
    struct error error;
    struct run *run = calloc(1, sizeof *run);
    assert_non_null(run);
    run->metrics = metrics_init(calloc(1, metrics_bytes(ACTORS)), ACTORS);
    assert_int_equal(transport_open(&transport_shared_memory, &plan, &run->transport, &error),
                     STATUS_OK);
    transport_set(run->transport, WORD_PARK_FROM, INT64_MAX);
    *state = run;
    return 0;
}

static int close_yard(void **state) {
    struct run *run = *state;
    transport_close(run->transport);
    free(run->metrics);
    free(run);
    return 0;
}

static int64_t count(const struct run *run) {
    return transport_get(run->transport, WORD_PARK_COUNT);
}

static void park(struct run *run, int actor) {
    assert_true(parking_may_write(run, actor));
    parking_announce(run, actor, count(run));
}

static void test_waits_for_all(void **state) {
    struct run *run = *state;
    parking_ask(run, 3);
    assert_int_equal(transport_get(run->transport, WORD_PARK_FROM), 3);
    park(run, 0);
    assert_false(parking_is_full(run));
    assert_false(parking_begin_copy(run));
    park(run, 1);
    assert_true(parking_is_full(run));
    assert_true(parking_begin_copy(run));
    parking_end_copy(run);
    parking_end(run);
    assert_false(parking_is_full(run)); /* those were announced for the checkpoint before */
}

/* Its predecessor's snapshot is being copied: the replacement waits until that is done. */
static void test_replaced_while_copied(void **state) {
    struct run *run = *state;
    parking_ask(run, 0);
    park(run, 0);
    park(run, 1);
    assert_true(parking_begin_copy(run));
    parking_forget(run, 1);
    assert_false(parking_may_write(run, 1));
    parking_end_copy(run);
    assert_true(parking_may_write(run, 1));
}

/* The replacement was first: the learner waits for its snapshot, and copies nothing before. */
static void test_replaced_before_the_copy(void **state) {
    struct run *run = *state;
    parking_ask(run, 0);
    park(run, 0);
    park(run, 1);
    assert_true(parking_is_full(run));
    parking_forget(run, 1);
    assert_true(parking_may_write(run, 1));
    assert_false(parking_begin_copy(run));
    assert_true(parking_may_write(run, 1)); /* and is not in its way */
    parking_announce(run, 1, count(run));
    assert_true(parking_begin_copy(run));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_waits_for_all, open_yard, close_yard),
        cmocka_unit_test_setup_teardown(test_replaced_while_copied, open_yard, close_yard),
        cmocka_unit_test_setup_teardown(test_replaced_before_the_copy, open_yard, close_yard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
