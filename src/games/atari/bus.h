/*
 * The bus of the Atari 2600, for its processor: the device at each address, and the handling of
 * writes to TIA. The frequent cases are inlined here; the rest is in bus.c.
 */
#ifndef ASYNCRL_GAMES_ATARI_BUS_H
#define ASYNCRL_GAMES_ATARI_BUS_H

#include "games/atari/console.h"
#include "games/inline.h"

enum { LINE_CYCLES = 76, NEVER = 0x7fffffff };

/* The handling of a write to TIA. */
enum write_kind {
    WRITE_NOTHING,
    WRITE_CHANGED,  /* it is logged if it changes the register */
    WRITE_ALWAYS,   /* it is logged */
    WRITE_GRAPHICS, /* it is logged if it changes anything */
    WRITE_BALL,
    WRITE_WAIT,
    WRITE_SPECIAL
};
extern const uint8_t bus_write_kinds[64];

/* Any read, and a write to the cartridge. */
uint8_t bus_read_byte(struct console *console, uint32_t address, uint8_t before, uint32_t cycles);
void bus_write_cartridge(struct console *console, uint32_t address, uint8_t value);
void bus_write_riot(struct console *console, uint32_t address, uint8_t value, uint32_t cycles);

/* Reads of everything except plain memory, and of TIA alone. */
uint8_t bus_read_device(struct console *console, uint32_t address, uint8_t before, uint32_t cycles);
uint8_t bus_read_tia(struct console *console, uint32_t address, uint8_t before, uint32_t cycles);

/* A rare write to TIA; true: the frame ends. If the processor waits, sets *cycles to the start of
 * the next instruction. */
bool bus_write_special(struct console *console, uint32_t address, uint8_t value, uint32_t *cycles,
                       bool waits);

/* Points the pages at the cartridge's banks. */
void bus_map_cartridge(struct console *console);

/* The frame's log, in console.c. */
struct frame_log *console_log(struct console *console);

/* Plays the log and empties it: for times beyond its range. */
void console_flush_log(struct console *console, uint32_t cycles);

/* Reads the collision register at index 0 to 7. */
uint8_t console_collision(struct console *console, uint32_t index, uint32_t cycles);

/* ---- Writes to TIA --------------------------------------------------------------------------- */

MAYBE_INLINE void log_write(struct console *console, uint32_t address, uint8_t value,
                            uint32_t cycles) {
    *console->next_write++ = tia_write_of(cycles, address, value);
}

/* The next line's start. */
INLINE uint32_t next_line(uint32_t cycles) {
    return (cycles + LINE_CYCLES - 1) / LINE_CYCLES * LINE_CYCLES;
}

enum { CURRENT_BALL = 4, ALL_CURRENT = 7 };

/* Whether a write to GRP0, GRP1 or ENABL changes anything: a write of a player's graphics copies
 * the other's to its old graphics, and a write of the second's also copies the ball's. Most writes
 * of graphics clear graphics that are clear. */
INLINE bool changes_graphics(struct console *console, uint32_t address, bool is_same) {
    if (address == TIA_ENABL) {
        console->current &= is_same ? ALL_CURRENT : ALL_CURRENT & ~CURRENT_BALL;
        return !is_same;
    }
    const unsigned own = address == TIA_GRP0 ? 1 : 2;
    const unsigned others = address == TIA_GRP0 ? 2 : 1 | CURRENT_BALL;
    if (is_same && (console->current & others) == others)
        return false;
    console->current = (uint8_t)((console->current | others) & (is_same ? ALL_CURRENT : ~own));
    return true;
}

/* index: of the register, 0 to 63; a caller may know its kind. Returns as bus_write_special. */
INLINE bool write_register(struct console *console, uint32_t index, enum write_kind kind,
                           uint8_t value, uint32_t *cycles, bool waits) {
    struct console_state *state = &console->state;
    const uint32_t now = *cycles;
    state->touched = now;
    if (RARELY(now >= console->line_limit || kind == WRITE_SPECIAL)) {
        uint32_t later = now; /* so that *cycles may stay in a register */
        const bool ends = bus_write_special(console, index, value, &later, waits);
        *cycles = later;
        return ends;
    }
    if (kind == WRITE_WAIT) {
        if (waits)
            *cycles = next_line(now);
        return false;
    }
    if (kind == WRITE_NOTHING)
        return false;
    const bool is_same = state->written[index] == value;
    if (kind == WRITE_CHANGED && is_same)
        return false;
    if (kind >= WRITE_GRAPHICS && !changes_graphics(console, index, is_same))
        return false;
    state->written[index] = value;
    log_write(console, index, value, now);
    return false;
}

/* ---- Accesses -------------------------------------------------------------------------------- */

INLINE uint8_t bus_read_zero(struct console *console, uint32_t address, uint32_t before,
                             uint32_t cycles) {
    if (address & 0x80)
        return console->state.ram[address & 0x7f];
    return bus_read_tia(console, address, (uint8_t)before, cycles);
}

INLINE bool bus_write_zero(struct console *console, uint32_t address, uint8_t value,
                           uint32_t *cycles, bool waits) {
    if (address & 0x80) {
        console->state.ram[address & 0x7f] = value;
        return false;
    }
    return write_register(console, address & 63, bus_write_kinds[address & 63], value, cycles,
                          waits);
}

/* After an access to the cartridge, the processor must find its code again. */
INLINE bool bus_write(struct console *console, uint32_t address, uint8_t value, uint32_t *cycles,
                      bool waits) {
    if (address & 0x1000) {
        bus_write_cartridge(console, address, value);
        return false;
    }
    if ((address & 0x280) == 0x280) {
        bus_write_riot(console, address, value, *cycles);
        return false;
    }
    return bus_write_zero(console, address, value, cycles, waits);
}

#endif
