/* Saved games of our own Atari core: they hold what a game computes only when it needs it. */
#include "../../tools/cores.h"
#include "games/atari/ports.h"
#include "games/atari/saved.h"
#include "games/atari/titles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FIRST_LINE = 34, HEIGHT = 210, READ_FRAME = 9 };

/* ---- A console without rules ----------------------------------------------------------------- */

/* Both players stand on the playfield. The program clears collisions in every frame, and reads a
 * register, CXP0FB, only once: at the start of frame READ_FRAME, into RAM at 81. */
static const uint8_t program[] = {
    0xa9, 0x02,       0x85, 0x00,             /* F000 LDA #2, STA VSYNC */
    0x85, 0x02,       0x85, 0x02, 0x85, 0x02, /* STA WSYNC, three times */
    0xa9, 0x00,       0x85, 0x00,             /* LDA #0, STA VSYNC: the frame ends */
    0xe6, 0x80,       0xa5, 0x80,             /* INC 80, LDA 80 */
    0xc9, READ_FRAME, 0xd0, 0x04,             /* CMP #READ_FRAME, BNE F01A */
    0xa5, 0x02,       0x85, 0x81,             /* LDA CXP0FB, STA 81 */
    0x85, 0x2c,                               /* F01A STA CXCLR */
    0xa9, 0xff,       0x85, 0x0d, 0x85, 0x1b, /* LDA #FF, STA PF0, STA GRP0 */
    0x85, 0x1c,                               /* STA GRP1 */
    0xa2, 0xff,                               /* LDX #255 */
    0x85, 0x02,       0xca, 0xd0, 0xfb,       /* STA WSYNC, DEX, BNE -5 */
    0x4c, 0x00,       0xf0,                   /* JMP F000 */
};

struct bed {
    struct cartridge cartridge;
    struct console_setup setup;
    struct console console;
    struct rules rules;
};

static struct bed *bed_create(void) {
    uint8_t image[CARTRIDGE_BANK] = {0};
    struct bed *bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    memcpy(image, program, sizeof program);
    image[0xffd] = 0xf0; /* the vector of RESET: F000 */
    cartridge_fill(&bed->cartridge, CARTRIDGE_4K, image);
    bed->setup = (struct console_setup){
        .cartridge = &bed->cartridge,
        .frame = {.first_clock = FIRST_LINE * TIA_LINE_CLOCKS,
                  .end_clock = (FIRST_LINE + HEIGHT) * TIA_LINE_CLOCKS},
        .max_lines = 291,
        .paddle_max = 790196,
    };
    rules_reset(&bed->rules, title_at(0));
    console_power_up(&bed->console, &bed->setup);
    ports_center(&bed->console);
    console_reset(&bed->console, 50);
    return bed;
}

static void run(struct bed *bed, int frames) {
    for (int i = 0; i < frames; i++)
        console_run(&bed->console, &(struct console_inputs){0});
}

static uint8_t ram_at(const struct bed *bed, int address) {
    return bed->console.state.ram[address - 0x80];
}

/* The frame is over when its writes are in the log, and its collisions are not computed. */
static void unread_collisions_are_saved(void **state) {
    (void)state;
    enum { BOTH = 0xc0, PLAYFIELD = 0x80 };
    for (int before = 1; before < READ_FRAME; before++) {
        struct bed *played = bed_create(), *loaded = bed_create();
        uint8_t *bytes = malloc(SAVED_BOUND);
        assert_non_null(bytes);
        while (ram_at(played, 0x80) < READ_FRAME - before)
            run(played, 1);
        const size_t size = saved_write(&played->console, &played->rules, bytes, SAVED_BOUND);
        assert_in_range(size, 1, 4096);
        run(loaded, 3 * before);
        assert_true(saved_read(&loaded->console, &loaded->rules, bytes, size));
        run(played, before);
        run(loaded, before);
        assert_int_equal(ram_at(played, 0x81) & BOTH, PLAYFIELD);
        assert_int_equal(ram_at(loaded, 0x81), ram_at(played, 0x81));
        assert_memory_equal(console_picture(&loaded->console), console_picture(&played->console),
                            HEIGHT * TIA_WIDTH);
        free(bytes);
        free(played);
        free(loaded);
    }
}

static void cut_games_are_refused(void **state) {
    (void)state;
    struct bed *bed = bed_create();
    uint8_t *bytes = malloc(SAVED_BOUND);
    assert_non_null(bytes);
    run(bed, 4);
    const size_t size = saved_write(&bed->console, &bed->rules, bytes, SAVED_BOUND);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *some = malloc(cut + 1); /* of the right size, for tools that watch accesses */
        assert_non_null(some);
        memcpy(some, bytes, cut);
        assert_false(saved_read(&bed->console, &bed->rules, some, cut));
        free(some);
    }
    assert_true(saved_read(&bed->console, &bed->rules, bytes, size));
    free(bytes);
    free(bed);
}

/* ---- Games ----------------------------------------------------------------------------------- */

static struct emulator *open_game(const char *name) {
    struct emulator *emulator;
    struct error error;
    char path[PATH_SIZE];
    data_path(path, "roms/", name, ".bin");
    if (!path_is_file(path)) {
        print_message("# '%s' is missing: run tools/install-deps\n", path);
        skip();
    }
    if (open_core(false, name, NULL, &emulator, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return emulator;
}

static void assert_both_pictures_equal(struct emulator *a, struct emulator *b) {
    const size_t size = (size_t)a->info.screen_height * TIA_WIDTH;
    const uint8_t *seen[2][2];
    emulator_screens(a, seen[0]);
    emulator_screens(b, seen[1]);
    for (int i = 0; i < 2; i++)
        assert_memory_equal(seen[0][i], seen[1][i], size);
}

/* Frames that end early (journey_escape), that go on in the next run (tic_tac_toe_3d), and whole
 * ones. */
static void both_pictures_come_back(void **state) {
    (void)state;
    static const char *const games[] = {"journey_escape", "tic_tac_toe_3d", "seaquest"};
    for (size_t i = 0; i < sizeof games / sizeof games[0]; i++) {
        struct emulator *played = open_game(games[i]), *loaded = open_game(games[i]);
        struct error error;
        struct rng rng;
        size_t used;
        const size_t bound = emulator_state_bound(played, 1);
        uint8_t *bytes = malloc(bound);
        assert_non_null(bytes);
        rng_seed(&rng, 5, 0);
        emulator_reset(played);
        for (int n = 0; n < 400; n++) {
            assert_int_equal(emulator_save_state(played, bytes, bound, &used, &error), STATUS_OK);
            assert_int_equal(emulator_load_state(loaded, bytes, used, &error), STATUS_OK);
            if (n % 3 == 0)
                assert_both_pictures_equal(played, loaded);
            const int actions = played->info.action_count;
            if (emulator_act(played, (int)rng_below(&rng, (uint32_t)actions)).game_over)
                emulator_reset(played);
        }
        free(bytes);
        emulator_close(played);
        emulator_close(loaded);
    }
}

/* ---- Earlier versions ------------------------------------------------------------------------ */

struct saved_head {
    struct console_state console;
    struct rules rules;
};

/* Writes a log as earlier versions did: without its clock and pairs, and with another tag. */
static void copy_log_as_earlier(uint8_t **to, const uint8_t **from) {
    enum { TAG = 253, EARLIER_TAG = 254 };
    uint32_t count;
    assert_int_equal(**from, TAG);
    memcpy(&count, *from + 1 + sizeof(struct tia), sizeof count);
    *(*to)++ = EARLIER_TAG;
    memcpy(*to, *from + 1, sizeof(struct tia) + sizeof count);
    *to += sizeof(struct tia) + sizeof count;
    *from += 1 + sizeof(struct tia) + 3 * sizeof count;
    memcpy(*to, *from, count * sizeof count);
    *to += count * sizeof count;
    *from += count * sizeof count;
}

static void games_of_earlier_versions_are_read(void **state) {
    (void)state;
    struct bed *played = bed_create(), *loaded = bed_create();
    uint8_t *bytes = malloc(SAVED_BOUND), *earlier = malloc(SAVED_BOUND);
    assert_non_null(bytes);
    assert_non_null(earlier);
    run(played, READ_FRAME + 2);
    const size_t size = saved_write(&played->console, &played->rules, bytes, SAVED_BOUND);
    const uint8_t *from = bytes + sizeof(struct saved_head);
    uint8_t *to = earlier + sizeof(struct saved_head);
    memcpy(earlier, bytes, sizeof(struct saved_head));
    copy_log_as_earlier(&to, &from);
    copy_log_as_earlier(&to, &from);
    assert_ptr_equal(from, bytes + size);
    assert_true(saved_read(&loaded->console, &loaded->rules, earlier, (size_t)(to - earlier)));
    for (int n = 0; n < 3; n++) {
        assert_memory_equal(console_picture(&loaded->console), console_picture(&played->console),
                            HEIGHT * TIA_WIDTH);
        run(played, 1);
        run(loaded, 1);
        assert_memory_equal(loaded->console.state.ram, played->console.state.ram, CONSOLE_RAM);
    }
    free(bytes);
    free(earlier);
    free(played);
    free(loaded);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unread_collisions_are_saved),
        cmocka_unit_test(cut_games_are_refused),
        cmocka_unit_test(both_pictures_come_back),
        cmocka_unit_test(games_of_earlier_versions_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
