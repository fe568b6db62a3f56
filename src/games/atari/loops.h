/*
 * Loops of a game that only wait, for the processor's template: it plays all rounds that certainly
 * continue at once, and counts their instructions as if it had played each one.
 *
 *     DEX or DEY; BNE or BPL to it            counts down: 5 cycles a round
 *     LDA, LDX, LDY or BIT INTIM; BNE or BPL  waits for the timer: 7 cycles a round
 *
 * A game has no interrupts and such a loop writes nothing, so the result is the same.
 */
#ifndef ASYNCRL_GAMES_ATARI_LOOPS_H
#define ASYNCRL_GAMES_ATARI_LOOPS_H

#include "games/atari/timer.h"

enum { LOAD_Y = 0xac, LOAD_A = 0xad, LOAD_X = 0xae, TEST_BITS = 0x2c, DEX = 0xca, DEY = 0x88 };
/* Opcodes and offsets of the branches. */
enum { BNE = 0xd0, BPL = 0x10, BACK_3 = 0xfd, BACK_5 = 0xfb };

/* Whether an instruction may be such a read. */
static inline bool loop_reads_timer(uint32_t opcode, uint32_t address) {
    return (opcode == LOAD_A || opcode == LOAD_X || opcode == LOAD_Y || opcode == TEST_BITS) &&
           (address & 0x1284) == 0x284;
}

/*
 * Rounds of a loop of `opcode address; BNE or BPL` that read the timer and certainly continue.
 * cycles: after the branch has been taken; round: cycles of a round.
 */
static inline uint32_t rounds_of_timer(const struct timer *timer, uint32_t opcode, uint32_t address,
                                       bool waits_for_zero, uint32_t cycles, uint32_t round) {
    const bool loads = opcode == LOAD_A || opcode == LOAD_X || opcode == LOAD_Y;
    const bool reads_value = (address & 0x1285) == 0x284 && loads;
    const bool reads_status =
        (address & 0x1285) == 0x285 && !waits_for_zero && (loads || opcode == TEST_BITS);
    if (!reads_value && !reads_status)
        return 0;
    struct timer copy = *timer;
    if (reads_value && !waits_for_zero && timer_read(&copy, cycles + 4) & 0x80)
        return 0; /* is negative, so BPL leaves */
    return timer_rounds(timer, waits_for_zero, cycles + 4, round);
}

/* The last round is played, so it sets the registers. */
#define SKIP_ROUNDS(rounds, round)                                                                 \
    if ((rounds) < (uint32_t)left / 2) {                                                           \
        const uint32_t spent = (rounds) * (round);                                                 \
        cycles += spent;                                                                           \
        left -= 2 * (int)(rounds);                                                                 \
    }
/* BPL goes back as long as the counter is below 0x80 after it has counted. */
#define SKIP_COUNTDOWN(counter, branch, round)                                                     \
    {                                                                                              \
        const uint32_t rounds = (branch) == BNE ? (counter)-1 : (counter);                         \
        if (rounds > 0 && rounds <= 0x80 + ((branch) == BNE ? 0x7eu : 0) &&                        \
            rounds < (uint32_t)left / 2) {                                                         \
            nz = (counter) = (branch) == BNE ? 1u : 0u;                                            \
            const uint32_t spent = rounds * (round);                                               \
            cycles += spent;                                                                       \
            left -= 2 * (int)rounds;                                                               \
        }                                                                                          \
    }

/* CPU6502_LOOPS for a machine whose locals are `left`, the instructions that remain to be played,
 * `window`, the readable code, and `timer`. */
#define ATARI_LOOPS(branch, offset, target, cost)                                                  \
    if (((branch) == BNE || (branch) == BPL) && ((offset) == BACK_3 || (offset) == BACK_5) &&      \
        (target)-window.first < window.span) {                                                     \
        const uint32_t looped = CPU6502_CODE(target);                                              \
        if ((offset) == BACK_3 && looped == DEX)                                                   \
            SKIP_COUNTDOWN(x, branch, (cost) + 2)                                                  \
        else if ((offset) == BACK_3 && looped == DEY)                                              \
            SKIP_COUNTDOWN(y, branch, (cost) + 2)                                                  \
        else if ((offset) == BACK_5) {                                                             \
            const uint32_t rounds = rounds_of_timer(timer, looped,                                 \
                                                    CPU6502_CODE((target) + 1) |                   \
                                                        (uint32_t)CPU6502_CODE((target) + 2) << 8, \
                                                    (branch) == BNE, cycles, (cost) + 4);          \
            SKIP_ROUNDS(rounds, (cost) + 4)                                                        \
        }                                                                                          \
    }

#endif
