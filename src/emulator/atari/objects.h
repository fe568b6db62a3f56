/*
 * The six objects of a line as masks of its 160 pixels: what covers a pixel, what collides, and the
 * colours that come of it.
 */
#ifndef ASYNCRL_EMULATOR_ATARI_OBJECTS_H
#define ASYNCRL_EMULATOR_ATARI_OBJECTS_H

#include "emulator/atari/tia.h"

enum { MASK_WORDS = 3, ALL_OBJECTS = (1 << OBJECT_COUNT) - 1 };

/* Bit x % 64 of word x / 64 is pixel x; bits past 159 are 0. */
struct mask {
    uint64_t words[MASK_WORDS];
};

/* The masks as the chip's registers make them. */
struct objects {
    struct mask masks[OBJECT_COUNT];
    unsigned shown; /* bit i: object i covers something */
    unsigned stale; /* bit i: object i has changed, its mask has not */
};

/* Offsets of a player's and a missile's copies by NUSIZ & 7. */
struct copies {
    uint8_t count;
    uint8_t offsets[3];
    uint8_t shift; /* log2 of a pixel's width */
};
extern const struct copies tia_copies[8];

/* Makes the stale masks anew. */
void objects_update(struct objects *objects, const struct tia *tia);

/* The pairs that have a pixel of begin to end - 1 in common, as in tia.collisions; pairs in known
 * are not looked at. */
uint16_t objects_collide(const struct objects *objects, unsigned known, int begin, int end);

/* Paints pixels begin to end - 1 of row, (160). */
void objects_paint(const struct objects *objects, const struct tia *tia, uint8_t *row, int begin,
                   int end);

/* The same, pixel by pixel: what the others are compared with. */
bool objects_cover(const struct tia *tia, int object, int x);
uint8_t objects_colour(const struct tia *tia, int x);

#endif
