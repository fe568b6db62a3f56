/*
 * The six objects of a line as masks of its 160 pixels: what covers a pixel, what collides, and the
 * colours that come of it.
 */
#ifndef ASYNCRL_GAMES_ATARI_OBJECTS_H
#define ASYNCRL_GAMES_ATARI_OBJECTS_H

#include "games/atari/tia.h"

enum { MASK_WORDS = 3, ALL_OBJECTS = (1 << OBJECT_COUNT) - 1 };

/* Bit x % 64 of word x / 64 is pixel x; bits past 159 are 0. */
struct mask {
    uint64_t words[MASK_WORDS];
};

/* The masks as the chip's registers make them; each is made when it is needed. */
struct objects {
    struct mask masks[OBJECT_COUNT];
    uint64_t field;    /* the playfield, four pixels a bit, where the picture is painted */
    unsigned shown;    /* bit i: object i covers something */
    unsigned unsure;   /* bit i: object i has changed, its bit in shown has not, */
    unsigned stale;    /* or its mask has not */
    unsigned watched;  /* pairs, as in tia.collisions, */
    unsigned parts;    /* the objects in them, */
    unsigned touching; /* those that have pixels of a line in common, */
    unsigned alert;    /* and objects that might make others do so by a change of theirs alone, */
    uint8_t alerts[1 << OBJECT_COUNT]; /* for each of what is shown */
};

/* Objects, bit by bit, that have changed. */
static inline void objects_change(struct objects *objects, unsigned which) {
    objects->unsure |= which;
}

/* Offsets of a player's and a missile's copies by NUSIZ & 7. */
struct copies {
    uint8_t count;
    uint8_t offsets[3];
    uint8_t shift; /* log2 of a pixel's width */
};
extern const struct copies tia_copies[8];

/* Nothing is known of the chip; which pairs are to be watched, as in tia.collisions. Objects that
 * are all 0 watch none. */
void objects_watch(struct objects *objects, unsigned which);

/* Finds out which of the pairs that are watched, and have not collided, touch. */
void objects_touch(struct objects *objects, const struct tia *tia);

/* Which of the pairs in open, which touch, have a pixel of begin to end - 1 in common. */
uint16_t objects_collide(const struct objects *objects, unsigned open, int begin, int end);

/* Paints pixels begin to end - 1 of row, (160). */
void objects_paint(struct objects *objects, const struct tia *tia, uint8_t *row, int begin,
                   int end);

/* The same, pixel by pixel: what the others are compared with. */
bool objects_cover(const struct tia *tia, int object, int x);
uint8_t objects_colour(const struct tia *tia, int x);

#endif
