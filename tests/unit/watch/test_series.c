#include "watch/series.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { WIDTH = 2, LIMIT = 8 };
static const enum series_merge merge[WIDTH] = {SERIES_LAST, SERIES_MEAN};

static void add(struct series *series, int from, int to) {
    for (int i = from; i <= to; i++)
        series_add(series, (const double[]){i, 10.0 * i});
}

static void expect_row(const struct series *series, size_t index, double last, double mean) {
    assert_float_equal(series_row(series, index)[0], last, 1e-9);
    assert_float_equal(series_row(series, index)[1], mean, 1e-9);
}

static void test_few_rows_are_kept_as_they_are(void **state) {
    (void)state;
    struct series series = series_make(WIDTH, merge, LIMIT);
    add(&series, 1, LIMIT);
    assert_int_equal(series.count, LIMIT);
    assert_int_equal(series.stride, 1);
    for (size_t i = 0; i < LIMIT; i++)
        expect_row(&series, i, (double)i + 1, 10 * ((double)i + 1));
    series_clear(&series);
}

static void test_many_rows_are_merged(void **state) {
    (void)state;
    struct series series = series_make(WIDTH, merge, LIMIT);
    add(&series, 1, LIMIT + 1);
    assert_int_equal(series.count, LIMIT / 2 + 1);
    assert_int_equal(series.stride, 2);
    expect_row(&series, 0, 2, 15);
    expect_row(&series, 3, 8, 75);
    expect_row(&series, 4, 9, 90); /* stands for one so far */
    add(&series, 10, 10);
    assert_int_equal(series.count, LIMIT / 2 + 1);
    expect_row(&series, 4, 10, 95);
    series_clear(&series);
}

static void test_any_number_fits_and_its_mean_is_kept(void **state) {
    (void)state;
    struct series series = series_make(WIDTH, merge, LIMIT);
    const int count = 1 << 16;
    add(&series, 1, count);
    assert_true(series.count <= LIMIT && series.count >= LIMIT / 2);
    assert_int_equal((int64_t)series.count * series.stride, count);
    double sum = 0;
    for (size_t i = 0; i < series.count; i++)
        sum += series_row(&series, i)[1];
    assert_true(fabs(sum / (double)series.count - 5.0 * (count + 1)) < 1e-6);
    assert_true(series_row(&series, series.count - 1)[0] == count);
    series_clear(&series);
}

static void test_nan_is_ignored(void **state) {
    (void)state;
    struct series series = series_make(WIDTH, merge, 2);
    series_add(&series, (const double[]){1, NAN});
    series_add(&series, (const double[]){2, 7});
    series_add(&series, (const double[]){3, NAN});
    assert_int_equal(series.count, 2);
    expect_row(&series, 0, 2, 7);
    assert_true(isnan(series_row(&series, 1)[1]));
    series_clear(&series);
    assert_int_equal(series.count, 0);
    add(&series, 5, 5);
    expect_row(&series, 0, 5, 50);
    series_clear(&series);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_rows_are_kept_as_they_are),
        cmocka_unit_test(test_many_rows_are_merged),
        cmocka_unit_test(test_any_number_fits_and_its_mean_is_kept),
        cmocka_unit_test(test_nan_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
