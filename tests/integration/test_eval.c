/* eval: the same seed gives the same numbers, independent of other work. */
#include "program.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char model[] = "/tmp/asyncrl-test-eval-XXXXXX";

static int make_model(void **state) {
    (void)state;
    char command[4096];
    const int descriptor = mkstemp(model);
    if (descriptor < 0)
        return -1;
    close(descriptor);
    snprintf(command, sizeof command, "'%s' weights '%s' q1 catch 3 3", getenv("MAKE_INPUT"),
             model);
    return system(command);
}

static int remove_model(void **state) {
    (void)state;
    return unlink(model);
}

/* Half of the actions are random, so that hardly two games are alike. */
static json_t *eval_catch(const char *options) {
    char arguments[512];
    snprintf(arguments, sizeof arguments, "eval --model='%s' --eps=0.5 --json %s", model, options);
    json_t *result = program_json(arguments);
    assert_non_null(result);
    return result;
}

static void assert_same_games(const char *one, const char *other, bool same) {
    json_t *left = eval_catch(one);
    json_t *right = eval_catch(other);
    json_object_del(left, "seconds");
    json_object_del(right, "seconds");
    assert_int_equal(json_equal(left, right), same);
    json_decref(left);
    json_decref(right);
}

static void test_same_for_any_number_of_processes(void **state) {
    (void)state;
    assert_same_games("--episodes=40 --seed=5 --processes=1",
                      "--episodes=40 --seed=5 --processes=3", true);
}

static void test_other_seed_other_games(void **state) {
    (void)state;
    assert_same_games("--episodes=40 --seed=5", "--episodes=40 --seed=6", false);
}

static void test_an_episode_depends_only_on_its_index(void **state) {
    (void)state;
    json_t *few = eval_catch("--episodes=20 --processes=2");
    json_t *many = eval_catch("--episodes=40 --processes=3");
    for (size_t i = 0; i < 20; i++)
        assert_true(json_equal(json_array_get(json_object_get(few, "scores"), i),
                               json_array_get(json_object_get(many, "scores"), i)));
    json_decref(few);
    json_decref(many);
}

static double number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void test_summary_is_of_the_scores(void **state) {
    (void)state;
    json_t *result = eval_catch("--episodes=31");
    const json_t *scores = json_object_get(result, "scores");
    assert_int_equal(json_array_size(scores), 31);
    double sum = 0;
    for (size_t i = 0; i < 31; i++)
        sum += json_number_value(json_array_get(scores, i));
    assert_true(fabs(number(result, "mean") - sum / 31) < 1e-9);
    assert_true(number(result, "agent_frames") == 31 * 9);
    const json_t *interval = json_object_get(result, "ci95");
    assert_true(json_number_value(json_array_get(interval, 0)) < sum / 31);
    assert_true(json_number_value(json_array_get(interval, 1)) > sum / 31);
    json_decref(result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_for_any_number_of_processes),
        cmocka_unit_test(test_other_seed_other_games),
        cmocka_unit_test(test_an_episode_depends_only_on_its_index),
        cmocka_unit_test(test_summary_is_of_the_scores),
    };
    return cmocka_run_group_tests(tests, make_model, remove_model);
}
