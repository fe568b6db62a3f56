/* Games of consoles: Airstriker, whose ROM comes with stable-retro, and Breakout on Stella. Skipped
 * if tools/install-deps --consoles has not run. */
#include "conformance.h"
#include "retro_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { FRAMES = 200 };

/* Paths that a description points to. */
struct place {
    char folder[PATH_SIZE];
    char cores[PATH_SIZE];
    char rom[PATH_SIZE];
    struct retro_description description;
};

static struct place place_of(const char *game, const char *system, const char *rom) {
    const char *data = getenv("ASYNCRL_DATA");
    struct place place = {
        .description = {.system = system, .core = "", .state = "", .actions = ""}};
    if (!data)
        data = "deps/data";
    snprintf(place.folder, sizeof place.folder, "%s/retro/games/%s", data, game);
    snprintf(place.cores, sizeof place.cores, "%s/retro/cores", data);
    if (*rom)
        snprintf(place.rom, sizeof place.rom, "%s/%s", data, rom);
    if (!path_is_folder(place.folder) || (*rom && !path_is_file(place.rom))) {
        print_message("# no '%s': run tools/install-deps --consoles\n", place.folder);
        skip();
    }
    return place;
}

/* Points the description at the place's paths, which must not move from then on. */
static void settle(struct place *place) {
    place->description.folder = place->folder;
    place->description.cores = place->cores;
    place->description.rom = place->rom;
}

static struct emulator *open_place(void *context) {
    const struct place *place = context;
    struct emulator *emulator;
    struct error error;
    if (emulator_open_retro(&place->description, &emulator, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return emulator;
}

static void refuse(const struct place *place, const char *word) {
    struct emulator *emulator;
    struct error error;
    assert_int_equal(emulator_open_retro(&place->description, &emulator, &error), STATUS_BAD_INPUT);
    assert_null(strchr(error.message, '\n'));
    if (!strstr(error.message, word))
        fail_msg("no '%s' in: %s", word, error.message);
}

static void airstriker_keeps_the_contract(void **state) {
    (void)state;
    struct place place = place_of("Airstriker-Genesis-v0", "Genesis", "");
    settle(&place);
    check_conformance(open_place, &place, FRAMES);
}

static void stella_keeps_the_contract(void **state) {
    (void)state;
    struct place place = place_of("Breakout-Atari2600-v0", "Atari2600", "roms/breakout.bin");
    settle(&place);
    check_conformance(open_place, &place, FRAMES);
}

/* Rules in Lua, whose values are forgotten with each game: a point for each hit. */
static void boxing_is_judged_by_its_script(void **state) {
    (void)state;
    struct place place = place_of("Boxing-Atari2600-v0", "Atari2600", "roms/boxing.bin");
    char script[PATH_SIZE];
    snprintf(script, sizeof script, "%.*s/script.lua", PATH_SIZE - 32, place.folder);
    if (!path_is_file(script)) {
        print_message("# no '%s': run tools/install-deps --consoles\n", script);
        skip();
    }
    settle(&place);
    struct emulator *emulator = open_place(&place);
    assert_false(emulator_can_save(emulator));
    assert_int_equal(emulator->info.detail_count, 4);
    double scores[2] = {0};
    for (int game = 0; game < 2; game++) {
        emulator_reset(emulator);
        for (int i = 0; i < 300; i++) {
            const struct emulator_frame frame = emulator_act(emulator, 5);
            assert_false(frame.game_over || frame.failed);
            double details[4]; /* minutes, score1, score2, seconds */
            emulator_details(emulator, details);
            scores[game] += frame.reward;
            assert_true(scores[game] == details[1] - details[2]);
        }
    }
    assert_true(scores[0] != 0 && scores[0] == scores[1]);
    emulator_close(emulator);
}

/* Airstriker with rules in a script, whose values belong to a saved state. */
static void scripts_keep_the_contract(void **state) {
    static const char *const links[] = {"data.json", "metadata.json", "rom.md", "rom.sha",
                                        "Level1.state"};
    static const char scenario[] = "{\"reward\": {\"script\": \"lua:reward\"},"
                                   "\"done\": {\"script\": \"lua:done\"},"
                                   "\"scripts\": [\"script.lua\"]}";
    static const char script[] = "previous, frames = 0, 0\n"
                                 "function reward()\n"
                                 "  local delta = data.score - previous\n"
                                 "  previous = data.score\n"
                                 "  frames = frames + 1\n"
                                 "  return delta + frames % 7\n"
                                 "end\n"
                                 "function done() return data.lives == 0 end\n";
    struct folder *folder = *state;
    struct place place = place_of("Airstriker-Genesis-v0", "Genesis", "");
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        char whole[PATH_SIZE];
        char from[2 * PATH_SIZE];
        char to[sizeof folder->path + 32];
        assert_non_null(realpath(place.folder, whole));
        snprintf(from, sizeof from, "%s/%s", whole, links[i]);
        snprintf(to, sizeof to, "%s/%s", folder->path, links[i]);
        assert_int_equal(symlink(from, to), 0);
    }
    write_file(folder, "scenario.json", scenario, strlen(scenario));
    write_file(folder, "script.lua", script, strlen(script));
    snprintf(place.folder, sizeof place.folder, "%s", folder->path);
    settle(&place);
    check_conformance(open_place, &place, FRAMES);
    struct emulator *emulator = open_place(&place);
    assert_true(emulator_can_save(emulator));
    emulator_close(emulator);
    static const char broken[] = "function done() end\nfunction reward() return data.none end\n";
    write_file(folder, "script.lua", broken, strlen(broken));
    refuse(&place, "/script.lua:2: data.json has no variable 'none'");
}

static void airstriker_is_what_it_should_be(void **state) {
    (void)state;
    struct place place = place_of("Airstriker-Genesis-v0", "Genesis", "");
    settle(&place);
    struct emulator *emulator = open_place(&place);
    const struct emulator_info *info = &emulator->info;
    assert_int_equal(info->screen_width, 320);
    assert_int_equal(info->screen_height, 224);
    assert_int_equal(info->action_count, 126);
    assert_string_equal(info->action_names[0], "NOOP");
    assert_string_equal(info->action_names[1], "UP");
    assert_string_equal(info->action_names[9], "B");
    assert_int_equal(info->detail_count, 3);
    assert_string_equal(info->detail_names[2], "score");
    const struct emulator_frame frame = emulator_reset(emulator);
    assert_int_equal(frame.lives, 3);
    double details[3];
    emulator_details(emulator, details);
    assert_true(details[1] == 3 && details[2] == 0);
    emulator_close(emulator);
}

/* Two cores in one process: play in one does not change the other. */
static void games_do_not_disturb_each_other(void **state) {
    (void)state;
    struct place place = place_of("Airstriker-Genesis-v0", "Genesis", "");
    settle(&place);
    struct emulator *played = open_place(&place);
    struct emulator *other = open_place(&place);
    const size_t size = played->info.ram_size;
    uint8_t *before = malloc(size);
    uint8_t *after = malloc(size);
    assert_non_null(before);
    assert_non_null(after);
    emulator_ram_read(other, before);
    emulator_ram_read(played, after);
    assert_memory_equal(before, after, size);
    for (int i = 0; i < FRAMES; i++)
        emulator_act(played, 9);
    emulator_ram_read(other, after);
    assert_memory_equal(before, after, size);
    emulator_ram_read(played, after);
    assert_memory_not_equal(before, after, size);
    free(before);
    free(after);
    emulator_close(played);
    emulator_close(other);
}

static void actions_can_be_named(void **state) {
    (void)state;
    struct place place = place_of("Airstriker-Genesis-v0", "Genesis", "");
    settle(&place);
    place.description.actions = "NOOP,LEFT,RIGHT+B";
    struct emulator *emulator = open_place(&place);
    assert_int_equal(emulator->info.action_count, 3);
    assert_string_equal(emulator->info.action_names[2], "B+RIGHT");
    emulator_close(emulator);
    place.description.actions = "NOOP,JUMP";
    refuse(&place, "'JUMP' is not an action of a Genesis");
    place.description.actions = "NOOP,";
    refuse(&place, "'' is not an action of a Genesis");
}

/* At power-on Airstriker has drawn nothing yet, and has no lives. */
static void games_begin_at_the_chosen_state(void **state) {
    (void)state;
    struct place place = place_of("Airstriker-Genesis-v0", "Genesis", "");
    settle(&place);
    static const char *const states[] = {"Level1", "none"};
    for (int i = 0; i < 2; i++) {
        place.description.state = states[i];
        struct emulator *emulator = open_place(&place);
        for (int game = 0; game < 2; game++) {
            assert_int_equal(emulator_reset(emulator).lives, i == 0 ? 3 : 0);
            emulator_act(emulator, 9);
        }
        emulator_close(emulator);
    }
    place.description.state = "Level2";
    refuse(&place, "Airstriker-Genesis-v0', which has Level1");
}

static void bad_places_are_refused(void **state) {
    (void)state;
    struct place place = place_of("Airstriker-Genesis-v0", "Genesis", "");
    settle(&place);
    place.description.system = "Abacus";
    refuse(&place, "'Abacus'");
    place.description.system = "Genesis";
    place.description.core = "/no/such/core.so";
    refuse(&place, "/no/such/core.so");
    place.description.core = "";
    place.description.rom = place.cores; /* a folder */
    refuse(&place, place.cores);
    place.description.rom = "";
    snprintf(place.folder, sizeof place.folder, "/no/such/game");
    refuse(&place, "/no/such/game/data.json");
}

static void other_roms_are_named(void **state) {
    (void)state;
    struct place place = place_of("Pong-Atari2600-v0", "Atari2600", "roms/breakout.bin");
    settle(&place);
    refuse(&place, "is Breakout-Atari2600-v0, not Pong-Atari2600-v0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(airstriker_keeps_the_contract),
        cmocka_unit_test(stella_keeps_the_contract),
        IN_FOLDER(scripts_keep_the_contract),
        cmocka_unit_test(boxing_is_judged_by_its_script),
        cmocka_unit_test(airstriker_is_what_it_should_be),
        cmocka_unit_test(games_do_not_disturb_each_other),
        cmocka_unit_test(actions_can_be_named),
        cmocka_unit_test(games_begin_at_the_chosen_state),
        cmocka_unit_test(bad_places_are_refused),
        cmocka_unit_test(other_roms_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
