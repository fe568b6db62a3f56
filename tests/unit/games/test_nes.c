/* Our own NES: small programs with the results of nes-py 8.2.1, cartridges, states, pictures. */
#include "games/mario/nes/console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HEAD = 16, FILE_SIZE = HEAD + 0x8000 + 0x2000, HANDLER = 0x4000 };

struct fixture {
    uint8_t file[FILE_SIZE];
    struct nes_cartridge cartridge;
    struct nes_console console;
};

/* A cartridge of 32 KiB whose program begins at 8000, and its interrupt's handler at C000. */
static struct fixture *open_program(const uint8_t *program, size_t size, const uint8_t *handler,
                                    size_t handler_size) {
    static const uint8_t head[8] = {'N', 'E', 'S', 0x1a, 2, 1, 1, 0};
    static const uint8_t vectors[6] = {0x00, 0xc0, 0x00, 0x80, 0x00, 0xd0};
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    memcpy(fixture->file, head, sizeof head);
    memcpy(fixture->file + HEAD, program, size);
    memcpy(fixture->file + HEAD + HANDLER, handler, handler_size);
    memcpy(fixture->file + HEAD + 0x7ffa, vectors, sizeof vectors);
    assert_null(nes_cartridge_fill(&fixture->cartridge, fixture->file, FILE_SIZE));
    nes_power_up(&fixture->console, &fixture->cartridge);
    return fixture;
}

static void run(struct fixture *fixture, int steps) {
    for (int i = 0; i < steps; i++)
        nes_run(&fixture->console, NES_A | NES_RIGHT, 0);
}

static const uint8_t rti[] = {0x40};

/* The status lies on the stack the other way round, and decimal mode is on. */
static void the_status_is_pushed_reversed(void **state) {
    (void)state;
    static const uint8_t program[] = {0x08, 0x68, 0x85, 0x10, 0x4c, 0x04, 0x80};
    struct fixture *fixture = open_program(program, sizeof program, rti, sizeof rti);
    run(fixture, 1);
    assert_int_equal(fixture->console.state.ram[0x10], 0x34);
    free(fixture);
}

static void a_step_is_29781_cycles(void **state) {
    (void)state;
    static const uint8_t program[] = {0xe6, 0, 0xe6, 0, 0xe6, 0,    0xe6, 0,
                                      0xe6, 0, 0xe6, 1, 0x4c, 0x00, 0x80};
    struct fixture *fixture = open_program(program, sizeof program, rti, sizeof rti);
    run(fixture, 6);
    assert_int_equal(fixture->console.state.ram[0], 195);
    assert_int_equal(fixture->console.state.ram[1], 38);
    free(fixture);
}

/* INC 03F0,X with X 20, and a branch to the next page: each takes a cycle more than on the chip. */
static void crossed_pages_cost_as_in_nes_py(void **state) {
    (void)state;
    static const uint8_t program[] = {0xa2, 0x20, 0xfe, 0xf0, 0x03, 0xe6, 0xf0, 0x4c, 0x02, 0x80};
    struct fixture *fixture = open_program(program, sizeof program, rti, sizeof rti);
    run(fixture, 6);
    assert_int_equal(fixture->console.state.ram[0xf0], 160);
    assert_int_equal(fixture->console.state.ram[0x410], 160);
    free(fixture);

    static const uint8_t before[] = {0xa2, 0x01, 0xd0, 0x10};
    static const uint8_t target[] = {0xe6, 0xf0, 0x4c, 0xf8, 0x80};
    uint8_t branch[0x111] = {0x4c, 0xf8, 0x80};
    memcpy(branch + 0xf8, before, sizeof before);
    memcpy(branch + 0x10c, target, sizeof target);
    fixture = open_program(branch, sizeof branch, rti, sizeof rti);
    run(fixture, 6);
    assert_int_equal(fixture->console.state.ram[0xf0], 136);
    free(fixture);
}

/* Interrupts are on; the program counts at 0, the handler at 1. */
static const uint8_t counter[] = {0xa9, 0x80, 0x8d, 0x00, 0x20, 0xe6, 0x00, 0x4c, 0x05, 0x80};

static void the_vertical_blank_interrupts(void **state) {
    (void)state;
    static const uint8_t handler[] = {0xe6, 0x01, 0x40};
    static const uint8_t stack[] = {0x35, 0x07, 0x80}; /* status, place */
    struct fixture *fixture = open_program(counter, sizeof counter, handler, sizeof handler);
    run(fixture, 20);
    assert_int_equal(fixture->console.state.ram[0], 167);
    assert_int_equal(fixture->console.state.ram[1], 20);
    assert_memory_equal(fixture->console.state.ram + 0x1fb, stack, sizeof stack);
    free(fixture);
}

static void copying_sprites_takes_time(void **state) {
    (void)state;
    static const uint8_t handler[] = {0xa9, 0x02, 0x8d, 0x14, 0x40, 0xe6, 0x01, 0x40};
    struct fixture *fixture = open_program(counter, sizeof counter, handler, sizeof handler);
    run(fixture, 20);
    assert_int_equal(fixture->console.state.ram[0], 149);
    assert_int_equal(fixture->console.state.ram[1], 20);
    free(fixture);
}

static void a_pad_tells_its_buttons_in_turn(void **state) {
    (void)state;
    static const uint8_t wanted[9] = {0x41, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x41, 0x40};
    static const uint8_t strobe[] = {0xa9, 1, 0x8d, 0x16, 0x40, 0xa9, 0, 0x8d, 0x16, 0x40};
    static const uint8_t again[] = {0x4c, 0x00, 0x80};
    uint8_t program[sizeof strobe + 9 * 5 + sizeof again];
    memcpy(program, strobe, sizeof strobe);
    for (uint8_t i = 0; i < 9; i++)
        memcpy(program + sizeof strobe + (size_t)5 * i,
               (const uint8_t[]){0xad, 0x16, 0x40, 0x85, i}, 5);
    memcpy(program + sizeof program - sizeof again, again, sizeof again);
    struct fixture *fixture = open_program(program, sizeof program, rti, sizeof rti);
    run(fixture, 1);
    assert_memory_equal(fixture->console.state.ram, wanted, sizeof wanted);
    free(fixture);
}

/* The pictures after a snapshot are the same, with and without earlier reads. */
static void a_snapshot_goes_on_exactly(void **state) {
    (void)state;
    static const uint8_t handler[] = {0xe6, 0x01, 0xa5, 0x01, 0x8d, 0x07, 0x20, 0x40};
    struct fixture *fixture = open_program(counter, sizeof counter, handler, sizeof handler);
    struct fixture *other = open_program(counter, sizeof counter, handler, sizeof handler);
    struct nes_snapshot snapshot;
    uint8_t picture[PPU_HEIGHT * PPU_WIDTH];
    run(fixture, 30);
    nes_picture(&fixture->console);
    nes_take(&fixture->console, &snapshot);
    assert_true(nes_snapshot_is_sound(&snapshot, &fixture->cartridge));
    nes_restore(&other->console, &snapshot);
    memcpy(picture, nes_picture(&fixture->console), sizeof picture);
    assert_memory_equal(nes_picture(&other->console), picture, sizeof picture);
    run(fixture, 7);
    run(other, 7);
    assert_memory_equal(&fixture->console.state, &other->console.state, sizeof(struct nes_state));
    free(fixture);
    free(other);
}

static void unsound_snapshots_are_refused(void **state) {
    (void)state;
    struct fixture *fixture = open_program(counter, sizeof counter, rti, sizeof rti);
    const struct nes_cartridge *cartridge = &fixture->cartridge;
    struct nes_snapshot good;
    run(fixture, 1);
    nes_take(&fixture->console, &good);
    struct nes_snapshot bad = good;
    bad.start.ppu.line = PPU_LINES;
    assert_false(nes_snapshot_is_sound(&bad, cartridge));
    bad = good;
    bad.state.cpu.cycles = NES_STEP_CYCLES;
    assert_false(nes_snapshot_is_sound(&bad, cartridge));
    bad = good;
    bad.state.ppu.sprite_count = PPU_MAX_SPRITES + 1;
    assert_false(nes_snapshot_is_sound(&bad, cartridge));
    bad = good;
    bad.state.ppu.palette[3] = 64;
    assert_false(nes_snapshot_is_sound(&bad, cartridge));
    assert_true(nes_snapshot_is_sound(&good, cartridge));
    free(fixture);
}

static void other_cartridges_are_refused(void **state) {
    (void)state;
    struct fixture *fixture = open_program(counter, sizeof counter, rti, sizeof rti);
    struct nes_cartridge cartridge;
    uint8_t *file = fixture->file;
    assert_non_null(nes_cartridge_fill(&cartridge, file, FILE_SIZE - 1));
    assert_non_null(nes_cartridge_fill(&cartridge, file, HEAD - 1));
    assert_non_null(nes_cartridge_fill(&cartridge, file, 0));
    file[6] |= 0x10;
    assert_non_null(strstr(nes_cartridge_fill(&cartridge, file, FILE_SIZE), "mapper"));
    file[6] = 0;
    file[4] = 3;
    assert_non_null(nes_cartridge_fill(&cartridge, file, FILE_SIZE));
    file[4] = 1; /* shown twice */
    assert_null(nes_cartridge_fill(&cartridge, file, FILE_SIZE));
    assert_memory_equal(cartridge.program, cartridge.program + 0x4000, 0x4000);
    assert_true(cartridge.mirrors_horizontally);
    file[0] = 'n';
    assert_non_null(nes_cartridge_fill(&cartridge, file, FILE_SIZE));
    free(fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_status_is_pushed_reversed),
        cmocka_unit_test(a_step_is_29781_cycles),
        cmocka_unit_test(crossed_pages_cost_as_in_nes_py),
        cmocka_unit_test(the_vertical_blank_interrupts),
        cmocka_unit_test(copying_sprites_takes_time),
        cmocka_unit_test(a_pad_tells_its_buttons_in_turn),
        cmocka_unit_test(a_snapshot_goes_on_exactly),
        cmocka_unit_test(unsound_snapshots_are_refused),
        cmocka_unit_test(other_cartridges_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
