/* Libretro cores: one of the tests' own, and Nestopia with Super Mario Bros. if both
 * are there. */
#include "games/libretro/libretro.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { WIDTH = 3, HEIGHT = 2, PIXELS = WIDTH * HEIGHT };

/* The folder of the built fake cores; the program's argument. */
static const char *core_folder = ".";

static char work[] = "/tmp/asyncrl-test-XXXXXX";

static const char *core_path(const char *variant) {
    static char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/fake_core_%s.so", core_folder, variant);
    return path;
}

static const char *write_file(const char *name, const char *text, size_t size) {
    static char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", work, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    fclose(file);
    return path;
}

static struct libretro_core *open_fake(const char *behaviour) {
    struct libretro_core *core;
    struct error error;
    const char *rom = write_file("rom", behaviour, strlen(behaviour));
    if (libretro_open(core_path("works"), rom, &core, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return core;
}

static void assert_refused(const char *core_file, const char *rom, const char *hint) {
    struct libretro_core *core;
    struct error error;
    assert_int_equal(libretro_open(core_file, rom, &core, &error), STATUS_BAD_INPUT);
    if (!strstr(error.message, hint) || strchr(error.message, '\n'))
        fail_msg("'%s' does not say '%s' in one line", error.message, hint);
}

static void assert_screen(const struct libretro_core *core, const uint8_t *wanted, size_t pixels) {
    uint8_t rgb[3 * 64];
    int width;
    int height;
    libretro_screen_size(core, &width, &height);
    assert_int_equal(width * height, pixels);
    libretro_screen_rgb(core, rgb);
    assert_memory_equal(rgb, wanted, 3 * pixels);
}

/* ---- The tests' own core --------------------------------------------------------------------- */

static void a_machine_describes_itself(void **state) {
    (void)state;
    struct libretro_core *core = open_fake("8888");
    size_t size;
    assert_string_equal(libretro_name(core), "Fake 7");
    assert_true(libretro_frames_per_second(core) == 50);
    assert_non_null(libretro_ram(core, &size));
    assert_int_equal(size, 4);
    assert_null(libretro_failure(core));
    const uint8_t black[3 * PIXELS] = {0};
    assert_screen(core, black, PIXELS);
    libretro_close(core);
}

static void all_pixel_formats_become_rgb(void **state) {
    (void)state;
    const uint8_t of_32_bits[] = {0, 0, 0,   255, 0,   0,   0,    255,  0,
                                  0, 0, 255, 255, 255, 255, 0x12, 0x34, 0x56};
    const uint8_t of_16_bits[] = {0, 0, 0,   255, 0,   0,   0, 255, 0,
                                  0, 0, 255, 255, 255, 255, 0, 0,   0x84};
    static const char *const formats[] = {"8888", "1555", "565"};
    for (int i = 0; i < 3; i++) {
        struct libretro_core *core = open_fake(formats[i]);
        libretro_run(core, 0);
        assert_screen(core, i == 0 ? of_32_bits : of_16_bits, PIXELS);
        libretro_run(core, 0);
        libretro_run(core, 0); /* shows the frame before again */
        assert_screen(core, i == 0 ? of_32_bits : of_16_bits, PIXELS);
        libretro_close(core);
    }
}

static void a_frame_of_another_size_is_shrunk(void **state) {
    (void)state;
    struct libretro_core *core = open_fake("resize");
    libretro_run(core, 0);
    libretro_run(core, 0);
    const uint8_t every_other[] = {0, 0, 0, 0, 0, 2, 0, 0, 4, 0, 0, 12, 0, 0, 14, 0, 0, 16};
    assert_screen(core, every_other, PIXELS);
    libretro_close(core);
}

static void buttons_of_the_first_player_arrive(void **state) {
    (void)state;
    struct libretro_core *core = open_fake("8888");
    size_t size;
    const uint8_t *ram = libretro_ram(core, &size);
    libretro_run(core, 1u << LIBRETRO_B | 1u << LIBRETRO_RIGHT);
    assert_int_equal(ram[1], 0x81);
    assert_int_equal(ram[3], 1);
    libretro_run(core, 0);
    assert_int_equal(ram[1], 0);
    assert_int_equal(ram[3], 0);
    libretro_reset(core);
    assert_int_equal(ram[0], 0);
    libretro_close(core);
}

static void copies_share_nothing(void **state) {
    (void)state;
    enum { COUNT = 5 };
    struct libretro_core *cores[COUNT];
    for (int i = 0; i < COUNT; i++)
        cores[i] = open_fake("565");
    for (int i = 0; i < COUNT; i++)
        for (int frame = 0; frame < 10 * i; frame++)
            libretro_run(cores[i], (unsigned)i);
    for (int i = 0; i < COUNT; i++) {
        size_t size;
        const uint8_t *ram = libretro_ram(cores[i], &size);
        assert_int_equal(ram[0], 10 * i);
        assert_int_equal(ram[1], i);
        assert_int_equal(ram[2], 1);
    }
    for (int i = 0; i < COUNT; i += 2)
        libretro_close(cores[i]);
    struct libretro_core *late = open_fake("8888");
    size_t size;
    assert_int_equal(libretro_ram(late, &size)[0], 0);
    libretro_close(late);
    for (int i = 1; i < COUNT; i += 2) {
        assert_int_equal(libretro_ram(cores[i], &size)[0], 10 * i);
        libretro_close(cores[i]);
    }
}

static void a_state_holds_machine_and_picture(void **state) {
    (void)state;
    struct libretro_core *core = open_fake("resize");
    struct error error;
    uint8_t saved[64];
    uint8_t before[3 * PIXELS];
    assert_int_equal(libretro_state_size(core), 4 + 3 * PIXELS);
    libretro_run(core, 1);
    libretro_screen_rgb(core, before);
    assert_int_equal(libretro_save(core, saved, &error), STATUS_OK);
    for (int i = 0; i < 3; i++)
        libretro_run(core, 0);
    assert_int_equal(libretro_load(core, saved, libretro_state_size(core), &error), STATUS_OK);
    assert_screen(core, before, PIXELS);
    size_t size;
    assert_int_equal(libretro_ram(core, &size)[0], 1);
    assert_int_equal(libretro_load(core, saved, 5, &error), STATUS_BAD_INPUT);
    assert_int_equal(libretro_load_foreign(core, saved, 3, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "Fake 7"));
    saved[0] = 77;
    assert_int_equal(libretro_load_foreign(core, saved, 4, &error), STATUS_OK);
    assert_int_equal(libretro_ram(core, &size)[0], 77);
    libretro_close(core);
}

static void faults_of_a_core_are_failures(void **state) {
    (void)state;
    static const char *const roms[] = {"shutdown", "huge"};
    static const char *const hints[] = {"shut itself down", "picture"};
    for (int i = 0; i < 2; i++) {
        struct libretro_core *core = open_fake(roms[i]);
        libretro_run(core, 0);
        assert_null(libretro_failure(core));
        libretro_run(core, 0);
        assert_non_null(libretro_failure(core));
        assert_non_null(strstr(libretro_failure(core), hints[i]));
        libretro_run(core, 0); /* is not played */
        size_t size;
        assert_int_equal(libretro_ram(core, &size)[0], 2);
        libretro_close(core);
    }
}

static void other_files_are_refused(void **state) {
    (void)state;
    char rom[PATH_SIZE];
    snprintf(rom, sizeof rom, "%s", write_file("rom", "8888", 4));
    assert_refused("/nowhere/core.so", rom, "/nowhere/core.so");
    assert_refused(work, rom, work);
    assert_refused(write_file("text.so", "no library at all", 17), rom, "not a libretro core");
    assert_refused(write_file("empty.so", "", 0), rom, "not a libretro core");
    assert_refused(core_path("version-2"), rom, "version 2");
    assert_refused(core_path("no-memory"), rom, "retro_get_memory_data");
    assert_refused(core_path("works"), "/nowhere/game.nes", "/nowhere/game.nes");
    assert_refused(core_path("works"), write_file("rom", "what is this", 12), "Fake 7 refuses");
    assert_refused(core_path("works"), write_file("rom", "flat", 4), "3 by 0");
    assert_refused(core_path("works"), write_file("rom", "", 0), "refuses");
}

/* The dynamic loader alone would crash on some of these. */
static void a_library_cut_short_is_refused(void **state) {
    (void)state;
    unsigned char *bytes;
    size_t size;
    struct error error;
    char rom[PATH_SIZE];
    snprintf(rom, sizeof rom, "%s", write_file("rom", "8888", 4));
    assert_int_equal(path_read_file(core_path("works"), 1 << 24, &bytes, &size, &error), STATUS_OK);
    const size_t lengths[] = {10, 63, 64, 100, 700, 4096, size / 2};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        assert_refused(write_file("cut.so", (const char *)bytes, lengths[i]), rom,
                       "not a libretro core");
    free(bytes);
}

/* ---- Nestopia -------------------------------------------------------------------------------- */

/* Writes the path of Debian's core, or skips. */
static void find_nestopia(char path[PATH_SIZE]) {
    glob_t found;
    if (glob("/usr/lib/*/libretro/nestopia_libretro.so", 0, NULL, &found) != 0 || !found.gl_pathv) {
        print_message("# no libretro-nestopia: run tools/install-deps\n");
        skip();
        return;
    }
    snprintf(path, PATH_SIZE, "%s", found.gl_pathv[0]);
    globfree(&found);
}

/* Skips if the core or the ROM is missing. */
static struct libretro_core *open_nestopia(void) {
    const char *folder = getenv("ASYNCRL_DATA");
    char path[PATH_SIZE];
    char rom[PATH_SIZE];
    find_nestopia(path);
    snprintf(rom, sizeof rom, "%s/roms-nes/super-mario-bros.nes", folder ? folder : "deps/data");
    if (!path_is_file(rom)) {
        print_message("# no '%s': run tools/install-deps\n", rom);
        skip();
    }
    struct libretro_core *core;
    struct error error;
    if (libretro_open(path, rom, &core, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return core;
}

enum { NES_RAM = 2048, NES_PIXELS = 256 * 240, NES_FRAMES = 400 };

static uint64_t hash_bytes(uint64_t hash, const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

/* Plays the title screen's buttons at random; a digest of RAM and picture for each frame. */
static void play_nes(struct libretro_core *core, uint64_t seed, uint64_t *digests) {
    static uint8_t rgb[3 * NES_PIXELS];
    size_t size;
    const uint8_t *ram = libretro_ram(core, &size);
    struct rng rng;
    rng_seed(&rng, seed, 0);
    for (int i = 0; i < NES_FRAMES; i++) {
        libretro_run(core, rng_below(&rng, 1u << LIBRETRO_A) & ~(1u << LIBRETRO_Y));
        libretro_screen_rgb(core, rgb);
        digests[i] = hash_bytes(hash_bytes(0xcbf29ce484222325u, ram, size), rgb, sizeof rgb);
    }
}

static void nestopia_shows_the_whole_picture(void **state) {
    (void)state;
    struct libretro_core *core = open_nestopia();
    int width;
    int height;
    size_t size;
    libretro_screen_size(core, &width, &height);
    assert_int_equal(width, 256);
    assert_int_equal(height, 240);
    assert_true(libretro_frames_per_second(core) == 60); /* of the European edition, too */
    assert_non_null(libretro_ram(core, &size));
    assert_int_equal(size, NES_RAM);
    libretro_close(core);
}

static void nestopia_goes_on_exactly_from_a_state(void **state) {
    (void)state;
    static uint64_t first[NES_FRAMES];
    static uint64_t again[NES_FRAMES];
    static uint64_t other[NES_FRAMES];
    struct libretro_core *core = open_nestopia();
    struct libretro_core *beside = open_nestopia();
    struct error error;
    play_nes(core, 1, first);
    uint8_t *saved = malloc(libretro_state_size(core));
    assert_non_null(saved);
    assert_int_equal(libretro_save(core, saved, &error), STATUS_OK);
    play_nes(core, 2, first);
    play_nes(beside, 3, other); /* disturbs nothing */
    assert_int_equal(libretro_load(core, saved, libretro_state_size(core), &error), STATUS_OK);
    play_nes(core, 2, again);
    assert_memory_equal(first, again, sizeof first);
    assert_int_equal(libretro_load(beside, saved, libretro_state_size(core), &error), STATUS_OK);
    play_nes(beside, 2, other);
    assert_memory_equal(first, other, sizeof first);
    saved[0] ^= 0xff;
    assert_int_equal(libretro_load(core, saved, libretro_state_size(core), &error),
                     STATUS_BAD_INPUT);
    free(saved);
    libretro_close(core);
    libretro_close(beside);
}

static void nestopia_refuses_other_files(void **state) {
    (void)state;
    char path[PATH_SIZE];
    find_nestopia(path);
    assert_refused(path, write_file("rom.nes", "no game", 7), "Nestopia");
}

static int make_work_folder(void **state) {
    (void)state;
    return mkdtemp(work) ? 0 : 1;
}

static int remove_work_folder(void **state) {
    (void)state;
    static const char *const names[] = {"rom", "rom.nes", "text.so", "empty.so", "cut.so"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "%s/%s", work, names[i]);
        unlink(path);
    }
    return rmdir(work);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_describes_itself),
        cmocka_unit_test(all_pixel_formats_become_rgb),
        cmocka_unit_test(a_frame_of_another_size_is_shrunk),
        cmocka_unit_test(buttons_of_the_first_player_arrive),
        cmocka_unit_test(copies_share_nothing),
        cmocka_unit_test(a_state_holds_machine_and_picture),
        cmocka_unit_test(faults_of_a_core_are_failures),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(a_library_cut_short_is_refused),
        cmocka_unit_test(nestopia_shows_the_whole_picture),
        cmocka_unit_test(nestopia_goes_on_exactly_from_a_state),
        cmocka_unit_test(nestopia_refuses_other_files),
    };
    if (argc > 1)
        core_folder = argv[1];
    return cmocka_run_group_tests(tests, make_work_folder, remove_work_folder);
}
