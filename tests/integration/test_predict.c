/*
 * predict, from real screens as PNG files to the outputs of the published networks: the whole path
 * of an observation, against PyTorch on Pillow's pictures (tests/data/golden/forward).
 */
#include "program.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const double TOLERANCE = 2e-3;

static void assert_near(const json_t *actual, const json_t *expected) {
    assert_true(json_is_number(actual));
    const double difference = fabs(json_number_value(actual) - json_number_value(expected));
    if (!(difference <= TOLERANCE))
        fail_msg("%.9g is not within %g of %.9g", json_number_value(actual), TOLERANCE,
                 json_number_value(expected));
}

/* Every key of expected is in actual, as a near number or an array of near numbers. */
static void assert_all_near(const json_t *actual, json_t *expected) {
    const char *key;
    json_t *wanted;
    json_object_foreach(expected, key, wanted) {
        const json_t *found = json_object_get(actual, key);
        if (json_is_number(wanted)) {
            assert_near(found, wanted);
            continue;
        }
        assert_int_equal(json_array_size(found), json_array_size(wanted));
        for (size_t i = 0; i < json_array_size(wanted); i++)
            assert_near(json_array_get(found, i), json_array_get(wanted, i));
    }
    assert_int_equal(json_object_size(actual), json_object_size(expected));
}

static void check_sample(json_t *sample, const char *model, const char *network) {
    const char *data = getenv("ASYNCRL_TEST_DATA");
    char arguments[6000];
    int length = snprintf(arguments, sizeof arguments, "predict --model='%s'", model);
    size_t index;
    json_t *frame;
    json_array_foreach(json_object_get(sample, "frames"), index, frame) length +=
        snprintf(arguments + length, sizeof arguments - (size_t)length, " '%s/golden/forward/%s'",
                 data, json_string_value(frame));
    json_t *answer = program_json(arguments);
    assert_non_null(answer);
    assert_all_near(answer, json_object_get(sample, network));
    json_decref(answer);
}

static void check_model(const char *file, const char *network) {
    const char *model = shared_file(file);
    if (!model) {
        print_message("skipped: there is no weight file $ASYNCRL_SHARED/%s\n", file);
        skip();
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/golden/forward/expected.json", getenv("ASYNCRL_TEST_DATA"));
    json_t *samples = json_load_file(path, 0, NULL);
    assert_int_equal(json_array_size(samples), 4);
    size_t index;
    json_t *sample;
    json_array_foreach(samples, index, sample) check_sample(sample, model, network);
    json_decref(samples);
}

static void test_a3c(void **state) {
    (void)state;
    check_model("weights/a3c-Breakout-v0-91750000.h5", "a3c");
}

static void test_q_learning(void **state) {
    (void)state;
    check_model("weights/q1-Breakout-v0-18h.h5", "q1_18h");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a3c),
        cmocka_unit_test(test_q_learning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
