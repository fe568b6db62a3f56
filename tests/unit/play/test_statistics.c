#include "play/statistics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_near(double actual, double expected, double tolerance) {
    assert_true(fabs(actual - expected) <= tolerance);
}

static void test_odd_count(void **state) {
    (void)state;
    const double values[] = {9, 1, 2, 4, 4};
    struct statistics statistics;
    struct error error;
    assert_int_equal(statistics_of(&statistics, values, 5, &error), STATUS_OK);
    assert_near(statistics.mean, 4, 1e-12);
    assert_near(statistics.median, 4, 0);
    assert_near(statistics.std, sqrt((25 + 9 + 4) / 5.0), 1e-12);
    assert_near(statistics.min, 1, 0);
    assert_near(statistics.max, 9, 0);
}

static void test_even_count_and_one(void **state) {
    (void)state;
    const double values[] = {-1, 3, 2, 8};
    struct statistics statistics;
    struct error error;
    assert_int_equal(statistics_of(&statistics, values, 4, &error), STATUS_OK);
    assert_near(statistics.median, 2.5, 1e-12);
    assert_int_equal(statistics_of(&statistics, values, 1, &error), STATUS_OK);
    assert_near(statistics.median, -1, 0);
    assert_near(statistics.std, 0, 0);
}

/* For many values the bootstrap agrees with the normal interval, mean -+ 1.96 std / sqrt(n). */
static void test_interval_of_many(void **state) {
    (void)state;
    enum { COUNT = 400 };
    double values[COUNT];
    struct rng rng;
    rng_seed(&rng, 3, 0);
    for (int i = 0; i < COUNT; i++)
        values[i] = 100 * rng_uniform(&rng);

    struct statistics statistics;
    struct error error;
    double interval[2];
    assert_int_equal(statistics_of(&statistics, values, COUNT, &error), STATUS_OK);
    assert_int_equal(bootstrap_interval(interval, values, COUNT, &rng, &error), STATUS_OK);
    const double half = 1.96 * statistics.std / sqrt(COUNT);
    assert_near(interval[0], statistics.mean - half, half / 10);
    assert_near(interval[1], statistics.mean + half, half / 10);
}

static void test_interval_of_equals(void **state) {
    (void)state;
    const double values[] = {7, 7, 7};
    struct rng rng;
    struct error error;
    double interval[2];
    rng_seed(&rng, 1, 0);
    assert_int_equal(bootstrap_interval(interval, values, 3, &rng, &error), STATUS_OK);
    assert_near(interval[0], 7, 0);
    assert_near(interval[1], 7, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_odd_count),
        cmocka_unit_test(test_even_count_and_one),
        cmocka_unit_test(test_interval_of_many),
        cmocka_unit_test(test_interval_of_equals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
