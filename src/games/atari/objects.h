/*
 * The six objects of a line as masks of its 160 pixels: the objects at a pixel, and the collisions.
 *
 * An object's mask is made from the registers when it is needed. If registers change within a line,
 * the pixels covered until then are added to those that the object covers of the line:
 *
 *     begin           since            now
 *       | covered ......|  mask ........|                 one object, which changed once
 *       |  mask ........................|                 another, which did not
 *
 * So a change costs time only for its own object, and lines are compared, and painted (painting.h),
 * once, at their end.
 */
#ifndef ASYNCRL_GAMES_ATARI_OBJECTS_H
#define ASYNCRL_GAMES_ATARI_OBJECTS_H

#include "games/atari/tia.h"

#include <string.h>

enum { MASK_WORDS = 3, ALL_OBJECTS = (1 << OBJECT_COUNT) - 1 };

/* Bit x % 64 of word x / 64 is pixel x; bits past 159 are 0. */
struct mask {
    uint64_t words[MASK_WORDS];
};

/* Sets of objects and of pairs are bit by bit; pairs are as in tia.collisions. */
struct objects {
    struct mask masks[OBJECT_COUNT]; /* as the registers make them now; the playfield's is of */
    uint64_t masked;                 /* this field, four pixels a bit */
    uint64_t field;                  /* the playfield as the registers make it now */
    struct mask covered[OBJECT_PF];  /* what those in `began` have covered, each until since[], */
    uint64_t covered_field;          /* and the playfield */
    uint8_t since[8];                /* IDLE for an unwatched object */
    uint8_t idle[8];                 /* IDLE for unwatched objects, 0 for others */
    int begin;                       /* the first pixel that is not processed */
    unsigned shown;                  /* objects that cover something now */
    unsigned stale;                  /* their masks are older than their registers */
    unsigned began;                  /* have covered something */
    unsigned changed;                /* look different from the line before, */
    unsigned later;                  /* and will in the next line */
    unsigned missed;                 /* have changed while that could not make a pair collide */
    unsigned watched;                /* pairs, */
    unsigned parts;                  /* and the objects in them */
    unsigned open;                   /* those pairs that have not collided, */
    unsigned active;                 /* and the objects in these */
    uint8_t partners[8];             /* for each object, its partners in open pairs, */
    uint8_t partners3[2][8];         /* and for each set of the first three, and of the others */
    bool has_pixels;                 /* all objects are watched for pixels, and no pairs */
    bool has_looked;                 /* objects_look has been called */
};

enum { IDLE = 255, NOT_AN_OBJECT = 1 << OBJECT_COUNT, ALL_CHANGED = ALL_OBJECTS | NOT_AN_OBJECT };

/* Offsets of a player's and a missile's copies by NUSIZ & 7. */
struct copies {
    uint8_t count;
    uint8_t offsets[3];
    uint8_t shift;  /* log2 of a pixel's width */
    uint8_t extent; /* no pixel of a player lies farther than this from the position */
    uint64_t near;  /* a bit for each offset below 64, */
    uint64_t far;   /* and for those from there on */
};
extern const struct copies tia_copies[8];

/* The bits of a byte, turned around. */
extern const uint8_t tia_reversed[256];

/* Forgets the chip; which: the pairs to watch. */
void objects_watch(struct objects *objects, unsigned which);

/* The same, to watch all pixels and no pairs. */
void objects_watch_pixels(struct objects *objects);

/* Takes the chip's present state as the start. */
void objects_look(struct objects *objects, const struct tia *tia);

/* Call it after a change of the collided pairs. */
void objects_reopen(struct objects *objects, unsigned collisions);

/* Whether an object covers anything. */
static inline bool objects_shows(const struct tia *tia, int object) {
    switch (object) {
    case OBJECT_P0:
    case OBJECT_P1:
        return (tia->delays[object] ? tia->old_graphics[object] : tia->graphics[object]) != 0;
    case OBJECT_M0:
        return tia->enabled[0] && !tia->locked[0] && tia->star_look != 2;
    case OBJECT_M1:
        return tia->enabled[1] && !tia->locked[1];
    case OBJECT_BL:
        return tia->delays[2] ? tia->old_ball : tia->enabled[2];
    default:
        return tia->playfield != 0;
    }
}

/* Objects whose change alone might make a pair collide: partners of a shown object in an open pair,
 * and objects that are not shown. */
static inline unsigned objects_relevant(const struct objects *objects) {
    const unsigned shown = objects->shown | objects->began;
    return objects->partners3[0][shown & 7] | objects->partners3[1][shown >> 3] |
           (objects->active & ~shown);
}

/* False: the object certainly has no pixels from begin to end - 1; a quick test by position. */
static inline bool objects_reach(const struct tia *tia, int object, int begin, int end) {
    enum { MISSILE = 8 };
    if (object == OBJECT_PF)
        return true;
    const int first = tia->positions[object];
    int last = first + MISSILE;
    if (object != OBJECT_BL) /* the extent of a missile is that of its player */
        last = first + tia_copies[tia->nusiz[object & 1] & 7].extent;
    return last > TIA_WIDTH || (first < end && last > begin);
}

/* Starts at pixel begin; no object is watched while the picture is blanked. */
static inline void objects_begin(struct objects *objects, const struct tia *tia, int begin) {
    uint64_t since;
    memcpy(&since, objects->idle, sizeof since);
    since = tia->blanked ? ~0ull : since | (unsigned)begin * 0x0101010101010101ull;
    memcpy(objects->since, &since, sizeof since);
    objects->began = 0;
    objects->begin = begin;
}

/* Call it before an object changes: until pixel end it was as it is. */
void objects_leave(struct objects *objects, const struct tia *tia, int object, int end);

/* The same, but ignores objects that cannot collide in an open pair. */
void objects_leave_pairs(struct objects *objects, const struct tia *tia, int object, int end);

/* Returns the open pairs that collide until pixel end; continue from there with objects_begin. */
unsigned objects_collide(struct objects *objects, const struct tia *tia, int end);

/* Adds the pixels that an object has covered until pixel end; the object is shown or has begun. */
void objects_add_covered(struct mask *sum, struct objects *objects, const struct tia *tia,
                         int object, int end);

/* The playfield, four pixels a bit. */
uint64_t objects_covered_field(struct objects *objects, const struct tia *tia, int end);

/* The same, pixel by pixel: the reference for the other functions. */
bool objects_cover(const struct tia *tia, int object, int x);

#endif
