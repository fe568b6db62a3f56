/* Loops that only wait: registers and times are the same after playing each round and all rounds at
 * once. */
#include "base/rng.h"
#include "games/atari/loops.h"
#include "games/cpu6502/cpu6502.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { PROGRAM = 0x1400, LOOP_SIZE = 5, TRIALS = 20000 };

struct window {
    uint32_t first;
    uint32_t span;
};

struct bus {
    struct {
        struct timer timer;
    } state;
    uint8_t memory[0x2000];
    int left; /* instructions, plus 1 */
};

static uint8_t read_byte(struct bus *bus, uint32_t address, uint32_t cycles) {
    if ((address & 0x1285) == 0x284)
        return timer_read(&bus->state.timer, cycles);
    if ((address & 0x1285) == 0x285)
        return timer_status(&bus->state.timer, cycles);
    return bus->memory[address & 0x1fff];
}

static bool write_byte(struct bus *bus, uint32_t address, uint8_t value) {
    bus->memory[address & 0x1fff] = value;
    return false;
}

#define LOCALS                                                                                     \
    const struct window window = {PROGRAM - 16, 64};                                               \
    const struct timer *const timer = &bus->state.timer;                                           \
    int left = bus->left;                                                                          \
    (void)window;                                                                                  \
    (void)timer;
#define NEXT_INSTRUCTION                                                                           \
    if (--left == 0)                                                                               \
        goto leave;                                                                                \
    bus->left = left;

/* Round by round. */
#define CPU6502_BUS struct bus
#define CPU6502_LOCALS LOCALS
#define CPU6502_NEXT NEXT_INSTRUCTION
#define CPU6502_CODE(address) bus->memory[(address)&0x1fff]
#define CPU6502_READ(address, before) ((void)(before), read_byte(bus, address, cycles))
#define CPU6502_ZERO_READ CPU6502_READ
#define CPU6502_WRITE(address, value) write_byte(bus, address, value)
#define CPU6502_ZERO_WRITE CPU6502_WRITE
#define CPU6502_WRITE_AGAIN CPU6502_WRITE
#define CPU6502_POINTER_NEXT(zero) (((zero) + 1) & 0xff)
#define CPU6502_HAS_DECIMAL 1
#define CPU6502_HAS_DUMMIES 0
#define CPU6502_LOOPS(branch, offset, target, cost)
#define CPU6502_NAME play_rounds
#include "games/cpu6502/execute.h"

/* At once. */
#define CPU6502_BUS struct bus
#define CPU6502_LOCALS LOCALS
#define CPU6502_NEXT NEXT_INSTRUCTION
#define CPU6502_CODE(address) bus->memory[(address)&0x1fff]
#define CPU6502_READ(address, before) ((void)(before), read_byte(bus, address, cycles))
#define CPU6502_ZERO_READ CPU6502_READ
#define CPU6502_WRITE(address, value) write_byte(bus, address, value)
#define CPU6502_ZERO_WRITE CPU6502_WRITE
#define CPU6502_WRITE_AGAIN CPU6502_WRITE
#define CPU6502_POINTER_NEXT(zero) (((zero) + 1) & 0xff)
#define CPU6502_HAS_DECIMAL 1
#define CPU6502_HAS_DUMMIES 0
#define CPU6502_LOOPS ATARI_LOOPS
#define CPU6502_NAME play_at_once
#include "games/cpu6502/execute.h"

static uint8_t one_of(struct rng *rng, const uint8_t *choices, uint32_t count) {
    return choices[rng_below(rng, count)];
}

/* A loop of DEX, DEY or a read, with a branch to it, to something near it, or of another kind. */
static void make_loop(struct rng *rng, uint8_t loop[LOOP_SIZE]) {
    static const uint8_t counts[] = {0xca, 0x88, 0xe8};
    static const uint8_t reads[] = {0xad, 0xac, 0xae, 0x2c, 0xcd};
    static const uint8_t lows[] = {0x84, 0x85, 0x86, 0x87, 0x80};
    static const uint8_t branches[] = {0xd0, 0x10, 0xd0, 0x10, 0x30, 0xf0};
    memset(loop, 0xea, LOOP_SIZE);
    loop[3] = one_of(rng, branches, sizeof branches);
    if (rng_below(rng, 2)) {
        loop[2] = one_of(rng, counts, sizeof counts);
        loop[4] = 0xfd;
    } else {
        loop[0] = one_of(rng, reads, sizeof reads);
        loop[1] = one_of(rng, lows, sizeof lows);
        loop[2] = 0x02;
        loop[4] = 0xfb;
    }
}

static void loops_end_as_round_by_round(void **state) {
    (void)state;
    static struct bus rounds, at_once;
    struct rng rng;
    rng_seed(&rng, 1, 0);
    for (int trial = 0; trial < TRIALS; trial++) {
        const uint32_t page_end = PROGRAM + 0x100 - rng_below(&rng, 6);
        const uint32_t pc = rng_below(&rng, 4) ? PROGRAM : page_end;
        struct cpu6502 cpu = {.cycles = 1000 + rng_below(&rng, 1000),
                              .pc = (uint16_t)(pc + rng_below(&rng, 4)),
                              .x = (uint8_t)rng_below(&rng, 256),
                              .y = (uint8_t)rng_below(&rng, 256),
                              .sp = 0xff,
                              .status = (uint8_t)rng_below(&rng, 2) * FLAG_NEGATIVE};
        memset(&rounds, 0, sizeof rounds);
        memset(rounds.memory, 0x02, sizeof rounds.memory); /* jams behind the loop */
        make_loop(&rng, rounds.memory + pc);
        timer_set(&rounds.state.timer, rng_below(&rng, 4), (uint8_t)rng_below(&rng, 256),
                  cpu.cycles - rng_below(&rng, 900));
        rounds.left = 2 + (int)rng_below(&rng, rng_below(&rng, 2) ? 30 : 20000);
        at_once = rounds;
        struct cpu6502 other = cpu;
        play_rounds(&rounds, &cpu);
        play_at_once(&at_once, &other);
        assert_memory_equal(&cpu, &other, sizeof cpu);
        assert_memory_equal(&rounds, &at_once, sizeof rounds);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(loops_end_as_round_by_round)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
