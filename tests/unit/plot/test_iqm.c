/* Interquartile means and their intervals, compared with rliable and NumPy. */
#include "plot/iqm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_near(double actual, double expected, double tolerance) {
    if (fabs(actual - expected) > tolerance)
        fail_msg("%.9g is not within %g of %.9g", actual, tolerance, expected);
}

/* Scores of runs, by size; their metrics.aggregate_iqm in rliable 1.2.0 (SciPy's trim_mean); and
 * its library.get_interval_estimates, with reps=200000 and RandomState(1), with NumPy 2.4 and arch
 * 7.2. */
static const struct {
    int count;
    double sorted[10];
    double iqm;
    double low;
    double high;
    double tolerance; /* of the ends: five standard deviations of those that 10000 resamples give */
} cases[] = {
    {10, {0.2, 3.1, 6.4, 7.7, 8.8, 9.05, 11.3, 12.4, 15.6, 40}, 9.275, 5.625, 16.3333333, 0.4},
    {5, {3.3, 8.82, 14.2, 16.6, 19.35}, 13.2066667, 5.14, 18.4333333, 1e-6},
    {3, {1, 2, 6}, 3, 1, 6, 1e-6},
};

static void test_means(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_near(iqm_of(cases[i].sorted, cases[i].count), cases[i].iqm, 1e-6);
    assert_near(iqm_of((const double[]){7}, 1), 7, 0);
}

static void test_intervals(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct rng rng;
            struct error error;
            struct iqm_resamples resamples;
            double low;
            double high;
            rng_seed(&rng, seed, 0);
            assert_int_equal(iqm_draw(&resamples, cases[i].count, &rng, &error), STATUS_OK);
            iqm_interval(&resamples, cases[i].sorted, &low, &high);
            assert_near(low, cases[i].low, cases[i].tolerance);
            assert_near(high, cases[i].high, cases[i].tolerance);
            iqm_free(&resamples);
        }
    }
}

/* numpy.quantile([1, 2, 4, 8, 9], ...) of NumPy 2.4. */
static void test_quantiles(void **state) {
    (void)state;
    const double sorted[] = {1, 2, 4, 8, 9};
    assert_near(quantile(sorted, 5, 0.025), 1.1, 1e-12);
    assert_near(quantile(sorted, 5, 0.25), 2, 1e-12);
    assert_near(quantile(sorted, 5, 0.5), 4, 1e-12);
    assert_near(quantile(sorted, 5, 0.9), 8.6, 1e-12);
    assert_near(quantile(sorted, 5, 1), 9, 0);
}

static void test_sorting(void **state) {
    (void)state;
    double values[] = {3, -1, 2.5};
    sort_values(values, 3);
    assert_near(values[0], -1, 0);
    assert_near(values[1], 2.5, 0);
    assert_near(values[2], 3, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_sorting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
