/*
 * The beam of the video chip, from one write to the next. The pixels that it has passed are
 * processed, for collisions or for the picture, at the end of the line, or earlier if necessary.
 */
#ifndef ASYNCRL_GAMES_ATARI_BEAM_H
#define ASYNCRL_GAMES_ATARI_BEAM_H

#include "games/atari/objects.h"
#include "games/atari/painting.h"
#include "games/inline.h"

/* The purpose of playing a write: only the registers, if the pixels before it do not depend on it;
 * collisions; or the picture. */
enum look { UNSEEN, COLLIDING, PAINTING };

/* The state of one pass over the writes. */
struct player {
    const struct tia_frame *frame;
    struct objects *objects;
    unsigned relevant;  /* effects of writes before which all earlier pixels must be processed: */
    unsigned always;    /* these, and those on objects that can collide */
    int32_t comb_clock; /* the start of a comb that is not drawn yet, if nothing is painted */
    uint8_t *row;       /* the row that is painted, if a picture is painted, */
    bool has_comb;      /* and the row above has a comb */
};

/* The effects of a write: objects, bit by bit, or */
enum {
    EFFECT_COLOUR = 1 << 6,
    EFFECT_PAIRS = 1 << 7, /* collisions, without a change of an object */
    EFFECT_LINE = 1 << 8,  /* the chip's own actions later in the line or at its end */
    EFFECT_MOVE = 1 << 9,  /* positions of objects */
    EFFECT_LAST = 1 << 10, /* only the register's last value counts, except for the effects above */
    ALL_EFFECTS = (1 << 11) - 1,
};

enum { COMB = 8 }; /* black pixels at the left of a line after HMOVE */

INLINE int32_t at_most(int32_t value, int32_t limit) {
    return value < limit ? value : limit;
}

/* The pixel of the line that is drawn next; below 0 in its blank part, and 160 at its end. */
INLINE int pixel_of(const struct tia *tia) {
    return tia->drawn - (tia->line_end - TIA_WIDTH);
}

/* Process the pixels of the line until end; there must be at least one. */
void beam_paint(struct tia *tia, struct player *player, int end);
void beam_collide(struct tia *tia, struct player *player, int end);

/* Play up to a clock beyond the line, but not beyond the visible frame. */
void beam_paint_lines(struct tia *tia, struct player *player, int32_t clock);
void beam_collide_lines(struct tia *tia, struct player *player, int32_t clock);

/* Call it after a change of the objects that are shown or in open pairs. */
void beam_narrow(struct tia *tia, struct player *player);

/* Processes the pixels of the line until end. */
INLINE void finish(struct tia *tia, struct player *player, enum look look, int end) {
    if (look == UNSEEN || end <= player->objects->begin)
        return;
    if (look == PAINTING)
        beam_paint(tia, player, end);
    else if (player->objects->open)
        beam_collide(tia, player, end);
}

/* Starts anew with the rest of the line. */
void beam_restart(struct tia *tia, struct player *player, enum look look);

/* Processes the line up to the beam, and starts anew after it. */
void beam_split(struct tia *tia, struct player *player, enum look look);

/* Call them before (leave) and after (renew) a change of objects; leave only if the beam is in the
 * visible part of the line. */
void beam_leave_painting(struct tia *tia, struct player *player, unsigned which);
void beam_leave_colliding(struct tia *tia, struct player *player, unsigned which);
void beam_renew_painting(struct tia *tia, struct player *player, unsigned which);
void beam_renew_colliding(struct tia *tia, struct player *player, unsigned which);

INLINE void leave(struct tia *tia, struct player *player, enum look look, unsigned which) {
    if (look == UNSEEN || pixel_of(tia) <= 0)
        return;
    if (look == PAINTING)
        beam_leave_painting(tia, player, which);
    else
        beam_leave_colliding(tia, player, which);
}

INLINE void renew(struct tia *tia, struct player *player, enum look look, unsigned which) {
    if (look == PAINTING)
        beam_renew_painting(tia, player, which);
    else if (look == COLLIDING)
        beam_renew_colliding(tia, player, which);
}

/* Plays up to clock, but not beyond the visible frame. If a line ends exactly at clock, the next
 * call ends it. */
INLINE void advance(struct tia *tia, struct player *player, enum look look, int32_t clock) {
    if (look == UNSEEN || clock <= tia->drawn)
        return;
    if (clock <= tia->line_end)
        tia->drawn = clock;
    else if (look == PAINTING)
        beam_paint_lines(tia, player, clock);
    else
        beam_collide_lines(tia, player, clock);
}

#endif
