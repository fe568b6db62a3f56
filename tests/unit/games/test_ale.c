/* ALE on the real ROMs; skipped if tools/install-deps has not fetched them. */
#include "../../tools/cores.h"

#include <dlfcn.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { MAX_PIXELS = 160 * 300, RAM_SIZE = 128, MAX_ACTIONS = 18, MAX_FRAMES = 3000 };

static void require_roms(void) {
    char library[PATH_SIZE];
    char rom[PATH_SIZE];
    data_path(library, "", "libale_c.so", "");
    data_path(rom, "roms/", "breakout", ".bin");
    if (path_is_file(library) && path_is_file(rom))
        return;
    print_message("# no ALE library or ROMs in '%s': run tools/install-deps\n", data_folder());
    skip();
}

static struct emulator *open_rom(const char *name) {
    struct emulator *emulator;
    struct error error;
    if (open_core(true, name, NULL, &emulator, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return emulator;
}

/* All observable results of a frame. */
struct sight {
    struct emulator_frame frame;
    uint8_t screen[MAX_PIXELS];
    uint8_t ram[RAM_SIZE];
};

static uint64_t digest(const struct emulator *emulator, struct emulator_frame frame) {
    static struct sight sight;
    memset(&sight, 0, sizeof sight);
    emulator_screen_indices(emulator, sight.screen);
    emulator_ram_read(emulator, sight.ram);
    sight.frame.reward = frame.reward;
    sight.frame.lives = frame.lives;
    sight.frame.game_over = frame.game_over;
    uint64_t words[sizeof sight / sizeof(uint64_t)];
    memcpy(words, &sight, sizeof words);
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        hash = (hash ^ words[i]) * 0x100000001b3u;
    return hash;
}

static struct emulator_frame act_at_random(struct emulator *emulator, struct rng *rng) {
    const int action = (int)rng_below(rng, (uint32_t)emulator->info.action_count);
    const struct emulator_frame frame = emulator_act(emulator, action);
    return frame.game_over ? emulator_reset(emulator) : frame;
}

/* Plays random frames and records each screen, or compares it with the record. */
static void play(struct emulator *emulator, struct rng *rng, int frames, uint64_t *digests,
                 bool compare) {
    for (int i = 0; i < frames; i++) {
        const uint64_t found = digest(emulator, act_at_random(emulator, rng));
        if (compare && found != digests[i])
            fail_msg("frame %d differs", i);
        digests[i] = found;
    }
}

/* A reset leads to the same frames after any play. */
static void assert_reset_is_exact(struct emulator *emulator) {
    enum { FRAMES = 60 };
    uint64_t digests[FRAMES] = {0};
    for (uint64_t history = 0; history < 3; history++) {
        struct rng rng;
        emulator_reset(emulator);
        rng_seed(&rng, 1, 0);
        play(emulator, &rng, FRAMES, digests, history > 0);
        rng_seed(&rng, 2, history);
        for (int i = 0; i < 30 + 47 * (int)history; i++)
            act_at_random(emulator, &rng);
    }
}

static void every_rom_opens_plays_and_resets_exactly(void **state) {
    (void)state;
    require_roms();
    const int every = getenv("ASYNCRL_SHORT") ? 10 : 1; /* our code is the same for all */
    int games = 0;
    for (const char *name; (name = emulator_ale_rom(games)); games++) {
        if (games % every != 0)
            continue;
        struct emulator *emulator = open_rom(name);
        const struct emulator_info *info = &emulator->info;
        assert_int_equal(info->screen_width, 160);
        assert_in_range(info->screen_height, 210, 250);
        assert_in_range(info->action_count, 3, MAX_ACTIONS);
        assert_int_equal(info->ram_size, RAM_SIZE);
        assert_true(info->frames_per_second == (info->screen_height == 250 ? 50 : 60));
        assert_true(fabs(info->pixel_aspect - (info->screen_height == 250 ? 2.08 : 1.714)) < 0.01);
        if (info->fire_action >= 0)
            assert_string_equal(info->action_names[info->fire_action], "FIRE");
        assert_reset_is_exact(emulator);
        emulator_close(emulator);
    }
    assert_int_equal(games, 106);
}

static void breakout_is_like_gyms(void **state) {
    (void)state;
    require_roms();
    struct emulator *emulator = open_rom("breakout");
    static const char *const names[] = {"NOOP", "FIRE", "RIGHT", "LEFT"};
    assert_int_equal(emulator->info.action_count, 4);
    for (int i = 0; i < 4; i++)
        assert_string_equal(emulator->info.action_names[i], names[i]);
    assert_int_equal(emulator->info.fire_action, 1);
    assert_int_equal(emulator->info.screen_height, 210);
    assert_int_equal(emulator_reset(emulator).lives, 5);
    struct emulator_frame frame = {0};
    for (int i = 0; i < 5000 && !frame.game_over; i++)
        frame = emulator_act(emulator, i % 2);
    assert_true(frame.game_over);
    assert_int_equal(frame.lives, 0);
    emulator_close(emulator);
}

static void two_emulators_play_alike(void **state) {
    (void)state;
    require_roms();
    enum { FRAMES = 1500 };
    static uint64_t digests[FRAMES];
    for (int i = 0; i < 2; i++) {
        struct emulator *emulator = open_rom("seaquest");
        struct rng rng;
        rng_seed(&rng, 7, 0);
        emulator_reset(emulator);
        play(emulator, &rng, FRAMES, digests, i > 0);
        emulator_close(emulator);
    }
}

/* ---- Saved states ---------------------------------------------------------------------------- */

static uint8_t *save(struct emulator *emulator, size_t *size) {
    struct error error;
    const size_t bound = emulator_state_bound(emulator, MAX_FRAMES);
    uint8_t *saved = malloc(bound);
    assert_non_null(saved);
    if (emulator_save_state(emulator, saved, bound, size, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return saved;
}

static void load(struct emulator *emulator, const uint8_t *saved, size_t size) {
    struct error error;
    if (emulator_load_state(emulator, saved, size, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static void count_up(void *count) {
    ++*(int *)count;
}

/* A state is replayed, which can take minutes: a caller that asks for signs of life gets them
 * throughout. */
static void loading_gives_signs_of_life(void **state) {
    (void)state;
    require_roms();
    struct emulator *emulator = open_rom("breakout");
    struct rng rng;
    rng_seed(&rng, 1, 0);
    emulator_reset(emulator);
    for (int i = 0; i < 300; i++)
        act_at_random(emulator, &rng);
    size_t size;
    uint8_t *saved = save(emulator, &size);
    int signs = 0;
    emulator_watch(emulator, count_up, &signs);
    load(emulator, saved, size);
    assert_true(signs >= 300);
    free(saved);
    emulator_close(emulator);
}

static void saved_state_is_exact(void **state) {
    (void)state;
    require_roms();
    enum { FRAMES = 1000 };
    static uint64_t digests[FRAMES];
    static const char *const games[] = {"breakout", "tic_tac_toe_3d", "ms_pacman", "yars_revenge",
                                        "air_raid"};
    for (size_t g = 0; g < sizeof games / sizeof games[0]; g++) {
        struct emulator *emulator = open_rom(games[g]);
        struct rng rng;
        rng_seed(&rng, 3, g);
        emulator_reset(emulator);
        struct emulator_frame frame = {0};
        for (int i = 0; i < 300; i++)
            frame = act_at_random(emulator, &rng);
        const uint64_t seen = digest(emulator, frame);
        size_t size;
        uint8_t *saved = save(emulator, &size);
        const struct rng rng_then = rng;
        play(emulator, &rng, FRAMES, digests, false);

        load(emulator, saved, size);
        assert_true(digest(emulator, frame) == seen);
        rng = rng_then;
        play(emulator, &rng, FRAMES, digests, true);

        struct emulator *other = open_rom(games[g]);
        load(other, saved, size);
        assert_true(digest(other, frame) == seen);
        rng = rng_then;
        play(other, &rng, FRAMES, digests, true);
        free(saved);
        emulator_close(other);
        emulator_close(emulator);
    }
}

static void damaged_state_is_refused_and_changes_nothing(void **state) {
    (void)state;
    require_roms();
    struct emulator *breakout = open_rom("breakout");
    struct emulator *pong = open_rom("pong");
    struct error error;
    size_t size;
    emulator_reset(breakout);
    for (int i = 0; i < 500; i++)
        emulator_act(breakout, 1);
    uint8_t *saved = save(breakout, &size);
    for (int i = 0; i < 20; i++)
        emulator_act(breakout, 1);
    const uint64_t before = digest(breakout, (struct emulator_frame){0});
    for (size_t i = 0; i < size; i += 7) {
        saved[i] ^= 1;
        assert_int_equal(emulator_load_state(breakout, saved, size, &error), STATUS_BAD_INPUT);
        saved[i] ^= 1;
        assert_int_equal(emulator_load_state(breakout, saved, i, &error), STATUS_BAD_INPUT);
    }
    assert_true(digest(breakout, (struct emulator_frame){0}) == before);
    assert_int_equal(emulator_load_state(pong, saved, size, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "pong"));
    free(saved);
    emulator_close(breakout);
    emulator_close(pong);
}

static void ram_is_writable(void **state) {
    (void)state;
    require_roms();
    struct emulator *emulator = open_rom("breakout");
    uint8_t ram[RAM_SIZE];
    emulator_reset(emulator);
    emulator_ram_read(emulator, ram);
    assert_int_equal(ram[57], 5); /* Breakout keeps its lives there */
    emulator_ram_write(emulator, 57, 2);
    emulator_ram_read(emulator, ram);
    assert_int_equal(ram[57], 2);
    assert_int_equal(emulator_act(emulator, 0).lives, 2);

    /* Writes to RAM are not among the actions that lead to a state. */
    uint8_t state_room[MAX_FRAMES];
    size_t used;
    struct error error;
    assert_int_equal(emulator_save_state(emulator, state_room, sizeof state_room, &used, &error),
                     STATUS_FAILED);
    emulator_reset(emulator);
    assert_int_equal(emulator_save_state(emulator, state_room, sizeof state_room, &used, &error),
                     STATUS_OK);
    emulator_close(emulator);
}

/* A reset right after another is not played, without visible effect; a reset after anything else
 * is. */
static void reset_on_top_of_a_reset_is_the_same(void **state) {
    enum { FRAMES = 300 };
    static const char *const games[] = {"breakout", "yars_revenge", "tic_tac_toe_3d"};
    (void)state;
    require_roms();
    for (size_t g = 0; g < sizeof games / sizeof games[0]; g++) {
        struct emulator *emulator = open_rom(games[g]);
        uint64_t digests[FRAMES] = {0};
        uint64_t first = 0;
        for (int resets = 1; resets <= 4; resets++) {
            struct emulator_frame frame = {0};
            for (int i = 0; i < resets; i++)
                frame = emulator_reset(emulator);
            if (resets == 1)
                first = digest(emulator, frame);
            assert_true(digest(emulator, frame) == first);
            struct rng rng;
            rng_seed(&rng, 3, 0);
            play(emulator, &rng, FRAMES, digests, resets > 1);
        }
        for (size_t address = 0; address < RAM_SIZE; address++)
            emulator_ram_write(emulator, address, 0xa5);
        assert_true(digest(emulator, emulator_reset(emulator)) == first);
        for (size_t address = 0; address < RAM_SIZE; address++) /* with no frame in between */
            emulator_ram_write(emulator, address, 0xa5);
        assert_true(digest(emulator, emulator_reset(emulator)) == first);
        emulator_close(emulator);
    }
}

/* A program that replaces one of ALE's functions gets the same frames as one that does not: this
 * case is run in both. */
static void frames_are_the_known_ones(void **state) {
    enum { FRAMES = 400 };
    static const struct {
        const char *name;
        uint64_t digest;
    } games[] = {
        {"breakout", 0xdff0ed5bea05c192},  {"seaquest", 0x2e76665e097fd5cd},
        {"ms_pacman", 0x8e6ab88ad3bf2aa2}, {"asteroids", 0x5511b688f11fc523},
        {"pacman", 0x2f84e2126310877d},    {"air_raid", 0x97f7eda2cb9fd0f9},
    };
    (void)state;
    require_roms();
    for (size_t g = 0; g < sizeof games / sizeof games[0]; g++) {
        struct emulator *emulator = open_rom(games[g].name);
        uint64_t digests[FRAMES] = {0};
        struct rng rng;
        rng_seed(&rng, 5, 0);
        emulator_reset(emulator);
        play(emulator, &rng, FRAMES, digests, false);
        uint64_t all = 0;
        for (int i = 0; i < FRAMES; i++)
            all = (all ^ digests[i]) * 0x100000001b3u;
        if (all != games[g].digest)
            fail_msg("the frames of %s make 0x%016llx", games[g].name, (unsigned long long)all);
        emulator_close(emulator);
    }
}

/* ---- Colours against ALE's own --------------------------------------------------------------- */

/* ALE's unchanged C library, with colour averaging on. */
struct averaging_ale {
    void *library;
    void *interface;
    int codes[MAX_ACTIONS];
    int (*act)(void *, int);
    void (*get_screen)(void *, unsigned char *);
    void (*get_rgb)(void *, unsigned char *);
    void (*get_gray)(void *, unsigned char *);
};

static void *symbol(void *library, const char *name) {
    void *found = dlsym(library, name);
    assert_non_null(found);
    return found;
}

static struct averaging_ale open_averaging(const char *rom) {
    char path[PATH_SIZE];
    data_path(path, "", "libale_c.so", "");
    struct averaging_ale ale = {.library = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
    assert_non_null(ale.library);
    void (*set_logger_mode)(int);
    void *(*create)(void);
    void (*set_bool)(void *, const char *, bool);
    void (*set_int)(void *, const char *, int);
    void (*set_float)(void *, const char *, float);
    void (*load_rom)(void *, const char *);
    void (*minimal_actions)(void *, int *);
    *(void **)&set_logger_mode = symbol(ale.library, "setLoggerMode");
    *(void **)&create = symbol(ale.library, "ALE_new");
    *(void **)&set_bool = symbol(ale.library, "setBool");
    *(void **)&set_int = symbol(ale.library, "setInt");
    *(void **)&set_float = symbol(ale.library, "setFloat");
    *(void **)&load_rom = symbol(ale.library, "loadROM");
    *(void **)&minimal_actions = symbol(ale.library, "getMinimalActionSet");
    *(void **)&ale.act = symbol(ale.library, "act");
    *(void **)&ale.get_screen = symbol(ale.library, "getScreen");
    *(void **)&ale.get_rgb = symbol(ale.library, "getScreenRGB");
    *(void **)&ale.get_gray = symbol(ale.library, "getScreenGrayscale");
    set_logger_mode(2);
    ale.interface = create();
    set_int(ale.interface, "random_seed", 1);
    set_float(ale.interface, "repeat_action_probability", 0);
    set_bool(ale.interface, "color_averaging", true);
    data_path(path, "roms/", rom, ".bin");
    load_rom(ale.interface, path);
    minimal_actions(ale.interface, ale.codes);
    return ale;
}

static void close_averaging(struct averaging_ale *ale) {
    void (*destroy)(void *);
    *(void **)&destroy = symbol(ale->library, "ALE_del");
    destroy(ale->interface);
    dlclose(ale->library);
}

static void assert_colours_equal(const struct emulator_info *info, struct averaging_ale *ale,
                                 const uint8_t *indices, size_t pixels) {
    static uint8_t rgb[3 * MAX_PIXELS];
    static uint8_t gray[MAX_PIXELS];
    ale->get_rgb(ale->interface, rgb);
    ale->get_gray(ale->interface, gray);
    for (size_t i = 0; i < pixels; i++) {
        assert_memory_equal(rgb + 3 * i, info->palette[indices[i]], 3);
        assert_int_equal(gray[i], info->palette_luma[indices[i]]);
    }
}

static void assert_averages_equal(const char *game, int frames) {
    static uint8_t screens[2][MAX_PIXELS];
    static uint8_t blend[MAX_PIXELS];
    struct emulator *emulator = open_rom(game);
    struct averaging_ale ale = open_averaging(game);
    const size_t pixels =
        (size_t)emulator->info.screen_width * (size_t)emulator->info.screen_height;
    struct rng rng;
    rng_seed(&rng, 13, 0);
    size_t blended = 0;
    for (int f = 0; f < frames; f++) {
        const int action = (int)rng_below(&rng, (uint32_t)emulator->info.action_count);
        const struct emulator_frame frame = emulator_act(emulator, action);
        ale.act(ale.interface, ale.codes[action]);
        emulator_screen_indices(emulator, screens[f % 2]);
        ale.get_screen(ale.interface, blend);
        for (size_t i = 0; f > 0 && i < pixels; i++) {
            const uint8_t now = screens[f % 2][i];
            const uint8_t before = screens[(f + 1) % 2][i];
            if (now % 2 || before % 2)
                continue; /* ALE's result depends on uninitialised memory; see ale_colours.h */
            if (emulator->info.average[now][before] != blend[i])
                fail_msg("%s: frame %d, pixel %zu: the blend of %d and %d is %d, not %d", game, f,
                         i, now, before, blend[i], emulator->info.average[now][before]);
            blended += now != before;
        }
        if (f % 50 == 0)
            assert_colours_equal(&emulator->info, &ale, blend, pixels);
        if (frame.game_over)
            break;
    }
    assert_true(blended > 0);
    close_averaging(&ale);
    emulator_close(emulator);
}

static void colour_average_is_ales_own(void **state) {
    (void)state;
    require_roms();
    /* This program must not replace the function that makes ALE's average colours. */
    assert_null(dlsym(RTLD_DEFAULT, "_ZN3ale13PhosphorBlend18makeAveragePaletteEv"));
    static const char *const games[] = {"breakout",  "pong",       "seaquest", "ms_pacman",
                                        "asteroids", "beam_rider", "pacman",   "air_raid"};
    for (size_t g = 0; g < sizeof games / sizeof games[0]; g++)
        assert_averages_equal(games[g], 2000);
}

static void average_is_symmetric(void **state) {
    (void)state;
    require_roms();
    struct emulator *emulator = open_rom("breakout");
    const uint8_t(*average)[256] = emulator->info.average;
    for (int i = 0; i < 256; i++)
        for (int j = 0; j < 256; j++)
            assert_int_equal(average[i][j], average[j][i]);
    emulator_close(emulator);
}

static void rgb_screen_is_the_palette_of_the_indices(void **state) {
    (void)state;
    require_roms();
    static uint8_t indices[MAX_PIXELS];
    static uint8_t rgb[3 * MAX_PIXELS];
    struct emulator *emulator = open_rom("breakout");
    emulator_screen_indices(emulator, indices);
    emulator_screen_rgb(emulator, rgb);
    for (size_t i = 0; i < (size_t)160 * 210; i++)
        assert_memory_equal(rgb + 3 * i, emulator->info.palette[indices[i]], 3);
    emulator_close(emulator);
}

/* ---- Bad input ------------------------------------------------------------------------------- */

static void assert_refused(const char *rom, const char *library, const char *hint) {
    struct emulator *emulator;
    struct error error;
    assert_int_equal(emulator_open_ale(rom, library, NULL, &emulator, &error), STATUS_BAD_INPUT);
    if (!strstr(error.message, hint))
        fail_msg("'%s' does not say '%s'", error.message, hint);
    assert_null(strchr(error.message, '\n'));
}

static void write_file(const char *path, const char *text) {
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static void bad_files_are_refused(void **state) {
    (void)state;
    require_roms();
    char library[PATH_SIZE];
    char rom[PATH_SIZE];
    char folder[] = "/tmp/asyncrl-test-XXXXXX";
    char damaged[PATH_SIZE];
    char fake_library[PATH_SIZE];
    data_path(library, "", "libale_c.so", "");
    data_path(rom, "roms/", "breakout", ".bin");
    assert_non_null(mkdtemp(folder));
    snprintf(damaged, sizeof damaged, "%s/breakout.bin", folder);
    snprintf(fake_library, sizeof fake_library, "%s/libale_c.so", folder);

    assert_refused(rom, fake_library, "tools/install-deps");
    assert_refused(damaged, library, "tools/install-deps");
    write_file(damaged, "no game");
    write_file(fake_library, "no library");
    assert_refused(damaged, library, "MD5");
    assert_refused(rom, fake_library, "tools/install-deps");
    data_path(rom, "roms/", "combat", ".bin");
    assert_refused(rom, library, "combat.bin");
    assert_refused("/nowhere/tetris2.bin", library, "tetris2.bin");
    assert_refused(folder, library, "breakout.bin");

    unlink(damaged);
    unlink(fake_library);
    rmdir(folder);
}

/* The argument `slowly` is for a program in which ALE opens each ROM slowly, because it makes its
 * average colours: the cases in which that could show. */
int main(int count, char **arguments) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(breakout_is_like_gyms),
        cmocka_unit_test(two_emulators_play_alike),
        cmocka_unit_test(saved_state_is_exact),
        cmocka_unit_test(loading_gives_signs_of_life),
        cmocka_unit_test(damaged_state_is_refused_and_changes_nothing),
        cmocka_unit_test(ram_is_writable),
        cmocka_unit_test(reset_on_top_of_a_reset_is_the_same),
        cmocka_unit_test(frames_are_the_known_ones),
        cmocka_unit_test(average_is_symmetric),
        cmocka_unit_test(rgb_screen_is_the_palette_of_the_indices),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(every_rom_opens_plays_and_resets_exactly),
    };
    const struct CMUnitTest slow_tests[] = {
        cmocka_unit_test(frames_are_the_known_ones),
        cmocka_unit_test(colour_average_is_ales_own),
    };
    if (count > 1 && strcmp(arguments[1], "slowly") == 0)
        return cmocka_run_group_tests(slow_tests, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
