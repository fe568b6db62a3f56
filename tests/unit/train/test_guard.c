/* The number of skipped updates in a row that ends a run. */
#include "train/learner/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

static enum guard_verdict judge_many(struct guard *guard, int count) {
    enum guard_verdict verdict = GUARD_SOUND;
    for (int i = 0; i < count; i++) {
        assert_int_not_equal(verdict, GUARD_HOPELESS);
        verdict = guard_judge(guard, false);
    }
    return verdict;
}

static void test_a_streak_is_hopeless(void **state) {
    (void)state;
    struct guard guard = {0};
    assert_int_not_equal(judge_many(&guard, GUARD_PATIENCE - 1), GUARD_HOPELESS);
    assert_int_equal(guard_judge(&guard, true), GUARD_SOUND);
    assert_int_equal(guard.streak, 0);
    assert_int_equal(judge_many(&guard, GUARD_PATIENCE), GUARD_HOPELESS);
    assert_int_equal(guard.skipped, 2 * GUARD_PATIENCE - 1);
}

/* The log stays short for any number of skipped updates. */
static void test_reports_few(void **state) {
    (void)state;
    struct guard guard = {0};
    int told = 0;
    for (int i = 0; i < 1000; i++) {
        const bool is_told = guard_judge(&guard, false) == GUARD_SKIPPED_TELL;
        assert_true(i > 1 || is_told);
        told += is_told;
        guard_judge(&guard, true);
    }
    assert_int_equal(told, 10); /* 1, 2, 4, ... 512 */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_streak_is_hopeless),
        cmocka_unit_test(test_reports_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
