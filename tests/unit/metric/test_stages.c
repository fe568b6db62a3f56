/* The use of a process's time, by its processor clock. */
#include "metric/metric.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_near(double number, double expected, double tolerance) {
    if (!(number > expected - tolerance && number < expected + tolerance))
        fail_msg("%g is not within %g of %g", number, tolerance, expected);
}

/* The processor's clock; only the test moves it, so a busy machine has no effect. */
static double processor;

static double read_processor(void) {
    return processor;
}

static void compute(double seconds) {
    processor += seconds;
}

static double sum_of_stages(const struct stage_times *times) {
    double sum = 0;
    for (int i = 0; i < STAGE_COUNT; i++)
        sum += times->stages[i];
    return sum;
}

/* Two of the turns are measured and stand for all; what happens once counts once. */
static void test_shares(void **state) {
    (void)state;
    struct stage_timer timer;
    struct stage_times times = {0};
    stage_timer_start(&timer, read_processor);
    for (int turn = 0; turn < 2 * SAMPLED_TURNS; turn++) {
        stage_timer_turn(&timer);
        if (turn == SAMPLED_TURNS / 2)
            compute(0.02);
        stage_enter(&timer, STAGE_ENVIRONMENT);
        compute(0.003);
        stage_enter(&timer, STAGE_FORWARD);
        compute(0.001);
        stage_enter(&timer, STAGE_OTHER);
    }
    stage_timer_stop(&timer, &times);
    assert_near(sum_of_stages(&times), times.processor, 1e-9);
    assert_near(times.processor, 2 * SAMPLED_TURNS * 0.004 + 0.02, 1e-9);
    assert_near(times.stages[STAGE_ENVIRONMENT], 2 * SAMPLED_TURNS * 0.003, 1e-9);
    assert_near(times.stages[STAGE_FORWARD], 2 * SAMPLED_TURNS * 0.001, 1e-9);
    assert_near(times.stages[STAGE_OTHER], 0.02, 1e-9);
    assert_true(times.stages[STAGE_BACKWARD] == 0);
}

/* Sleep is time that passes, but no stage's. */
static void test_sleep(void **state) {
    (void)state;
    struct stage_timer timer;
    struct stage_times times = {0};
    stage_timer_start(&timer, read_processor);
    clock_sleep(0.005);
    stage_timer_stop(&timer, &times);
    assert_true(times.wall >= 0.005);
    assert_true(times.processor == 0 && sum_of_stages(&times) == 0);
}

static void test_without_turns(void **state) {
    (void)state;
    struct stage_timer timer;
    struct stage_times times = {0};
    stage_timer_start(&timer, read_processor);
    stage_enter(&timer, STAGE_BACKWARD);
    compute(0.001);
    stage_timer_stop(&timer, &times);
    assert_true(times.stages[STAGE_OTHER] == times.processor);
    assert_near(sum_of_stages(&times), times.processor, 1e-9);
}

static void test_sums(void **state) {
    (void)state;
    struct stage_times sum = {.wall = 1, .ready = 2, .stages = {[STAGE_FORWARD] = 3}};
    const struct stage_times more = {.wall = 4, .processor = 5, .stages = {[STAGE_FORWARD] = 6}};
    stage_times_add(&sum, &more);
    assert_true(sum.wall == 5 && sum.processor == 5 && sum.ready == 2);
    assert_true(sum.stages[STAGE_FORWARD] == 9 && sum.stages[STAGE_OTHER] == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_sleep),
        cmocka_unit_test(test_without_turns),
        cmocka_unit_test(test_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
