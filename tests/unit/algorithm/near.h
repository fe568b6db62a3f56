/* A comparison of numbers that the tests of the room share. */
#ifndef ASYNCRL_TEST_ALGORITHM_NEAR_H
#define ASYNCRL_TEST_ALGORITHM_NEAR_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static inline void assert_near(double actual, double expected, double tolerance) {
    if (!(fabs(actual - expected) <= tolerance))
        fail_msg("%.10g is not %.10g within %.2g", actual, expected, tolerance);
}

#endif
