/* The number of threads that compute for the learner, by times of the test's own. */
#include "train/learner/threads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The speed-up of the measured part with that many threads. */
struct machine {
    double speed[17]; /* by threads */
    int asked;        /* the most threads that were tried */
};

static double seconds_of(void *context, int threads) {
    struct machine *machine = context;
    machine->asked = threads;
    return 1 / machine->speed[threads];
}

static void uses_threads_that_help(void **state) {
    (void)state;
    struct machine good = {.speed = {[1] = 1, [2] = 1.9, [4] = 3.5, [8] = 6, [16] = 9}};
    assert_int_equal(choose_threads(16, seconds_of, &good), 16);
    assert_int_equal(choose_threads(15, seconds_of, &good), 8);
    struct machine busy = {.speed = {[1] = 1, [2] = 1.8, [4] = 2, [8] = 8}};
    assert_int_equal(choose_threads(16, seconds_of, &busy), 2);
    assert_int_equal(busy.asked, 4);
    struct machine small = {.speed = {[1] = 1, [2] = 0.7}};
    assert_int_equal(choose_threads(2, seconds_of, &small), 1);
}

static void measures_nothing_on_one_core(void **state) {
    (void)state;
    struct machine machine = {.speed = {[1] = 1}};
    assert_int_equal(choose_threads(1, seconds_of, &machine), 1);
    assert_int_equal(choose_threads(0, seconds_of, &machine), 1);
    assert_int_equal(machine.asked, 0);
}

/* As measured on two cores; a vector's network is never large enough. */
static void needs_enough_work(void **state) {
    (void)state;
    struct network_spec spec = {.heads = HEADS_POLICY_VALUE,
                                .trunk = TRUNK_A3C,
                                .channels = 4,
                                .height = 84,
                                .width = 84,
                                .actions = 4};
    assert_int_equal(useful_threads(&spec, 20), 0);
    assert_int_equal(useful_threads(&spec, 80), 2);
    spec.trunk = TRUNK_NATURE;
    assert_int_equal(useful_threads(&spec, 20), 2);
    assert_int_equal(useful_threads(&spec, 5), 0);
    assert_int_equal(useful_threads(&spec, 1000000), 256);
    spec = (struct network_spec){.heads = HEADS_POLICY_VALUE,
                                 .trunk = TRUNK_MLP,
                                 .channels = 4,
                                 .height = 1,
                                 .width = 1,
                                 .actions = 2};
    assert_int_equal(useful_threads(&spec, 256), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uses_threads_that_help),
        cmocka_unit_test(measures_nothing_on_one_core),
        cmocka_unit_test(needs_enough_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
