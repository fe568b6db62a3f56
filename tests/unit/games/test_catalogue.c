#include "games/games.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct game find(const char *id) {
    struct game game;
    struct error error;
    if (game_find(id, NULL, &game, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_string_equal(game.id, id);
    return game;
}

static void assert_game(const char *id, const char *rom, int skip_min, int skip_max, double sticky,
                        int64_t step_limit, int max_equal_actions) {
    const struct game game = find(id);
    assert_int_equal(game.emulator, GAME_ALE);
    assert_string_equal(game.rom, rom);
    assert_int_equal(game.frame_skip_min, skip_min);
    assert_int_equal(game.frame_skip_max, skip_max);
    assert_true(game.sticky == sticky);
    assert_int_equal(game.step_limit, step_limit);
    assert_int_equal(game.max_equal_actions, max_equal_actions);
}

static void ids_mean_what_gym_means(void **state) {
    (void)state;
    assert_game("Breakout-v0", "breakout", 2, 4, 0.25, 10000, 100);
    assert_game("Breakout-v4", "breakout", 2, 4, 0, 100000, 0);
    assert_game("BreakoutDeterministic-v0", "breakout", 4, 4, 0.25, 100000, 100);
    assert_game("BreakoutDeterministic-v4", "breakout", 4, 4, 0, 100000, 0);
    assert_game("BreakoutNoFrameskip-v0", "breakout", 1, 1, 0.25, 400000, 100);
    assert_game("BreakoutNoFrameskip-v4", "breakout", 1, 1, 0, 400000, 0);
    assert_game("ALE/Breakout-v5", "breakout", 4, 4, 0.25, 27000, 0);
}

static void impossible_choices_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"full_action_space", "mode", "difficulty"};
    const struct game_overrides overrides[] = {
        {.full_action_space = true}, {.mode = "4"}, {.difficulty = "1"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct game game;
        struct error error;
        char message[100];
        snprintf(message, sizeof message, "'catch' does not take --%s: leave it out", names[i]);
        assert_int_equal(game_find("catch", &overrides[i], &game, &error), STATUS_BAD_INPUT);
        assert_string_equal(error.message, message);
        assert_int_equal(game_find("ALE/Pong-v5", &overrides[i], &game, &error), STATUS_OK);
        assert_memory_equal(&game.overrides, &overrides[i], sizeof overrides[i]);
    }
}

static void knows_which_ids_name_code(void **state) {
    (void)state;
    static const char *const code[] = {"x.so",         "./x.so",       "/abs/x.so", "gym:m:Id-v0",
                                       "gym::m:Id-v0", "gym:m:a/b-v0", "gym:a:b:c"};
    static const char *const known[] = {
        "catch",      "Breakout-v0",        "ALE/Pong-v5",
        "gym:A/b-v0", "Airstriker-Genesis", "SuperMarioBros-1-1-v1"};
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++) {
        const struct game game = find(code[i]);
        assert_true(game_names_code(&game));
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct game game = find(known[i]);
        assert_false(game_names_code(&game));
    }
}

static void space_invaders_skips_three(void **state) {
    (void)state;
    assert_game("SpaceInvaders-v0", "space_invaders", 2, 4, 0.25, 10000, 100);
    assert_game("SpaceInvadersDeterministic-v0", "space_invaders", 3, 3, 0.25, 100000, 100);
    assert_game("SpaceInvadersDeterministic-v4", "space_invaders", 3, 3, 0, 100000, 0);
    assert_game("SpaceInvadersNoFrameskip-v0", "space_invaders", 1, 1, 0.25, 300000, 100);
    assert_game("SpaceInvadersNoFrameskip-v4", "space_invaders", 1, 1, 0, 300000, 0);
    assert_game("ALE/SpaceInvaders-v5", "space_invaders", 4, 4, 0.25, 27000, 0);
}

static void names_are_gyms(void **state) {
    (void)state;
    static const char *const names[][2] = {
        {"MsPacman-v0", "ms_pacman"},
        {"Qbert-v4", "qbert"},
        {"UpNDown-v0", "up_n_down"},
        {"MontezumaRevenge-v0", "montezuma_revenge"},
        {"Jamesbond-v0", "jamesbond"},
        {"YarsRevenge-v4", "yars_revenge"},
        {"TicTacToe3D-v0", "tic_tac_toe_3d"},
        {"ALE/Pitfall2-v5", "pitfall2"},
        {"ALE/Et-v5", "et"},
        {"IceHockeyNoFrameskip-v4", "ice_hockey"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_string_equal(find(names[i][0]).rom, names[i][1]);
}

static void catch_is_a_game(void **state) {
    (void)state;
    const struct game game = find("catch");
    assert_int_equal(game.emulator, GAME_CATCH);
    assert_int_equal(game.frame_skip_min, 1);
    assert_int_equal(game.frame_skip_max, 1);
    assert_true(game.sticky == 0);
    assert_int_equal(game.step_limit, 0);
    assert_int_equal(game.max_equal_actions, 0);
}

static void assert_mario(const char *id, const char *rom, int world, int stage, bool draws_stages) {
    const struct game game = find(id);
    assert_int_equal(game.emulator, GAME_MARIO);
    assert_string_equal(game.rom, rom);
    assert_int_equal(game.mario.world, world);
    assert_int_equal(game.mario.stage, stage);
    assert_int_equal(game.mario.draws_stages, draws_stages);
    assert_int_equal(game.frame_skip_min, 1);
    assert_int_equal(game.frame_skip_max, 1);
    assert_true(game.sticky == 0);
}

static void super_mario_is_as_gym_super_mario_bros_registers_it(void **state) {
    (void)state;
    assert_mario("SuperMarioBros-v0", "super-mario-bros", 0, 0, false);
    assert_mario("SuperMarioBros-v3", "super-mario-bros-rectangle", 0, 0, false);
    assert_mario("SuperMarioBros-1-1-v1", "super-mario-bros-downsample", 1, 1, false);
    assert_mario("SuperMarioBros-8-4-v2", "super-mario-bros-pixel", 8, 4, false);
    assert_mario("SuperMarioBros2-v0", "super-mario-bros-2", 0, 0, false);
    assert_mario("SuperMarioBros2-v1", "super-mario-bros-2-downsample", 0, 0, false);
    assert_mario("SuperMarioBrosRandomStages-v0", "super-mario-bros", 0, 0, true);
}

static void assert_unknown(const char *id, const char *hint) {
    struct game game;
    struct error error;
    assert_int_equal(game_find(id, NULL, &game, &error), STATUS_BAD_INPUT);
    if (!strstr(error.message, hint))
        fail_msg("'%s' does not say '%s'", error.message, hint);
}

static void unknown_ids_are_refused_with_a_hint(void **state) {
    (void)state;
    assert_unknown("Brekout-v0", "'Breakout-v0'");
    assert_unknown("breakout-v0", "'Breakout-v0'");
    assert_unknown("Catch", "'catch'");
    assert_unknown("Breakout-ram-v0", "memory");
    assert_unknown("Breakout-ramNoFrameskip-v4", "memory");
    assert_unknown("ALE/Breakout-ram-v5", "memory");
    assert_unknown("Combat-v0", "Combat-v0");
    assert_unknown("ALE/MazeCraze-v5", "ALE/MazeCraze-v5");
    assert_unknown("SuperMarioBros-9-1-v0", "SuperMarioBros-");
    assert_unknown("SuperMarioBros2-v2", "'SuperMarioBros2-v");
    assert_unknown("Pong", "'Pong-v4'");
    assert_unknown("pong", "'Pong-v4'");
    assert_unknown("Pong-v5", "'ALE/Pong-v5'");
    assert_unknown("ALE/Pong", "'ALE/Pong-v5'");
    assert_unknown("ALE/Pong-v4", "'Pong-v4'");
    assert_unknown("PongNoFrameskip", "'PongNoFrameskip-v4'");
    assert_unknown("Montezuma", "'MontezumaRevenge-v4'");
    assert_unknown("CartPole-v1", "'gym:CartPole-v1'");
    assert_unknown("cartpole", "'gym:CartPole-v");
    assert_unknown("LunarLander-v2", "'gym:LunarLander-v3'");
    assert_unknown("SuperMarioBros", "'SuperMarioBros-v0'");
    assert_unknown("Minesweeper-v0", "asyncrl games");
    assert_unknown("Doom-v0", "asyncrl games");
    assert_unknown("-v0", "asyncrl games");
    assert_unknown("x", "asyncrl games");
    assert_unknown("", "asyncrl games");
    assert_unknown("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
                   "asyncrl games");
}

struct count {
    int all;
    int unfindable;
};

static void count_id(const char *id, void *context) {
    struct count *count = context;
    struct game game;
    struct error error;
    count->all++;
    count->unfindable += game_find(id, NULL, &game, &error) != STATUS_OK;
}

/* Consoles' games are those in the data folder: here two, and folders that are not games. */
static void list_holds_every_id(void **state) {
    (void)state;
    const int mario_ids = 4 + 4 + 2 + 4 * 32; /* whole game, random, lost levels, stages */
    const int gymnasium_ids = 26;
    const int retro_ids = 2;
    struct count count = {0};
    char folder[] = "/tmp/asyncrl-games-XXXXXX";
    char command[160];
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof command,
             "cd %s && mkdir -p retro/games/Some-Nes-v0 "
             "retro/games/Other-Genesis retro/games/Thing",
             folder);
    assert_int_equal(system(command), 0);
    const char *before = getenv("ASYNCRL_DATA");
    char *data = before ? strdup(before) : NULL;
    setenv("ASYNCRL_DATA", folder, 1);
    game_list(NULL, count_id, &count);
    assert_int_equal(count.all, 106 * 7 + 1 + mario_ids + gymnasium_ids + retro_ids);
    assert_int_equal(count.unfindable, 0);

    count.all = 0;
    game_list("break", count_id, &count);
    assert_int_equal(count.all, 7);
    count.all = 0;
    game_list("CATCH", count_id, &count);
    assert_int_equal(count.all, 1);
    count.all = 0;
    game_list("gym:", count_id, &count);
    assert_int_equal(count.all, gymnasium_ids);
    count.all = 0;
    game_list("pong*-V4", count_id, &count);
    assert_int_equal(count.all, 3); /* Pong-v4, PongDeterministic-v4, PongNoFrameskip-v4 */
    count.all = 0;
    game_list("ALE/*-v5", count_id, &count);
    assert_int_equal(count.all, 106);
    count.all = 0;
    game_list("nothing of the kind", count_id, &count);
    assert_int_equal(count.all, 0);

    if (data)
        setenv("ASYNCRL_DATA", data, 1);
    free(data);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

static void missing_data_is_reported(void **state) {
    (void)state;
    const struct game game = find("Pong-v0");
    struct emulator *emulator;
    struct error error;
    assert_int_equal(game_open_emulator(&game, "/nowhere/at/all", &emulator, &error),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "/nowhere/at/all"));
    assert_non_null(strstr(error.message, "tools/install-deps"));

    char folder[] = "/tmp/asyncrl-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(game_open_emulator(&game, folder, &emulator, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "roms/pong.bin"));
    assert_non_null(strstr(error.message, "tools/install-deps"));
    rmdir(folder);
}

static void installed_games_have_their_rom(void **state) {
    (void)state;
    char folder[] = "/tmp/asyncrl-test-XXXXXX";
    char command[200];
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof command,
             "cd %s && mkdir -p roms roms-nes retro/cores retro/games/Some-Nes-v0 && "
             "touch roms/pong.bin roms-nes/super-mario-bros.nes",
             folder);
    assert_int_equal(system(command), 0);
    static const struct {
        const char *pattern;
        int count;
    } lists[] = {{"Pong*-v0", 3}, /* Pong-v0, PongDeterministic-v0, PongNoFrameskip-v0 */
                 {"ALE/Pong-v5", 1}, {"SuperMarioBros-1-1-v0", 1}, {"catch", 1},
                 {"Breakout-v0", 0}, {"SuperMarioBros-v1", 0},     {"Some-Nes-v0", 0}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct count count = {0};
        game_list_installed(lists[i].pattern, folder, count_id, &count);
        assert_int_equal(count.all, lists[i].count);
    }
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

/* An installed program finds the user's own folder. */
static void data_is_found_in_the_users_folder(void **state) {
    (void)state;
    const struct game game = find("Pong-v0");
    const char *named = getenv("ASYNCRL_DATA");
    char *before = named ? strdup(named) : NULL;
    char folder[] = "/tmp/asyncrl-test-XXXXXX";
    char data[64];
    assert_non_null(mkdtemp(folder));
    snprintf(data, sizeof data, "%s/asyncrl", folder);
    assert_int_equal(mkdir(data, 0700), 0);
    unsetenv("ASYNCRL_DATA");
    setenv("XDG_DATA_HOME", folder, 1);

    struct emulator *emulator;
    struct error error;
    assert_int_equal(game_open_emulator(&game, NULL, &emulator, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, data));

    unsetenv("XDG_DATA_HOME");
    if (before)
        setenv("ASYNCRL_DATA", before, 1);
    free(before);
    rmdir(data);
    rmdir(folder);
}

static void catch_opens_without_data(void **state) {
    (void)state;
    const struct game game = find("catch");
    struct emulator *emulator;
    struct error error;
    assert_int_equal(game_open_emulator(&game, "/nowhere/at/all", &emulator, &error), STATUS_OK);
    emulator_close(emulator);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_mean_what_gym_means),
        cmocka_unit_test(impossible_choices_are_refused),
        cmocka_unit_test(knows_which_ids_name_code),
        cmocka_unit_test(space_invaders_skips_three),
        cmocka_unit_test(names_are_gyms),
        cmocka_unit_test(super_mario_is_as_gym_super_mario_bros_registers_it),
        cmocka_unit_test(catch_is_a_game),
        cmocka_unit_test(unknown_ids_are_refused_with_a_hint),
        cmocka_unit_test(list_holds_every_id),
        cmocka_unit_test(missing_data_is_reported),
        cmocka_unit_test(data_is_found_in_the_users_folder),
        cmocka_unit_test(installed_games_have_their_rom),
        cmocka_unit_test(catch_opens_without_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
