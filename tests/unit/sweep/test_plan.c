/* The runs of a sweep's file: lists, ranges, seeds; and what is refused. */
#include "sweep/plan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BASE "\"method\": \"a3c\", \"game\": \"catch\", \"total_steps\": 1e4"

/* Reads text, with ' for ", as a sweep's file. */
static enum status read_text(const char *text, struct plan *plan, struct error *error) {
    char path[] = "/tmp/asyncrl-plan-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    for (const char *c = text; *c; c++)
        assert_int_equal(write(file, *c == '\'' ? "\"" : c, 1), 1);
    close(file);
    const enum status status = plan_read(path, plan, error);
    unlink(path);
    return status;
}

static struct plan read_good(const char *text) {
    struct plan plan;
    struct error error;
    if (read_text(text, &plan, &error) != STATUS_OK)
        fail_msg("%s: %s", text, error.message);
    return plan;
}

static void assert_run(const struct plan *plan, int run, const char *expected) {
    char text[512];
    plan_describe(plan, run, text, sizeof text);
    assert_string_equal(text, expected);
}

static void test_grid(void **state) {
    (void)state;
    struct plan plan =
        read_good("{" BASE ", 'lr': [0.1, 0.01], 'n_step': [5, 20, 80], 'seeds': 2}");
    assert_int_equal(plan.setting_count, 6);
    assert_int_equal(plan_run_count(&plan), 12);
    assert_run(&plan, 0, "lr 0.1, n_step 5, seed 1");
    assert_run(&plan, 1, "lr 0.1, n_step 5, seed 2");
    assert_run(&plan, 2, "lr 0.1, n_step 20, seed 1");
    assert_run(&plan, 11, "lr 0.01, n_step 80, seed 2");
    assert_string_equal(plan_value(&plan, 3, "lr"), "0.01");
    assert_string_equal(plan_value(&plan, 3, "total_steps"), "10000");
    assert_null(plan_value(&plan, 3, "gamma"));
    plan_free(&plan);
}

static void test_seeds(void **state) {
    (void)state;
    struct plan plan = read_good("{" BASE ", 'seeds': [7, 3]}");
    assert_int_equal(plan_run_count(&plan), 2);
    assert_run(&plan, 0, "seed 7");
    assert_run(&plan, 1, "seed 3");
    plan_free(&plan);
    plan = read_good("{" BASE ", 'seed': [4, 5]}");
    assert_run(&plan, 1, "seed 5");
    plan_free(&plan);
    plan = read_good("{" BASE ", 'seed': 9}");
    assert_int_equal(plan_run_count(&plan), 1);
    assert_run(&plan, 0, "seed 9");
    plan_free(&plan);
    plan = read_good("{" BASE "}");
    assert_run(&plan, 0, "seed 1");
    plan_free(&plan);
}

static void test_words(void **state) {
    (void)state;
    struct plan plan =
        read_good("{" BASE ", 'deterministic': [true, false], 'frame_skip': ['2-4', 3]}");
    char **words = plan_arguments(&plan, 1, "runs/x/002", (char *[]){"--stop_steps=5", NULL});
    const char *const expected[] = {
        "asyncrl",
        "train",
        "a3c",
        "--game=catch",
        "--total_steps=10000",
        "--deterministic=true",
        "--frame_skip=3",
        "--seed=1",
        "--run_dir=runs/x/002",
        "--json",
        "--plain",
        "--stop_steps=5",
    };
    assert_non_null(words);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_string_equal(words[i], expected[i]);
    assert_null(words[sizeof expected / sizeof expected[0]]);
    free((void *)words);
    plan_free(&plan);
}

#define RANDOM                                                                                     \
    BASE ", 'lr': {'min': 1e-4, 'max': 1e-2, 'log': true}, 'n_step': {'min': 2, 'max': 5}"

/* Equal seeds give equal points; more samples leave the first ones unchanged. */
static void test_random_points(void **state) {
    (void)state;
    struct plan few = read_good("{" RANDOM ", 'samples': 5}");
    struct plan many = read_good("{" RANDOM ", 'samples': 40}");
    struct plan other = read_good("{" RANDOM ", 'samples': 5, 'search_seed': 2}");
    assert_int_equal(few.setting_count, 5);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(plan_value(&few, i, "lr"), plan_value(&many, i, "lr"));
        assert_string_equal(plan_value(&few, i, "n_step"), plan_value(&many, i, "n_step"));
        assert_string_not_equal(plan_value(&few, i, "lr"), plan_value(&other, i, "lr"));
    }
    int small = 0;
    int seen = 0;
    for (int i = 0; i < 40; i++) {
        const double lr = strtod(plan_value(&many, i, "lr"), NULL);
        const long n_step = strtol(plan_value(&many, i, "n_step"), NULL, 10);
        assert_true(lr >= 1e-4 && lr <= 1e-2);
        assert_true(n_step >= 2 && n_step <= 5);
        small += lr < 1e-3;
        seen |= 1 << n_step;
    }
    assert_true(small > 10 && small < 30); /* half of them, uniform in the logarithm */
    assert_int_equal(seen, 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5);
    plan_free(&few);
    plan_free(&many);
    plan_free(&other);
}

/* Each combination of lists has the same points. */
static void test_grid_of_points(void **state) {
    (void)state;
    struct plan plan = read_good("{" BASE ", 'lr': {'min': 0.1, 'max': 0.2}, 'n_step': [5, 20], "
                                 "'samples': 3}");
    assert_int_equal(plan.setting_count, 6);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(plan_value(&plan, i, "lr"), plan_value(&plan, i + 3, "lr"));
        assert_string_equal(plan_value(&plan, i, "n_step"), "5");
        assert_string_equal(plan_value(&plan, i + 3, "n_step"), "20");
    }
    plan_free(&plan);
}

static void test_range(void **state) {
    (void)state;
    const struct plan_range plain = {.minimum = 1, .maximum = 3};
    const struct plan_range whole = {.minimum = 1, .maximum = 3, .is_whole = true};
    const struct plan_range log = {.minimum = 1e-4, .maximum = 1, .is_log = true};
    assert_true(plan_range_at(&plain, 0.25) == 1.5);
    assert_true(plan_range_at(&whole, 0) == 1);
    assert_true(plan_range_at(&whole, 0.5) == 2);
    assert_true(plan_range_at(&whole, 0.999999) == 3);
    assert_true(plan_range_at(&log, 0.5) == 0.01);
    assert_true(plan_range_at(&plain, 1.0 / 3) == 1.667); /* four digits, to be read by people */
}

/* The config.json of a run can be a sweep's file, with its description of the machine. */
static void test_config_of_a_run(void **state) {
    (void)state;
    struct plan plan = read_good("{" BASE ", 'about': {'version': '1'}, 'run_dir': '', 'http': -1, "
                                 "'seed': 1, 'checkpoint': '', 'lr': [0.1, 0.2]}");
    assert_int_equal(plan_run_count(&plan), 2);
    assert_null(plan_value(&plan, 0, "run_dir"));
    plan_free(&plan);
}

static void test_methods(void **state) {
    (void)state;
    struct plan plan = read_good("{'method': ['a3c', 'ppo'], 'game': 'catch', 'total_steps': 100}");
    assert_string_equal(plan_value(&plan, 1, "method"), "ppo");
    char **words = plan_arguments(&plan, 1, "d", (char *[]){NULL});
    assert_string_equal(words[2], "ppo");
    assert_string_equal(words[3], "--game=catch");
    free((void *)words);
    plan_free(&plan);
}

static void test_names(void **state) {
    (void)state;
    char name[PLAN_NAME_SIZE];
    struct plan plan = {.setting_count = 3, .seed_count = 4};
    plan_name(&plan, 0, name);
    assert_string_equal(name, "001");
    plan.setting_count = 1000;
    plan_name(&plan, 11, name);
    assert_string_equal(name, "0012");
}

/* Options of a preset count, too. */
static void test_processes(void **state) {
    (void)state;
    struct plan plan =
        read_good("{'method': 'a3c', 'game': 'PongNoFrameskip-v4', 'total_steps': 100, "
                  "'preset': ['planned', 'paper'], 'processes': [3, 5]}");
    assert_int_equal(plan_max_processes(&plan), 5);
    plan_free(&plan);
    plan = read_good("{'method': 'a3c', 'game': 'PongNoFrameskip-v4', 'total_steps': 100, "
                     "'preset': ['planned', 'paper']}");
    assert_int_equal(plan_max_processes(&plan), 16);
    plan_free(&plan);
}

static void test_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *part; /* of the message */
    } cases[] = {
        {"{'game': 'catch', 'total_steps': 100}", "names no method"},
        {"{'method': 'a4c', 'total_steps': 100}", "there is no method 'a4c'"},
        {"{'method': ['a3c', 'a4c'], 'total_steps': 100}", "there is no method 'a4c'"},
        {"{'method': 'a3c', 'game': 'catch'}", "need an end"},
        {"{" BASE ", 'lrr': 1}", "'lrr' is not an option of `asyncrl train`; did you mean 'lr'?"},
        {"{" BASE ", 'learning_rate': 1}", "of `asyncrl train`; did you mean 'lr'?"},
        {"{" BASE ", 'clip': 0.1}", "'clip' is not an option of a3c"},
        {"{" BASE ", 'lr': 'fast'}", "'lr' must be a number"},
        {"{" BASE ", 'lr': [0.1, 'fast']}", "'lr' must be a number"},
        {"{" BASE ", 'n_step': [5, 2.5]}", "'n_step' must be a whole number"},
        {"{" BASE ", 'lr': [0.1, 100]}", "--lr=100 is out of bounds"},
        {"{" BASE ", 'lr': []}", "'lr' has an empty list"},
        {"{" BASE ", 'lr': {'min': 1, 'max': 2}}", "needs \"samples\""},
        {"{" BASE ", 'lr': {'min': 0.2, 'max': 0.1}, 'samples': 1}", "the smaller one first"},
        {"{" BASE ", 'lr': {'min': 0.1}, 'samples': 1}", "needs \"min\" and \"max\""},
        {"{" BASE ", 'lr': {'from': 0.1, 'max': 1}, 'samples': 1}", "must be a range"},
        {"{" BASE ", 'beta': {'min': 0, 'max': 1, 'log': true}, 'samples': 1}", "no logarithm"},
        {"{" BASE ", 'n_step': {'min': 1.5, 'max': 3}, 'samples': 1}", "needs whole numbers"},
        {"{" BASE ", 'lr': {'min': 5, 'max': 50}, 'samples': 20}", "out of bounds"},
        {"{" BASE ", 'optimizer': {'min': 1, 'max': 2}, 'samples': 1}", "only numbers have ranges"},
        {"{" BASE ", 'samples': 3}", "needs an option with a range"},
        {"{" BASE ", 'samples': 0}", "whole number from 1 on"},
        {"{" BASE ", 'seeds': 3, 'seed': 1}", "leave out one"},
        {"{" BASE ", 'seeds': 0}", "at least one seed"},
        {"{" BASE ", 'seeds': 'many'}", "the number of seeds"},
        {"{" BASE ", 'seeds': [1, 1]}", "has a seed twice"},
        {"{" BASE ", 'seeds': [1, -1]}", "whole numbers from 0 on"},
        {"{" BASE ", 'seeds': 5000, 'lr': [0.1, 0.2, 0.3]}", "more than 10000 runs"},
        {"{" BASE ", 'samples': 9223372036854775807, 'n_step': [2, 3], 'lr': {'min': 0, 'max': 1}}",
         "more than 10000 runs"},
        {"{" BASE ", 'samples': 4611686018427387904, 'seeds': 4, 'lr': {'min': 0, 'max': 1}}",
         "more than 10000 runs"},
        {"{" BASE ", 'n_step': {'min': 2, 'max': 1e300}, 'samples': 9}", "out of bounds"},
        {"{" BASE ", 'max_frames': 5}", "is given twice, under two of its names"},
        {"{" BASE ", 'run_dir': 'x'}", "is an option of one call"},
        {"{" BASE ", 'http': [1, 2]}", "is an option of one call"},
        {"[1]", "its top is not an object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plan plan;
        struct error error = {0};
        assert_int_equal(read_text(cases[i].text, &plan, &error), STATUS_BAD_INPUT);
        if (!strstr(error.message, cases[i].part))
            fail_msg("%s: %s", cases[i].text, error.message);
    }
}

static bool has_word(const struct plan *plan, int run, const char *word) {
    char *nothing[] = {NULL};
    char **words = plan_arguments(plan, run, "run", nothing);
    bool found = false;
    assert_non_null(words);
    for (int i = 0; words[i]; i++)
        found = found || strcmp(words[i], word) == 0;
    free((void *)words);
    return found;
}

/* An option may do nothing in some runs of a sweep, which do not get it. */
static void test_idle_in_some(void **state) {
    (void)state;
    struct error error;
    struct plan plan = read_good("{" BASE ", 'optimizer': ['rmsprop', 'adam'], 'rho': [0.5, 0.9], "
                                 "'adam_eps': 1e-5}");
    assert_int_equal(plan_refuse_idle(&plan, &error), STATUS_OK);
    assert_true(has_word(&plan, 1, "--rho=0.9"));
    assert_false(has_word(&plan, 1, "--adam_eps=1e-05"));
    assert_false(has_word(&plan, 3, "--rho=0.9"));
    assert_true(has_word(&plan, 3, "--adam_eps=1e-05"));
    plan_free(&plan);
}

/* Nothing is known of a game that cannot be opened. */
static void test_idle_in_a_game(void **state) {
    (void)state;
    struct error error;
    struct plan plan = read_good("{'method': 'a3c', 'game': ['catch', 'nothing'], "
                                 "'total_steps': 100, 'life_loss_ends': true}");
    assert_int_equal(plan_refuse_idle(&plan, &error), STATUS_OK);
    assert_false(has_word(&plan, 0, "--life_loss_ends=true"));
    assert_true(has_word(&plan, 1, "--life_loss_ends=true"));
    plan_free(&plan);
}

static void test_idle_in_all(void **state) {
    (void)state;
    const struct {
        const char *text;
        const char *part; /* of the refusal; NULL: none */
    } cases[] = {
        {"{" BASE ", 'adam_eps': 1e-5}", "--adam_eps is for --optimizer=adam|radam, not rmsprop"},
        {"{" BASE ", 'ent_decay': [100, 200]}", "--ent_decay does nothing without --ent_final"},
        {"{" BASE ", 'optimizer': ['adam', 'radam'], 'rho': 0.9}", "--rho is for"},
        {"{" BASE ", 'tensorboard': false, 'clips': [false, true]}", "--clips does nothing"},
        /* the preset's optimizer */
        {"{'method': 'qn', 'game': 'BreakoutNoFrameskip-v4', 'total_steps': 9, 'rho': 0.5}",
         "--rho is for --optimizer=rmsprop, not radam"},
        {"{" BASE ", 'fire_on_reset': true}", "does nothing in catch, which has no action FIRE"},
        {"{" BASE ", 'noop_max': [0, 30]}", "--noop_max does nothing in catch"},
        {"{" BASE ", 'adam_eps': 1e-8}", NULL}, /* the default */
        {"{" BASE ", 'fire_on_reset': false}", NULL},
        {"{" BASE ", 'fire_on_reset': true, 'about': {}}", NULL},
        {"{" BASE ", 'adam_eps': 1e-5, 'about': {}}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error = {0};
        struct plan plan = read_good(cases[i].text);
        assert_int_equal(plan_refuse_idle(&plan, &error),
                         cases[i].part ? STATUS_BAD_INPUT : STATUS_OK);
        if (cases[i].part && !strstr(error.message, cases[i].part))
            fail_msg("%s: %s", cases[i].text, error.message);
        plan_free(&plan);
    }
}

/* A sweep that has ended can be listed without the file of --config; one that begins needs it. */
static void test_unreadable_options(void **state) {
    (void)state;
    struct error error = {0};
    struct plan plan = read_good("{" BASE ", 'config': 'nowhere.json', 'adam_eps': 1e-5}");
    assert_true(has_word(&plan, 0, "--adam_eps=1e-05"));
    assert_int_equal(plan_refuse_idle(&plan, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "nowhere.json"));
    plan_free(&plan);
}

/* A run's config.json names all options, with empty values where nothing was given. */
static void test_empty_values(void **state) {
    (void)state;
    struct plan plan = read_good("{" BASE ", 'rom': '', 'checkpoint': '', 'about': {}}");
    assert_false(has_word(&plan, 0, "--rom="));
    assert_false(has_word(&plan, 0, "--checkpoint="));
    plan_free(&plan);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grid),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_random_points),
        cmocka_unit_test(test_grid_of_points),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_config_of_a_run),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_idle_in_some),
        cmocka_unit_test(test_idle_in_a_game),
        cmocka_unit_test(test_idle_in_all),
        cmocka_unit_test(test_unreadable_options),
        cmocka_unit_test(test_empty_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
