/* Sums of metrics, which processes share. */
#include "metric/metric.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static void expect(const struct metric_sum *metric, double sum, double weight) {
    assert_true(atomic_load(&metric->sum) == sum);
    assert_true(atomic_load(&metric->weight) == weight);
}

static void test_adds(void **state) {
    (void)state;
    struct metric_sum metric = {0};
    metric_add(&metric, 3, 2);
    metric_add(&metric, -1, 1);
    expect(&metric, 2, 3);
}

/* The memory of another process's metric could as well be read-only. */
static void test_adds_nothing(void **state) {
    (void)state;
    const size_t size = (size_t)sysconf(_SC_PAGESIZE);
    struct metric_sum *metric =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(metric != MAP_FAILED);
    metric_add(metric, 3, 2);
    assert_int_equal(mprotect(metric, size, PROT_READ), 0);
    metric_add(metric, 0, 0);
    expect(metric, 3, 2);
    munmap(metric, size);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adds),
        cmocka_unit_test(test_adds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
