/* Our own Atari core: compared with ALE, if its library is installed, and its parts alone. */
#include "../../tools/cores.h"
#include "conformance.h"
#include "games/atari/objects.h"
#include "games/atari/packing.h"
#include "games/atari/painting.h"
#include "games/atari/titles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_PIXELS = TIA_WIDTH * TIA_MAX_HEIGHT, RAM_SIZE = 128 };

static void require(const char *folder, const char *name) {
    char path[PATH_SIZE];
    data_path(path, folder, name, "");
    if (path_is_file(path))
        return;
    print_message("# '%s' is missing: run tools/install-deps\n", path);
    skip();
}

static struct emulator *open_or_fail(bool is_ale, const char *name,
                                     const struct atari_choice *choice) {
    struct emulator *emulator;
    struct error error;
    if (open_core(is_ale, name, choice, &emulator, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return emulator;
}

static struct emulator *open_chosen(const char *name, const struct atari_choice *choice) {
    return open_or_fail(false, name, choice);
}

static struct emulator *open_native(void *name) {
    return open_chosen(name, NULL);
}

static struct emulator *open_ale(const char *name, const struct atari_choice *choice) {
    return open_or_fail(true, name, choice);
}

/* ---- The contract, and ALE ------------------------------------------------------------------- */

static void native_core_keeps_the_contract(void **state) {
    (void)state;
    static char *const games[] = {"breakout", "air_raid", "journey_escape", "pitfall2"};
    require("roms/", "breakout.bin");
    for (size_t i = 0; i < sizeof games / sizeof games[0]; i++)
        check_conformance(open_native, games[i], 100);
}

static void assert_info_equal(const struct emulator_info *native, const struct emulator_info *ale) {
    assert_int_equal(native->screen_width, ale->screen_width);
    assert_int_equal(native->screen_height, ale->screen_height);
    assert_int_equal(native->action_count, ale->action_count);
    for (int i = 0; i < ale->action_count; i++)
        assert_string_equal(native->action_names[i], ale->action_names[i]);
    assert_int_equal(native->fire_action, ale->fire_action);
    assert_memory_equal(native->palette, ale->palette, sizeof(uint8_t[256][3]));
    assert_memory_equal(native->palette_luma, ale->palette_luma, 256);
    assert_memory_equal(native->average, ale->average, sizeof(uint8_t[256][256]));
}

static void assert_looks_equal(const struct emulator *native, const struct emulator *ale) {
    static uint8_t seen[2][MAX_PIXELS];
    uint8_t ram[2][RAM_SIZE];
    const size_t size = (size_t)ale->info.screen_width * (size_t)ale->info.screen_height;
    emulator_screen_indices(native, seen[0]);
    emulator_screen_indices(ale, seen[1]);
    assert_memory_equal(seen[0], seen[1], size);
    emulator_ram_read(native, ram[0]);
    emulator_ram_read(ale, ram[1]);
    assert_memory_equal(ram[0], ram[1], RAM_SIZE);
}

static void assert_games_equal(const char *name, const struct atari_choice *choice, int frames) {
    struct emulator *native = open_chosen(name, choice);
    struct emulator *ale = open_ale(name, choice);
    struct rng rng;
    assert_info_equal(&native->info, &ale->info);
    rng_seed(&rng, 3, 0);
    emulator_reset(native);
    emulator_reset(ale);
    assert_looks_equal(native, ale);
    for (int n = 0; n < frames; n++) {
        const int action = (int)rng_below(&rng, (uint32_t)ale->info.action_count);
        const struct emulator_frame mine = emulator_act(native, action);
        const struct emulator_frame its = emulator_act(ale, action);
        assert_true(mine.reward == its.reward);
        assert_int_equal(mine.lives, its.lives);
        assert_int_equal(mine.game_over, its.game_over);
        assert_looks_equal(native, ale);
    }
    emulator_close(native);
    emulator_close(ale);
}

static void native_core_plays_as_ale(void **state) {
    (void)state;
    static char *const games[] = {"breakout", "air_raid", "tic_tac_toe_3d", "robotank"};
    require("", "libale_c.so");
    require("roms/", "breakout.bin");
    for (size_t i = 0; i < sizeof games / sizeof games[0]; i++)
        assert_games_equal(games[i], NULL, 150);
}

static void all_actions_work_as_in_ale(void **state) {
    (void)state;
    static char *const games[] = {"breakout", "freeway", "surround",
                                  "warlords", "skiing",  "lost_luggage"};
    const struct atari_choice choice = {.full_action_space = true};
    require("", "libale_c.so");
    require("roms/", "breakout.bin");
    for (size_t i = 0; i < sizeof games / sizeof games[0]; i++) {
        struct emulator *emulator = open_chosen(games[i], &choice);
        assert_int_equal(emulator->info.action_count, 18);
        assert_string_equal(emulator->info.action_names[17], "DOWNLEFTFIRE");
        emulator_close(emulator);
        assert_games_equal(games[i], &choice, 150);
    }
}

static void modes_and_difficulties_are_ales(void **state) {
    (void)state;
    static const struct {
        const char *game;
        struct atari_choice choice;
    } variants[] = {
        {"breakout", {.mode = "44", .difficulty = "1"}},
        {"backgammon", {.difficulty = "3"}},
        {"berzerk", {.mode = "16"}},
        {"double_dunk", {.mode = "13"}},
        {"klax", {.mode = "2"}},
        {"lost_luggage", {.mode = "1", .difficulty = "1"}},
        {"ms_pacman", {.mode = "2"}},
        {"pong", {.mode = "1", .difficulty = "2"}},
        {"video_checkers", {.mode = "12"}},
        {"video_cube", {.mode = "302"}},
    };
    require("", "libale_c.so");
    require("roms/", "breakout.bin");
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        assert_games_equal(variants[i].game, &variants[i].choice, 60);
}

/* The game computes its moves for longer than the range of a log of writes; the picture stays. */
static void long_computations_show_as_in_ale(void **state) {
    (void)state;
    require("", "libale_c.so");
    require("roms/", "breakout.bin");
    assert_games_equal("video_checkers", &(struct atari_choice){.mode = "9"}, 300);
}

static void assert_choice_refused(const struct atari_choice *choice, const char *message) {
    char rom[PATH_SIZE];
    char library[PATH_SIZE];
    struct emulator *emulator;
    struct error error;
    data_path(rom, "roms/", "breakout", ".bin");
    data_path(library, "", "libale_c.so", "");
    assert_int_equal(emulator_open_atari(rom, choice, &emulator, &error), STATUS_BAD_INPUT);
    assert_string_equal(error.message, message);
    if (!path_is_file(library))
        return;
    assert_int_equal(emulator_open_ale(rom, library, choice, &emulator, &error), STATUS_BAD_INPUT);
    assert_string_equal(error.message, message);
}

static void other_modes_and_difficulties_are_refused(void **state) {
    (void)state;
    require("roms/", "breakout.bin");
    static const char *const bad[] = {"3", "-4", "48", "4x", " 4", "x", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char message[200];
        snprintf(message, sizeof message,
                 "breakout has no --mode=%s: choose from 0 4 8 12 16 20 24 28 32 36 40 44", bad[i]);
        assert_choice_refused(&(struct atari_choice){.mode = bad[i]}, message);
    }
    assert_choice_refused(&(struct atari_choice){.difficulty = "2"},
                          "breakout has no --difficulty=2: choose from 0 1");
}

/* With either core: the rest of the game would be different. */
static void states_of_other_modes_are_refused(void **state) {
    (void)state;
    require("", "libale_c.so");
    require("roms/", "breakout.bin");
    const struct atari_choice choice = {.mode = "4", .difficulty = "1"};
    struct emulator *cores[2][2] = {{open_native("breakout"), open_chosen("breakout", &choice)},
                                    {open_ale("breakout", NULL), open_ale("breakout", &choice)}};
    for (int i = 0; i < 2; i++) {
        size_t used;
        struct error error;
        const size_t bound = emulator_state_bound(cores[i][0], 1);
        uint8_t *saved = malloc(bound);
        assert_non_null(saved);
        emulator_reset(cores[i][0]);
        emulator_reset(cores[i][1]);
        assert_int_equal(emulator_save_state(cores[i][0], saved, bound, &used, &error), STATUS_OK);
        assert_int_equal(emulator_load_state(cores[i][1], saved, used, &error), STATUS_BAD_INPUT);
        assert_non_null(strstr(error.message, "not one of breakout 4/1"));
        assert_int_equal(emulator_load_state(cores[i][0], saved, used, &error), STATUS_OK);
        free(saved);
        emulator_close(cores[i][0]);
        emulator_close(cores[i][1]);
    }
}

static void written_ram_can_be_saved(void **state) {
    (void)state;
    require("roms/", "breakout.bin");
    struct emulator *emulator = open_native("breakout");
    const size_t bound = emulator_state_bound(emulator, 1);
    uint8_t *saved = malloc(bound);
    uint8_t ram[RAM_SIZE];
    size_t used;
    struct error error;
    assert_non_null(saved);
    emulator_reset(emulator);
    emulator_ram_write(emulator, 5, 77);
    assert_int_equal(emulator_save_state(emulator, saved, bound, &used, &error), STATUS_OK);
    emulator_reset(emulator);
    assert_int_equal(emulator_load_state(emulator, saved, used, &error), STATUS_OK);
    emulator_ram_read(emulator, ram);
    assert_int_equal(ram[5], 77);
    free(saved);
    emulator_close(emulator);
}

static uint8_t byte(struct rng *rng) {
    return (uint8_t)rng_below(rng, 256);
}

/* Any bytes with a valid seal are refused, or play. */
static void impossible_states_do_no_harm(void **state) {
    (void)state;
    require("roms/", "breakout.bin");
    struct emulator *emulator = open_native("breakout");
    const size_t bound = emulator_state_bound(emulator, 1);
    uint8_t *saved = malloc(bound);
    size_t used;
    int refused = 0;
    struct error error;
    struct rng rng;
    struct seal seal;
    assert_non_null(saved);
    rng_seed(&rng, 14, 0);
    for (int n = 0; n < 600; n++) {
        emulator_reset(emulator);
        assert_int_equal(emulator_save_state(emulator, saved, bound, &used, &error), STATUS_OK);
        memcpy(&seal, saved, sizeof seal);
        for (uint32_t i = 1 + rng_below(&rng, 8); i > 0; i--)
            saved[sizeof seal + rng_below(&rng, 700)] = byte(&rng);
        seal_write(saved, used, seal.kind);
        const enum status status = emulator_load_state(emulator, saved, used, &error);
        assert_true(status == STATUS_OK || status == STATUS_BAD_INPUT);
        refused += status != STATUS_OK;
        for (int i = 0; i < 3; i++)
            emulator_act(emulator, 1);
    }
    assert_in_range(refused, 100, 600);
    free(saved);
    emulator_close(emulator);
}

static void bad_files_are_refused(void **state) {
    (void)state;
    struct emulator *emulator;
    struct error error;
    assert_int_equal(emulator_open_atari("nowhere/breakout.bin", NULL, &emulator, &error),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "install-deps"));
    assert_int_equal(emulator_open_atari("nowhere/unknown.bin", NULL, &emulator, &error),
                     STATUS_BAD_INPUT);
}

/* ---- Rules ----------------------------------------------------------------------------------- */

/* ALE sets the lives to 0 when a game ends, but not for every game. */
static void lives_after_the_end_are_ales(void **state) {
    (void)state;
    static const struct {
        const char *game;
        uint8_t address, value; /* in RAM once the game is over */
        int lives;
    } ends[] = {{"adventure", 0xe0, 2, 1}, {"adventure", 0xb9, 0x12, 1}, {"seaquest", 0xa3, 1, 0}};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const struct title *title = title_find(ends[i].game);
        struct console_state console = {0};
        struct rules rules;
        assert_non_null(title);
        rules_reset(&rules, title);
        rules_play(&rules, title, &console);
        assert_false(rules.is_over);
        assert_int_equal(rules.lives, 1);
        console.ram[ends[i].address - 0x80] = ends[i].value;
        rules_play(&rules, title, &console);
        assert_true(rules.is_over);
        assert_int_equal(rules.lives, ends[i].lives);
    }
}

/* Mode 2 has mode 0's end. */
static void casino_scores_in_all_modes(void **state) {
    (void)state;
    static const uint8_t modes[] = {0, 2, 3};
    const struct title *title = title_find("casino");
    assert_non_null(title);
    for (size_t i = 0; i < sizeof modes; i++) {
        struct console_state console = {0};
        struct rules rules;
        rules_reset(&rules, title);
        console.ram[0xd4 - 0x80] = modes[i];
        console.ram[0x8c - 0x80] = 0x10; /* 1000 */
        rules_play(&rules, title, &console);
        console.ram[0x95 - 0x80] = 0x20;
        console.ram[0x9e - 0x80] = 0x20;
        rules_play(&rules, title, &console);
        assert_int_equal(rules.reward, 20);
        assert_false(rules.is_over);
        console.ram[modes[i] == 3 ? 0x9e - 0x80 : 0xd3 - 0x80] = 0xaa;
        rules_play(&rules, title, &console);
        assert_true(rules.is_over);
    }
}

/* ---- Objects --------------------------------------------------------------------------------- */

static uint8_t flag(struct rng *rng) {
    return rng_below(rng, 2) ? 1 : 0;
}

/* Registers as in a game, with all kinds of rare values. */
static struct tia random_tia(struct rng *rng) {
    struct tia tia = {0};
    tia.playfield = rng_below(rng, 3) ? rng_below(rng, 1 << 20) : 0;
    tia.ctrlpf = byte(rng);
    tia.old_ball = flag(rng);
    tia.is_mirrored = flag(rng);
    tia.star_look = rng_below(rng, 8) ? 0 : (uint8_t)rng_below(rng, 3);
    for (int i = 0; i < 4; i++)
        tia.colours[i] = (uint8_t)(16 * i + 2);
    for (int i = 0; i < 5; i++)
        tia.positions[i] = (uint8_t)rng_below(rng, TIA_WIDTH);
    for (int i = 0; i < 2; i++) {
        tia.nusiz[i] = byte(rng);
        tia.mirrors[i] = flag(rng);
        tia.graphics[i] = rng_below(rng, 3) ? byte(rng) : 0;
        tia.old_graphics[i] = byte(rng);
        tia.locked[i] = !rng_below(rng, 4);
        tia.skips[i] = !rng_below(rng, 4);
    }
    for (int i = 0; i < 3; i++) {
        tia.enabled[i] = flag(rng);
        tia.delays[i] = !rng_below(rng, 4);
    }
    return tia;
}

static void masks_paint_like_pixels(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 11, 0);
    for (int n = 0; n < 3000; n++) {
        const struct tia tia = random_tia(&rng);
        struct objects objects;
        objects_watch_pixels(&objects);
        objects_look(&objects, &tia);
        const int begin = (int)rng_below(&rng, TIA_WIDTH);
        const int end = begin + 1 + (int)rng_below(&rng, (uint32_t)(TIA_WIDTH - begin));
        uint8_t row[TIA_WIDTH];
        uint8_t wanted[TIA_WIDTH];
        memset(row, 0x55, sizeof row);
        memset(wanted, 0x55, sizeof wanted);
        objects_begin(&objects, &tia, begin);
        painting_paint(&objects, &tia, row, end);
        for (int x = begin; x < end; x++)
            wanted[x] = painting_colour(&tia, x);
        assert_memory_equal(row, wanted, sizeof row);
    }
}

/* The pairs in the order of the collision registers' bits 7 and 6; { 4, 4 } is not a pair. */
static const int pairs[16][2] = {{2, 1}, {2, 0}, {3, 0}, {3, 1}, {0, 5}, {0, 4}, {1, 5}, {1, 4},
                                 {2, 5}, {2, 4}, {3, 5}, {3, 4}, {4, 5}, {4, 4}, {0, 1}, {2, 3}};

static void masks_collide_like_pixels(void **state) {
    (void)state;
    struct rng rng;
    rng_seed(&rng, 12, 0);
    for (int n = 0; n < 1000; n++) {
        const struct tia tia = random_tia(&rng);
        struct objects objects;
        const int begin = (int)rng_below(&rng, TIA_WIDTH);
        const int end = begin + 1 + (int)rng_below(&rng, (uint32_t)(TIA_WIDTH - begin));
        unsigned wanted = 0;
        for (int pair = 0; pair < 16; pair++)
            for (int x = begin; x < end && pairs[pair][0] != pairs[pair][1]; x++)
                if (objects_cover(&tia, pairs[pair][0], x) &&
                    objects_cover(&tia, pairs[pair][1], x))
                    wanted |= 1u << pair;
        for (int i = 0; i < 2; i++) {
            const unsigned watched = i ? 0xf00f : TIA_ALL_PAIRS;
            objects_watch(&objects, watched);
            objects_look(&objects, &tia);
            objects_begin(&objects, &tia, begin);
            assert_int_equal(objects_collide(&objects, &tia, end), wanted & watched);
        }
    }
}

/* ---- Logs ------------------------------------------------------------------------------------ */

enum { LOG_WRITES = 400 };

/* Random writes of two dozen lines; written: the last value of each register. */
static int32_t random_log(struct rng *rng, uint32_t writes[LOG_WRITES], uint8_t written[64]) {
    static const uint8_t first[] = {TIA_COLUP0, TIA_COLUP0 + 1, TIA_COLUP0 + 2, TIA_COLUBK,
                                    TIA_PF0,    TIA_PF1,        TIA_PF2};
    uint32_t cycles = 76 * 18;
    memset(written, 0, 64);
    for (uint32_t i = 0; i < LOG_WRITES; i++) {
        uint32_t address = i < sizeof first ? first[i] : TIA_NUSIZ0 + rng_below(rng, 0x29);
        if (i >= sizeof first && !rng_below(rng, 4))
            address = TIA_HMOVE;
        cycles += 3 + rng_below(rng, rng_below(rng, 30) ? 12 : 300);
        if (address == TIA_HMOVE && flag(rng))
            cycles += 75 - cycles % 76;
        written[address] = byte(rng);
        writes[i] = tia_write_of(cycles, address, written[address]);
    }
    return (int32_t)(3 * cycles);
}

/* Frames without readers are not computed in full, with the same result: the state of a chip that
 * watches no collisions, some or all, or that paints. */
static void logs_end_alike(void **state) {
    (void)state;
    static uint8_t pixels[TIA_MAX_HEIGHT * TIA_WIDTH];
    static const unsigned watched[] = {TIA_ALL_PAIRS, 0, 0x0ff0, 0x4003, 0x0050, 0x1000};
    const struct tia_frame frame = {.first_clock = 20 * TIA_LINE_CLOCKS,
                                    .end_clock = (20 + TIA_MAX_HEIGHT) * TIA_LINE_CLOCKS};
    struct rng rng;
    rng_seed(&rng, 13, 0);
    for (int n = 0; n < 400; n++) {
        uint32_t writes[LOG_WRITES];
        uint8_t written[64];
        struct tia tia = random_tia(&rng);
        tia_begin_frame(&tia, &frame, 0, 262);
        const int32_t clock = random_log(&rng, writes, written);
        struct tia drawn = tia, whole = tia;
        tia_draw(&drawn, &frame, writes, LOG_WRITES, clock, pixels);
        for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++) {
            struct objects objects;
            struct tia played = tia;
            objects_watch(&objects, watched[i]);
            tia_play(&played, &frame, &objects, writes, LOG_WRITES, clock, written);
            if (i == 0)
                whole = played;
            assert_int_equal(played.collisions, whole.collisions & watched[i]);
            played.collisions = drawn.collisions;
            assert_memory_equal(&played, &drawn, sizeof drawn);
        }
    }
}

/* ---- Packing --------------------------------------------------------------------------------- */

static void packed_pictures_come_back(void **state) {
    (void)state;
    enum { HEIGHT = 40 };
    uint8_t pixels[HEIGHT * TIA_WIDTH];
    uint8_t back[HEIGHT * TIA_WIDTH];
    uint8_t packed[HEIGHT * (TIA_WIDTH + 1)];
    struct rng rng;
    rng_seed(&rng, 13, 0);
    assert_int_equal(packing_bound(HEIGHT), sizeof packed);
    for (uint32_t colours = 1; colours <= 256; colours *= 4) { /* from one colour to noise */
        for (size_t i = 0; i < sizeof pixels; i++)
            pixels[i] = rng_below(&rng, colours) ? pixels[i ? i - 1 : 0] : byte(&rng);
        const size_t size = packing_pack(packed, pixels, HEIGHT);
        assert_in_range(size, HEIGHT, sizeof packed);
        assert_int_equal(packing_unpack(back, HEIGHT, packed, size), size);
        assert_memory_equal(back, pixels, sizeof pixels);
        for (size_t cut = 0; cut < size; cut++)
            assert_int_equal(packing_unpack(back, HEIGHT, packed, cut), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lives_after_the_end_are_ales),
        cmocka_unit_test(casino_scores_in_all_modes),
        cmocka_unit_test(masks_paint_like_pixels),
        cmocka_unit_test(masks_collide_like_pixels),
        cmocka_unit_test(logs_end_alike),
        cmocka_unit_test(packed_pictures_come_back),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(native_core_keeps_the_contract),
        cmocka_unit_test(native_core_plays_as_ale),
        cmocka_unit_test(all_actions_work_as_in_ale),
        cmocka_unit_test(modes_and_difficulties_are_ales),
        cmocka_unit_test(long_computations_show_as_in_ale),
        cmocka_unit_test(other_modes_and_difficulties_are_refused),
        cmocka_unit_test(states_of_other_modes_are_refused),
        cmocka_unit_test(written_ram_can_be_saved),
        cmocka_unit_test(impossible_states_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
