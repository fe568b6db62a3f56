/*
 * The registers of a MOS 6502, and the properties of its instructions. The processor itself is a
 * template, execute.h, which each machine includes with a bus of its own.
 */
#ifndef ASYNCRL_GAMES_CPU6502_CPU6502_H
#define ASYNCRL_GAMES_CPU6502_CPU6502_H

#include <stdbool.h>
#include <stdint.h>

/* Bits of the status register. */
enum {
    FLAG_CARRY = 0x01,
    FLAG_ZERO = 0x02,
    FLAG_INTERRUPT = 0x04,
    FLAG_DECIMAL = 0x08,
    FLAG_BREAK = 0x10, /* only in a pushed status */
    FLAG_ALWAYS = 0x20,
    FLAG_OVERFLOW = 0x40,
    FLAG_NEGATIVE = 0x80,
};

enum { VECTOR_NMI = 0xfffa, VECTOR_RESET = 0xfffc, VECTOR_IRQ = 0xfffe };

/* Plain data without padding; a copy is a saved state. */
struct cpu6502 {
    uint32_t cycles; /* played so far; the machine may set it back */
    uint16_t pc;
    uint8_t a;
    uint8_t x;
    uint8_t y;
    uint8_t sp;
    uint8_t status; /* FLAG_BREAK and FLAG_ALWAYS are not in it */
    uint8_t jammed; /* by an opcode that only a reset ends */
};

/* A and the flags after the addition of two packed decimal numbers. */
struct cpu6502_sum {
    uint8_t a;
    uint8_t overflow; /* bit 7 */
    uint8_t carry;    /* 0 or 1 */
};

/*
 * a + value + carry, and a - value - (1 - carry), in decimal, digits beyond 9 included.
 *
 * The flags N and Z are those of the result, as in the reference emulator for the Atari (see
 * atari/console.h). A real NMOS 6502 does this only for N, and not always.
 */
struct cpu6502_sum cpu6502_add_decimal(uint8_t a, uint8_t value, uint8_t carry);
struct cpu6502_sum cpu6502_subtract_decimal(uint8_t a, uint8_t value, uint8_t carry);

/* Bytes of the instruction with this opcode, 1 to 3; 2 for BRK. */
int cpu6502_length(uint8_t opcode);

#endif
