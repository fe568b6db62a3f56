/* An agent's observations of an Atari game are the same with both cores. */
#include "../../tools/cores.h"
#include "env/env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 60 };

static struct environment *open_environment(const char *id, const char *core,
                                            enum observation_preset preset) {
    struct game_overrides overrides = {0};
    struct game game;
    struct emulator *emulator = NULL;
    struct environment *environment = NULL;
    struct error error;
    snprintf(overrides.atari_core, sizeof overrides.atari_core, "%s", core);
    if (game_find(id, &overrides, &game, &error) != STATUS_OK ||
        game_open_emulator(&game, NULL, &emulator, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    const struct environment_config config = game_environment_config(&game, preset);
    if (environment_create(emulator, &config, &environment, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    environment_seed(environment, 1, 0);
    environment_reset(environment);
    return environment;
}

/* Includes a game with frames that go on in the next run: 3-D Tic-Tac-Toe. */
static void assert_cores_equal(const char *id, enum observation_preset preset) {
    struct environment *native = open_environment(id, "native", preset);
    struct environment *ale = open_environment(id, "ale", preset);
    const struct emulator_info *info = environment_emulator_info(ale);
    const size_t size = observation_shape(preset, info).bytes;
    uint8_t *seen = malloc(2 * size);
    struct rng rng;
    assert_non_null(seen);
    rng_seed(&rng, 5, 0);
    for (int i = 0; i < STEPS; i++) {
        const int action = (int)rng_below(&rng, (uint32_t)info->action_count);
        const struct environment_step mine = environment_act(native, action);
        const struct environment_step its = environment_act(ale, action);
        assert_true(mine.raw_reward == its.raw_reward);
        assert_int_equal(mine.terminated, its.terminated);
        assert_int_equal(mine.emulator_frames, its.emulator_frames);
        environment_observe(native, seen);
        environment_observe(ale, seen + size);
        assert_memory_equal(seen, seen + size, size);
        if (its.terminated || its.truncated) {
            environment_reset(native);
            environment_reset(ale);
        }
    }
    free(seen);
    environment_destroy(native);
    environment_destroy(ale);
}

static void observations_are_equal(void **state) {
    (void)state;
    char library[PATH_SIZE];
    data_path(library, "", "libale_c.so", "");
    if (!path_is_file(library)) {
        print_message("# no ALE library '%s': run tools/install-deps\n", library);
        skip();
    }
    static const char *const ids[] = {"Breakout-v0", "TicTacToe3D-v0", "PongNoFrameskip-v4"};
    static const enum observation_preset presets[] = {OBSERVATION_CLASSIC, OBSERVATION_DEEPMIND,
                                                      OBSERVATION_V4};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        for (size_t j = 0; j < sizeof presets / sizeof presets[0]; j++)
            assert_cores_equal(ids[i], presets[j]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(observations_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
