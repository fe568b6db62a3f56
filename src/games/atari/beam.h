/*
 * The beam of the video chip, from one write to the next: what it passes is looked at, for
 * collisions or to be painted, when a line ends, or where it has to be before.
 */
#ifndef ASYNCRL_GAMES_ATARI_BEAM_H
#define ASYNCRL_GAMES_ATARI_BEAM_H

#include "games/atari/objects.h"
#include "games/atari/painting.h"
#include "games/inline.h"

/* What for a write is played: only for the registers, where what is drawn until then looks the same
 * to everybody; to find collisions; or for the picture. */
enum look { UNSEEN, COLLIDING, PAINTING };

/* A playing of writes: what only it needs. */
struct player {
    const struct tia_frame *frame;
    struct objects *objects;
    unsigned relevant;  /* effects of writes that must not come before what is drawn until then: */
    unsigned always;    /* these, and those on objects that can collide */
    int32_t comb_clock; /* where a comb began that is not yet drawn, while nothing is painted */
    uint8_t *row;       /* of the picture that is painted, if one is, */
    bool has_comb;      /* and the row above has a comb */
};

/* What a write has an effect on: objects, bit by bit, or */
enum {
    EFFECT_COLOUR = 1 << 6,
    EFFECT_PAIRS = 1 << 7, /* collisions, without a change of an object */
    EFFECT_LINE = 1 << 8,  /* what the chip does by itself later in the line or at its end */
    EFFECT_MOVE = 1 << 9,  /* where objects are */
    EFFECT_LAST = 1 << 10, /* a register of which only the last value counts, but for the above */
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

/* Look at the pixels of the line until end, of which there are some. */
void beam_paint(struct tia *tia, struct player *player, int end);
void beam_collide(struct tia *tia, struct player *player, int end);

/* Play up to a clock beyond the line, as far as it is shown. */
void beam_paint_lines(struct tia *tia, struct player *player, int32_t clock);
void beam_collide_lines(struct tia *tia, struct player *player, int32_t clock);

/* After a change of the objects that are shown or in open pairs. */
void beam_narrow(struct tia *tia, struct player *player);

/* Looks at the pixels of the line until end. */
INLINE void finish(struct tia *tia, struct player *player, enum look look, int end) {
    if (look == UNSEEN || end <= player->objects->begin)
        return;
    if (look == PAINTING)
        beam_paint(tia, player, end);
    else if (player->objects->open)
        beam_collide(tia, player, end);
}

/* The rest of the line is looked at anew. */
void beam_restart(struct tia *tia, struct player *player, enum look look);

/* Looks at the line until here by itself. */
void beam_split(struct tia *tia, struct player *player, enum look look);

/* Objects are about to change, or have; where the beam is in the picture, and in all. */
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

/* Plays up to clock, as far as it is shown. A line that ends exactly there ends only when it goes
 * on beyond. */
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
