/* The table of presets: its options exist, and presets are found by their names. */
#include "preset/preset.h"
#include "train/train.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define METHOD_ROW(id, summary) {#id, train_##id##_options, method_##id##_defaults},
static const struct {
    const char *name;
    const struct option_part *options;
    const struct option_default *defaults;
} methods[] = {METHODS(METHOD_ROW)};
enum { METHOD_COUNT = sizeof methods / sizeof methods[0] };

static void parse_for(const struct preset *preset, int method) {
    struct option table[OPTION_MAX_COUNT + 1];
    struct train_config config;
    struct error error;
    assert_int_equal(
        options_compose(table, methods[method].options, methods[method].defaults, &error),
        STATUS_OK);
    options_defaults(table, &config);
    if (options_parse_text(table, preset->options, &config, &error) != STATUS_OK)
        fail_msg("preset %s of %s: %s", preset->name, methods[method].name, error.message);
}

static void presets_set_options_of_their_methods(void **state) {
    (void)state;
    for (const struct preset *preset = presets; preset->name; preset++) {
        int count = 0;
        for (int i = 0; i < METHOD_COUNT; i++)
            if (preset_has_method(preset, methods[i].name)) {
                parse_for(preset, i);
                count++;
            }
        assert_true(count > 0);
    }
}

static void measured_presets_name_their_run(void **state) {
    (void)state;
    for (const struct preset *preset = presets; preset->name; preset++) {
        int64_t before = 0;
        assert_true((preset->curve[0].steps > 0) == (preset->run != NULL));
        for (int i = 0; i < PRESET_MAX_POINTS && preset->curve[i].steps > 0; i++) {
            assert_true(preset->curve[i].steps > before);
            before = preset->curve[i].steps;
        }
    }
}

/* For every game, too; and those of the Keras program have its constants on demand. */
static void every_method_has_a_preset(void **state) {
    (void)state;
    struct error error;
    for (int i = 0; i < METHOD_COUNT; i++) {
        const struct preset *preset;
        if (!preset_has_method(preset_choose(methods[i].name, "SuperMarioBros-v0"),
                               methods[i].name))
            fail_msg("no preset of %s", methods[i].name);
        assert_non_null(preset_choose(methods[i].name, "catch"));
        if (preset_find("classic", methods[i].name, "catch", &preset, &error) == STATUS_OK)
            assert_string_equal(preset->options, "");
    }
}

/* Nobody trains for 80 million steps without saying so. */
static void schedules_follow_the_run(void **state) {
    (void)state;
    for (int i = 0; i < METHOD_COUNT; i++) {
        struct option table[OPTION_MAX_COUNT + 1];
        struct train_config config;
        struct error error;
        assert_int_equal(options_compose(table, methods[i].options, methods[i].defaults, &error),
                         STATUS_OK);
        options_defaults(table, &config);
        const struct preset *preset = preset_choose(methods[i].name, "catch");
        assert_int_equal(options_parse_text(table, preset->options, &config, &error), STATUS_OK);
        config.method.run_steps = 5000;
        assert_int_equal(method_schedule_steps(&config.method, config.method.lr_steps), 5000);
        const struct method *method = method_find(methods[i].name);
        if (method->epsilon)
            assert_true(method->epsilon(&config.method, 0, 500) < 0.2);
    }
}

/* Straight lines between the measured points, for the measured game. */
static void presets_expect_scores(void **state) {
    (void)state;
    const struct preset preset = {.name = "x",
                                  .games = "Pong*|Tennis*",
                                  .measured = "Pong-v*",
                                  .curve = {{1000, -20}, {2000, 0}, {4000, 10}}};
    const char *game = "Pong-v4";
    assert_true(isnan(preset_expected(&preset, game, 999)));
    assert_true(preset_expected(&preset, game, 1000) == -20);
    assert_true(preset_expected(&preset, game, 1500) == -10);
    assert_true(preset_expected(&preset, game, 3000) == 5);
    assert_true(preset_expected(&preset, game, 4000) == 10);
    assert_true(preset_expected(&preset, game, 900000) == 10);
    assert_true(isnan(preset_expected(&preset, "Tennis-v4", 1500)));
    for (const struct preset *row = presets; row->name; row++)
        assert_true(!row->measured || row->curve[0].steps > 0);
    const struct preset full = {
        .games = "*", .curve = {{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}, {7, 7}, {8, 8}}};
    assert_true(preset_expected(&full, game, 9) == 8);
}

static void presets_are_for_their_games(void **state) {
    (void)state;
    const struct preset *preset;
    struct error error;
    assert_string_equal(preset_choose("a3c", "SuperMarioBros-1-1-v1")->name, "mario");
    assert_int_equal(preset_find("mario", "a3c", "Pong-v0", &preset, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "classic, paper"));
    assert_int_equal(preset_find("paper", "q1", "Pong-v0", &preset, &error), STATUS_BAD_INPUT);
    assert_null(strstr(error.message, "paper;"));
    assert_int_equal(preset_find("", "a3c", "Pong-v0", &preset, &error), STATUS_BAD_INPUT);
    assert_null(preset_choose("dqn", "Pong-v0"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_set_options_of_their_methods),
        cmocka_unit_test(measured_presets_name_their_run),
        cmocka_unit_test(every_method_has_a_preset),
        cmocka_unit_test(presets_expect_scores),
        cmocka_unit_test(schedules_follow_the_run),
        cmocka_unit_test(presets_are_for_their_games),
    };
    return cmocka_run_group_tests_name("presets", tests, NULL, NULL);
}
