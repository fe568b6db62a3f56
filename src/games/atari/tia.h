/*
 * The video chip of the Atari 2600, TIA, as a player of logged writes.
 *
 *                 +---------------+
 *     writes ---> | registers     |      228 colour clocks a line, 3 a cycle of the processor;
 *     (clock,     | positions     | ---> 68 of them blank, then 160 pixels:
 *      register,  | latches       |
 *      value)     +---------------+       0        68                                  228
 *                   |         |           |  blank  | pixel 0 ............ pixel 159    |
 *              15 latches   pixels
 *
 * A processor's writes are kept in a log and played later: for the registers and collisions at the
 * latest at the end of the frame or at a read of a collision; for pixels only if the picture is
 * read, from the chip's state at the start of the frame. Nothing changes between two writes, so
 * objects are masks of 160 bits: two that collide have a bit in common, and eight pixels are
 * painted at a time.
 *
 * Not emulated: sound, RSYNC, the latches of INPT4 and INPT5, and all behaviour in which the
 * reference emulator (ALE 0.6 with Stella 2) differs from the real chip: the delays of writes, the
 * positions after strobes, and the effect of a late HMOVE are those of that program, found by
 * experiments with it. The registers' names and meanings: "Stella Programmer's Guide" (Steve
 * Wright, 1979).
 */
#ifndef ASYNCRL_GAMES_ATARI_TIA_H
#define ASYNCRL_GAMES_ATARI_TIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIA_WIDTH = 160, TIA_LINE_CLOCKS = 228, TIA_BLANK_CLOCKS = 68, TIA_MAX_HEIGHT = 250 };

/* Addresses for writes; the missing ones make sound, or do nothing. */
enum {
    TIA_VSYNC = 0x00,
    TIA_VBLANK = 0x01,
    TIA_WSYNC = 0x02,
    TIA_NUSIZ0 = 0x04,
    TIA_NUSIZ1 = 0x05,
    TIA_COLUP0 = 0x06,
    TIA_COLUBK = 0x09,
    TIA_CTRLPF = 0x0a,
    TIA_REFP0 = 0x0b,
    TIA_REFP1 = 0x0c,
    TIA_PF0 = 0x0d,
    TIA_PF1 = 0x0e,
    TIA_PF2 = 0x0f,
    TIA_RESP0 = 0x10,
    TIA_RESP1 = 0x11,
    TIA_RESM0 = 0x12,
    TIA_RESM1 = 0x13,
    TIA_RESBL = 0x14,
    TIA_GRP0 = 0x1b,
    TIA_GRP1 = 0x1c,
    TIA_ENAM0 = 0x1d,
    TIA_ENAM1 = 0x1e,
    TIA_ENABL = 0x1f,
    TIA_HMP0 = 0x20,
    TIA_HMM0 = 0x22,
    TIA_HMBL = 0x24,
    TIA_VDELP0 = 0x25,
    TIA_VDELP1 = 0x26,
    TIA_VDELBL = 0x27,
    TIA_RESMP0 = 0x28,
    TIA_RESMP1 = 0x29,
    TIA_HMOVE = 0x2a,
    TIA_HMCLR = 0x2b,
    TIA_CXCLR = 0x2c,
};

/* Objects, in the order of positions, motions and masks. */
enum { OBJECT_P0, OBJECT_P1, OBJECT_M0, OBJECT_M1, OBJECT_BL, OBJECT_PF, OBJECT_COUNT };

/* The visible part of the picture; constant for a game. */
struct tia_frame {
    int32_t first_clock; /* of the first visible line */
    int32_t end_clock;   /* past the last */
    bool has_no_blanks;  /* HMOVE leaves no black comb at the left */
    bool loses_colour;   /* PAL: after a frame with an odd number of lines colours are gray */
};

/* The number of visible lines. */
static inline int tia_frame_height(const struct tia_frame *frame) {
    return (frame->end_clock - frame->first_clock) / TIA_LINE_CLOCKS;
}

/* The chip's state; clocks count from the frame's start. */
struct tia {
    int32_t drawn;       /* up to this clock, */
    int32_t line_end;    /* which is in the line that ends here, or is its end */
    int32_t hmove_clock; /* of the last HMOVE */
    uint32_t playfield;  /* 20 bits, bit 0 at the left */
    uint16_t collisions; /* bits 2r and 2r + 1: bits 7 and 6 of address r */
    uint8_t colours[4];  /* COLUP0, COLUP1, COLUPF, COLUBK */
    uint8_t positions[5];
    uint8_t motions[5]; /* HMxx >> 4 */
    uint8_t nusiz[2];
    uint8_t ctrlpf;
    uint8_t mirrors[2]; /* whether the player is reflected */
    uint8_t graphics[2];
    uint8_t old_graphics[2];
    uint8_t enabled[3]; /* M0, M1, BL */
    uint8_t old_ball;
    uint8_t delays[3];   /* P0, P1, BL show the old graphics */
    uint8_t locked[2];   /* the missile is hidden in its player */
    uint8_t blanked;     /* VBLANK: lines are black */
    uint8_t is_mirrored; /* the playfield's right half, in this line */
    uint8_t skips[2];    /* the player's first copy is hidden, in this line */
    uint8_t comb;        /* the next eight pixels are black */
    uint8_t star_on;     /* see star_step in tia.c */
    uint8_t star_count;
    uint8_t star_look;
    uint8_t odd_lines; /* of the frame before */
};

/* A write in the log: cycles, then 6 bits of address, 8 of value. */
enum { TIA_CYCLE_BITS = 18, TIA_WRITE_BITS = 32 - TIA_CYCLE_BITS };

static inline uint32_t tia_write_of(uint32_t cycles, uint32_t address, uint8_t value) {
    return cycles << TIA_WRITE_BITS | address << 8 | value;
}

/* Starts a frame: clocks are smaller by elapsed_clocks from now on. line_count: of the last
 * frame. */
void tia_begin_frame(struct tia *tia, const struct tia_frame *frame, int32_t elapsed_clocks,
                     int line_count);

enum { TIA_ALL_PAIRS = 0xdfff };

struct objects;

/* Plays writes in their order, and then on to clock. Finds the collisions of the watched pairs; the
 * latches of the others can only be cleared. objects: from the last play of the same chip, or from
 * objects_watch. written: the last value written to each register. */
void tia_play(struct tia *tia, const struct tia_frame *frame, struct objects *objects,
              const uint32_t *writes, size_t count, int32_t clock, const uint8_t *written);

/* The same, but paints pixels, (height, 160), instead of finding collisions. */
void tia_draw(struct tia *tia, const struct tia_frame *frame, const uint32_t *writes, size_t count,
              int32_t clock, uint8_t *pixels);

/* Whether a state from any source is safe: it leads to no access out of bounds. */
bool tia_is_sound(const struct tia *tia, const struct tia_frame *frame);

/* Bits 7 and 6 of the collision register at address 0 to 7. */
static inline uint8_t tia_collision(const struct tia *tia, uint32_t address) {
    const unsigned pair = (unsigned)tia->collisions >> 2 * address;
    return (uint8_t)((pair & 1) << 7 | (pair & 2) << 5);
}

#endif
