/* Spaces, keyword arguments, wrappers and packages of Gymnasium environments, made up and real. */
#include "gymnasium_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- Spaces ---------------------------------------------------------------------------------- */

static const char sampled[] = "gym:asyncrl_test_games:asyncrl-test/Sampled-v0";

/* Opens a game by its id as a user gives it. */
static enum status open_with(const char *id, const char *kwargs, const char *wrappers,
                             struct emulator **emulator, struct error *error) {
    struct game game;
    struct game_overrides overrides = {0};
    snprintf(overrides.env_kwargs, sizeof overrides.env_kwargs, "%s", kwargs);
    snprintf(overrides.env_wrappers, sizeof overrides.env_wrappers, "%s", wrappers);
    const enum status status = game_find(id, &overrides, &game, error);
    return status == STATUS_OK ? game_open_emulator(&game, NULL, emulator, error) : status;
}

/* The same, and fails the test if that does not work. */
static struct emulator *open_well(const char *id, const char *kwargs, const char *wrappers) {
    struct emulator *emulator = NULL;
    struct error error;
    if (open_with(id, kwargs, wrappers, &emulator, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return emulator;
}

/* Gymnasium reports a weighted sum of its own flattened observation. */
static void sees_as_gymnasium_flattens(void **state) {
    (void)state;
    const struct {
        const char *space;
        int size;
    } spaces[] = {{"Discrete", 4},
                  {"MultiBinary", 6},
                  {"MultiDiscrete", 10},
                  {"Integers", 4},
                  {"Nested", 27}};
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        char kwargs[64];
        float vector[32];
        snprintf(kwargs, sizeof kwargs, "{\"space\": \"%s\"}", spaces[i].space);
        struct emulator *emulator = open_well(sampled, kwargs, "");
        assert_int_equal(emulator->info.vector_size, spaces[i].size);
        emulator_reset(emulator);
        for (int step = 0; step < 10; step++) {
            const struct emulator_frame frame = emulator_act(emulator, 0);
            double sum = 0;
            if (frame.failed)
                fail_msg("%s: %s", spaces[i].space, emulator_failure(emulator));
            emulator_vector(emulator, vector);
            for (int n = 0; n < spaces[i].size; n++)
                sum += (n + 1) * (double)vector[n];
            assert_float_equal(sum, frame.reward, 1e-4);
        }
        emulator_close(emulator);
    }
}

/* FrozenLake's field becomes a one-hot; Blackjack has a tuple; bytes are scaled like pixels. */
static void sees_real_games(void **state) {
    (void)state;
    float vector[43];
    struct emulator *emulator = open_well("gym:FrozenLake-v1", "{\"is_slippery\": false}", "");
    assert_int_equal(emulator->info.vector_size, 16);
    emulator_reset(emulator);
    emulator_act(emulator, 2); /* right */
    emulator_act(emulator, 1); /* down: a hole */
    emulator_vector(emulator, vector);
    for (int i = 0; i < 16; i++)
        assert_true(vector[i] == (i == 5 ? 1.0F : 0.0F));
    emulator_close(emulator);
    emulator = open_well("gym:Blackjack-v1", "", "");
    assert_int_equal(emulator->info.vector_size, 32 + 11 + 2);
    emulator_close(emulator);
    emulator = open_well("gym:asyncrl_test_games:asyncrl-test/Counter-v0", "{\"shape\": [1, 8, 1]}",
                         "ReshapeObservation{\"shape\": [8]}");
    assert_int_equal(emulator->info.vector_size, 8);
    emulator_reset(emulator);
    emulator_act(emulator, 1);
    emulator_vector(emulator, vector);
    assert_true(vector[0] == 50 / 255.0F && vector[7] == 0);
    emulator_close(emulator);
}

static void check_parts(const struct emulator *emulator, int count, const int *sizes) {
    const struct action_parts *parts = &emulator->info.parts;
    assert_int_equal(parts->count, count);
    assert_memory_equal(parts->sizes, sizes, (size_t)count * sizeof *sizes);
}

static void plays_combinations(void **state) {
    (void)state;
    struct emulator *emulator = open_game(module, "asyncrl-test/Digits-v0");
    assert_int_equal(emulator->info.action_count, 6);
    check_parts(emulator, 2, (const int[]){2, 3});
    assert_string_equal(emulator->info.action_names[5], "5");
    emulator_reset(emulator);
    for (int action = 0; action < 6; action++) {
        const int digits = 10 * (1 + action / 3) + 4 + action % 3;
        const double reward = emulator_act(emulator, action).reward;
        assert_int_equal((int)(reward / 1000), digits);
    }
    emulator_close(emulator);
    emulator = open_game(module, "asyncrl-test/Bits-v0");
    assert_int_equal(emulator->info.action_count, 4);
    emulator_reset(emulator);
    assert_int_equal((int)(emulator_act(emulator, 3).reward / 1000), 11);
    assert_int_equal((int)(emulator_act(emulator, 2).reward / 1000), 10);
    check_parts(emulator, 2, (const int[]){2, 2});
    emulator_close(emulator);
}

/* A part of one choice is none. 5 * 13 * 70 combinations are too many to have names. */
static void plays_many_combinations(void **state) {
    (void)state;
    struct emulator *emulator = open_game(module, "asyncrl-test/Many-v0");
    assert_int_equal(emulator->info.action_count, 4550);
    check_parts(emulator, 3, (const int[]){5, 13, 70});
    assert_null(emulator->info.action_names);
    emulator_reset(emulator);
    const int action = (3 * 13 + 11) * 70 + 68;
    const double reward = emulator_act(emulator, action).reward;
    assert_int_equal((int)(reward / 1000), 371168); /* 3, 7, 11 and 68 */
    emulator_close(emulator);
    emulator = open_game(module, "asyncrl-test/Sampled-v0");
    assert_int_equal(emulator->info.parts.count, 0);
    emulator_close(emulator);
}

/* Numbers beyond the bounds are clipped; the copy has a process of its own. */
static void steers(void **state) {
    (void)state;
    struct emulator *emulator = open_game(module, "asyncrl-test/Steered-v0");
    struct emulator *copy = NULL;
    struct error error;
    assert_int_equal(emulator_copy(emulator, &copy, &error), STATUS_OK);
    struct emulator *const both[] = {emulator, copy};
    const float action[] = {0.25F, -7, 2.5F};
    const float clipped[] = {0.25F, -1, 2};
    for (int i = 0; i < 2; i++) {
        float seen[3];
        assert_int_equal(both[i]->info.action_count, 0);
        assert_int_equal(both[i]->info.action_size, 3);
        emulator_reset(both[i]);
        const struct emulator_frame frame = emulator_steer(both[i], action);
        assert_true(!frame.failed && frame.reward == 1.25);
        emulator_vector(both[i], seen);
        assert_memory_equal(seen, clipped, sizeof seen);
        emulator_close(both[i]);
    }
}

static void steers_a_real_game(void **state) {
    (void)state;
    struct emulator *emulator = open_game("", "Pendulum-v1");
    assert_int_equal(emulator->info.action_size, 1);
    assert_int_equal(emulator->info.vector_size, 3);
    emulator_seed(emulator, 1);
    emulator_reset(emulator);
    assert_true(emulator_steer(emulator, &(const float){1}).reward < 0);
    assert_int_equal(emulator_check_numbered(&emulator->info, "a3c", "use ppo", &(struct error){0}),
                     STATUS_BAD_INPUT);
    emulator_close(emulator);
    emulator = open_well("gym:Pendulum-v1", "", "DiscretizeAction{\"bins\": 3}");
    assert_int_equal(emulator->info.action_size, 0);
    assert_int_equal(emulator->info.action_count, 3);
    emulator_close(emulator);
}

/* ---- Packages -------------------------------------------------------------------------------- */

/* ALE's package registers its games on request; the tests' data has two packages of that name. */
static void registers_a_package(void **state) {
    (void)state;
    const char *set = getenv("PYTHONPATH");
    char *before = set ? strdup(set) : NULL;
    char path[2048];
    struct error error;
    snprintf(path, sizeof path, "%s/with-ale", before ? before : "");
    setenv("PYTHONPATH", path, 1);
    struct emulator *emulator = open_well("gym:ALE/Pong-v5", "{\"frameskip\": 2}", "");
    assert_int_equal(emulator->info.vector_size, 2);
    emulator_close(emulator);
    snprintf(path, sizeof path, "%s/without-ale", before ? before : "");
    setenv("PYTHONPATH", path, 1);
    assert_int_equal(open_with("gym:ALE/Pong-v5", "", "", &emulator, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "its package is missing"));
    assert_non_null(strstr(error.message, " -m pip install ale-py"));
    setenv("PYTHONPATH", before ? before : "", 1);
    free(before);
}

/* ---- Keyword arguments and wrappers ---------------------------------------------------------- */

static void passes_kwargs_and_wrappers(void **state) {
    (void)state;
    struct emulator *copy = NULL;
    struct error error;
    struct emulator *emulator = open_well(
        "gym:asyncrl_test_games:asyncrl-test/Counter-v0", "{\"shape\": [12, 16], \"limit\": 2}",
        "ClipReward{\"min_reward\": -0.5}, TimeLimit{\"max_episode_steps\": 3}");
    assert_int_equal(emulator->info.screen_height, 12);
    assert_int_equal(emulator_copy(emulator, &copy, &error), STATUS_OK);
    struct emulator *const both[] = {emulator, copy};
    for (int i = 0; i < 2; i++) {
        emulator_reset(both[i]);
        assert_true(emulator_act(both[i], 0).reward == -0.5); /* of -1 */
        assert_false(emulator_act(both[i], 1).truncated);
        struct emulator_frame frame = emulator_act(both[i], 2);
        assert_true(frame.truncated && !frame.game_over);
        emulator_reset(both[i]);
        emulator_act(both[i], 1);
        frame = emulator_act(both[i], 1);
        assert_true(frame.game_over);
        emulator_close(both[i]);
    }
}

static void refuse_with(const char *kwargs, const char *wrappers, const char *words) {
    struct emulator *emulator = NULL;
    struct error error;
    assert_int_equal(open_with("gym:CartPole-v1", kwargs, wrappers, &emulator, &error),
                     STATUS_BAD_INPUT);
    assert_null(strchr(error.message, '\n'));
    if (!strstr(error.message, words))
        fail_msg("no '%s' in: %s", words, error.message);
}

/* A start may take longer than a step, or less long. */
static void waits_for_a_start_as_long_as_chosen(void **state) {
    (void)state;
    struct emulator *emulator = NULL;
    struct error error;
    struct gymnasium_description description = {.module = module,
                                                .id = "asyncrl-test/Slow-v0",
                                                .kwargs = "{\"naps\": 1}",
                                                .wrappers = "",
                                                .answer_seconds = 0.2,
                                                .start_seconds = 20};
    if (emulator_open_gymnasium(&description, &emulator, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    emulator_close(emulator);
    description.answer_seconds = 20;
    description.start_seconds = 0.1;
    assert_int_equal(emulator_open_gymnasium(&description, &emulator, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "not answered for 0.1 s; --start_timeout=SECONDS"));
}

static void refuses_wrong_arguments(void **state) {
    (void)state;
    struct game game;
    struct error error;
    struct game_overrides overrides = {.env_kwargs = "{}"};
    refuse_with("{'sutton': 1}", "", "--env_kwargs={'sutton': 1} is not a JSON object such as {");
    refuse_with("[1]", "", "not a JSON object");
    refuse_with("{\"suton\": true}", "", "unexpected keyword argument 'suton'");
    refuse_with("{\"render_mode\": \"human\"}", "", "'render_mode', which this program chooses");
    refuse_with("", "RecordVideo{\"video_folder\": \"x\"}",
                "the wrapper 'RecordVideo' is not supported");
    refuse_with("", "NormalizeReward", "--reward=running does so");
    refuse_with("", "TimeLimit{max: 3}", "--env_wrappers is wrong at '{max: 3}'");
    refuse_with("", "ClipReward;TimeLimit", "wrong at ';TimeLimit'");
    refuse_with("", "ClipReward,", "wrong at ','");
    refuse_with("", "GrayscaleObservation",
                "the wrapper GrayscaleObservation fails: AssertionError");
    refuse_with("{\"x\": \"\xc3\xa9\"}", "", "write other characters as \\u00e9");
    refuse_with("", "TimeLimit", "the wrapper TimeLimit fails: TypeError: ");
    assert_int_equal(game_find("catch", &overrides, &game, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "does not take --env_kwargs"));
    overrides = (struct game_overrides){.env_wrappers = "TimeLimit"};
    assert_int_equal(game_find("catch", &overrides, &game, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "does not take --env_wrappers"));
}

static void knows_plain_arguments(void **state) {
    (void)state;
    assert_true(game_arguments_are_plain(""));
    assert_true(game_arguments_are_plain(
        "{\"map_name\": \"8x8\", \"x\": [1.5, null], \"y-z\": {\"is it\": true}}"));
    assert_true(game_arguments_are_plain("TimeLimit{\"max_episode_steps\": 3},ClipReward"));
    assert_false(game_arguments_are_plain("{\"xml_file\": \"/etc/passwd\"}"));
    assert_false(game_arguments_are_plain("{\"env_id\": \"module:Id\"}"));
    assert_false(game_arguments_are_plain("{\"x\": \"\\u002fetc\"}"));
    assert_false(game_arguments_are_plain("{\"x\": \"a\\\"/b\"}"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sees_as_gymnasium_flattens),
        cmocka_unit_test(sees_real_games),
        cmocka_unit_test(plays_combinations),
        cmocka_unit_test(plays_many_combinations),
        cmocka_unit_test(steers),
        cmocka_unit_test(steers_a_real_game),
        cmocka_unit_test(registers_a_package),
        cmocka_unit_test(passes_kwargs_and_wrappers),
        cmocka_unit_test(refuses_wrong_arguments),
        cmocka_unit_test(knows_plain_arguments),
        cmocka_unit_test(waits_for_a_start_as_long_as_chosen),
    };
    if (!gymnasium_is_there())
        return 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
