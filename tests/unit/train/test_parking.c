/* Actors that park for a checkpoint, and who may touch their snapshots when. */
#include "train/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ACTORS = 2 };

struct yard {
    struct run run;
    struct snapshot *snapshots[ACTORS];
    struct doorbell doorbell;
};

static int open_yard(void **state) {
    struct yard *yard = calloc(1, sizeof *yard);
    yard->run = (struct run){
        .control = calloc(1, sizeof(struct control)),
        .metrics = metrics_init(calloc(1, metrics_bytes(ACTORS)), ACTORS),
        .snapshots = yard->snapshots,
        .doorbell = &yard->doorbell,
    };
    for (int i = 0; i < ACTORS; i++)
        yard->snapshots[i] = aligned_alloc(64, 64 * ((sizeof(struct snapshot) + 63) / 64));
    for (int i = 0; i < ACTORS; i++)
        memset(yard->snapshots[i], 0, sizeof(struct snapshot));
    atomic_store(&yard->run.control->park_from, INT64_MAX);
    *state = yard;
    return 0;
}

static int close_yard(void **state) {
    struct yard *yard = *state;
    free(yard->run.control);
    free(yard->run.metrics);
    for (int i = 0; i < ACTORS; i++)
        free(yard->snapshots[i]);
    free(yard);
    return 0;
}

static uint32_t bell(const struct run *run) {
    return atomic_load(&run->control->park_bell);
}

static void park(struct run *run, int actor) {
    assert_true(parking_may_write(run, actor));
    parking_announce(run, actor, bell(run));
}

/* As the supervisor does when an actor died. */
static void die(struct run *run, int actor) {
    atomic_store(&run->snapshots[actor]->parked, 0);
}

static void test_waits_for_all(void **state) {
    struct run *run = &((struct yard *)*state)->run;
    parking_ask(run, 3);
    assert_int_equal(atomic_load(&run->control->park_from), 3);
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
    struct run *run = &((struct yard *)*state)->run;
    parking_ask(run, 0);
    park(run, 0);
    park(run, 1);
    assert_true(parking_begin_copy(run));
    die(run, 1);
    assert_false(parking_may_write(run, 1));
    parking_end_copy(run);
    assert_true(parking_may_write(run, 1));
}

/* The replacement was first: the learner waits for its snapshot, and copies nothing before. */
static void test_replaced_before_the_copy(void **state) {
    struct run *run = &((struct yard *)*state)->run;
    parking_ask(run, 0);
    park(run, 0);
    park(run, 1);
    assert_true(parking_is_full(run));
    die(run, 1);
    assert_true(parking_may_write(run, 1));
    assert_false(parking_begin_copy(run));
    assert_true(parking_may_write(run, 1)); /* and is not in its way */
    parking_announce(run, 1, bell(run));
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
