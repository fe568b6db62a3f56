#include "games/atari/beam.h"

#include "games/atari/strobes.h"

void beam_paint(struct tia *tia, struct player *player, int end) {
    struct objects *objects = player->objects;
    const int begin = objects->begin;
    const bool has_comb = tia->comb;
    if (end > COMB)
        tia->comb = 0;
    if (tia->blanked) {
        memset(player->row + begin, 0, (size_t)(end - begin));
        return;
    }
    if (!objects->changed && begin == 0 && end == TIA_WIDTH && has_comb == player->has_comb) {
        memcpy(player->row, player->row - TIA_WIDTH, TIA_WIDTH);
        return;
    }
    painting_paint(objects, tia, player->row, end);
    if (has_comb && begin < COMB)
        memset(player->row + begin, 0, (size_t)(at_most(end, COMB) - begin));
    player->has_comb = has_comb;
}

/* Records that objects look different from here on. */
INLINE void mark(struct tia *tia, struct objects *objects, unsigned which) {
    unsigned shown = objects->shown & ~which;
    for (unsigned rest = which; rest; rest &= rest - 1) {
        const int object = __builtin_ctz(rest);
        shown |= (unsigned)objects_shows(tia, object) << object;
    }
    objects->shown = shown;
    objects->stale |= which;
    objects->changed |= which;
    objects->later |= pixel_of(tia) > 0 ? which : 0;
}

void beam_narrow(struct tia *tia, struct player *player) {
    struct objects *objects = player->objects;
    player->relevant = player->always | objects_relevant(objects);
    if (!(objects->missed & player->relevant))
        return;
    mark(tia, objects, objects->missed);
    objects->missed = 0;
    player->relevant = player->always | objects_relevant(objects);
}

void beam_collide(struct tia *tia, struct player *player, int end) {
    struct objects *objects = player->objects;
    const unsigned met = tia->blanked ? 0 : objects_collide(objects, tia, end);
    if (!met)
        return;
    tia->collisions |= (uint16_t)met;
    objects_reopen(objects, tia->collisions);
    beam_narrow(tia, player);
}

void beam_restart(struct tia *tia, struct player *player, enum look look) {
    struct objects *objects = player->objects;
    const int pixel = pixel_of(tia);
    if (look == UNSEEN)
        return;
    objects_begin(objects, tia, pixel > 0 ? pixel : 0);
    objects->changed = ALL_CHANGED;
    objects->later = pixel > 0 ? ALL_CHANGED : objects->later;
    if (look == COLLIDING)
        beam_narrow(tia, player);
}

void beam_leave_painting(struct tia *tia, struct player *player, unsigned which) {
    const int pixel = pixel_of(tia);
    if (painting_depends(tia)) {
        beam_split(tia, player, PAINTING);
        return;
    }
    for (; which; which &= which - 1)
        if (pixel > player->objects->since[__builtin_ctz(which)])
            objects_leave(player->objects, tia, __builtin_ctz(which), pixel);
}

void beam_leave_colliding(struct tia *tia, struct player *player, unsigned which) {
    const int pixel = pixel_of(tia);
    for (; which; which &= which - 1)
        if (pixel > player->objects->since[__builtin_ctz(which)])
            objects_leave_pairs(player->objects, tia, __builtin_ctz(which), pixel);
}

void beam_renew_painting(struct tia *tia, struct player *player, unsigned which) {
    mark(tia, player->objects, which);
}

void beam_renew_colliding(struct tia *tia, struct player *player, unsigned which) {
    const unsigned before = player->objects->shown;
    mark(tia, player->objects, which);
    if (player->objects->shown != before)
        beam_narrow(tia, player);
}

void beam_split(struct tia *tia, struct player *player, enum look look) {
    finish(tia, player, look, pixel_of(tia));
    beam_restart(tia, player, look);
}

/* In journey_escape a missile whose motion is written during an HMOVE moves by itself at the end of
 * each line, becomes wider, or disappears. */
static void star_step(struct tia *tia) {
    static const uint8_t ways[4] = {18, 33, 0, 17};
    tia->star_count = (tia->star_count + 1) & 3;
    const int position = tia->positions[OBJECT_M0] - ways[tia->star_count];
    tia->positions[OBJECT_M0] = strobes_wrapped(position);
    tia->star_look = tia->star_count == 1 || tia->star_count == 2 ? tia->star_count : 0;
}

/* The line has ended, and the next begins. */
INLINE void next_line(struct tia *tia, struct player *player, enum look look) {
    struct objects *objects = player->objects;
    unsigned which = (unsigned)(tia->skips[0] | tia->skips[1] << 1);
    tia->skips[0] = tia->skips[1] = 0;
    if (tia->is_mirrored != (tia->ctrlpf & 1)) {
        tia->is_mirrored = tia->ctrlpf & 1;
        which |= 1u << OBJECT_PF;
    }
    if (tia->star_on) {
        star_step(tia);
        which |= 1u << OBJECT_M0;
        objects->shown = (objects->shown & ~(1u << OBJECT_M0)) |
                         (unsigned)objects_shows(tia, OBJECT_M0) << OBJECT_M0;
    }
    objects->stale |= which;
    objects->changed = objects->later | which;
    objects->later = 0;
    const unsigned began = objects->began;
    objects_begin(objects, tia, 0);
    tia->line_end += TIA_LINE_CLOCKS;
    if (look == PAINTING)
        player->row += TIA_WIDTH;
    else if (began | which)
        beam_narrow(tia, player);
}

/* If all lines are alike, one is checked for collisions and painted, and the others repeat it. */
INLINE void pass_lines(struct tia *tia, struct player *player, enum look look, int32_t clock) {
    clock = at_most(clock, player->frame->end_clock);
    if (clock > tia->line_end) {
        finish(tia, player, look, TIA_WIDTH);
        next_line(tia, player, look);
    }
    while (clock > tia->line_end) {
        const bool are_alike = !tia->star_on && !(look == PAINTING && tia->comb);
        finish(tia, player, look, TIA_WIDTH);
        const int32_t more = are_alike ? (clock - tia->line_end - 1) / TIA_LINE_CLOCKS : 0;
        for (int32_t i = 0; look == PAINTING && i < more; i++, player->row += TIA_WIDTH)
            memcpy(player->row + TIA_WIDTH, player->row, TIA_WIDTH);
        tia->line_end += more * TIA_LINE_CLOCKS;
        next_line(tia, player, look);
    }
    tia->drawn = clock;
}

void beam_paint_lines(struct tia *tia, struct player *player, int32_t clock) {
    pass_lines(tia, player, PAINTING, clock);
}

void beam_collide_lines(struct tia *tia, struct player *player, int32_t clock) {
    pass_lines(tia, player, COLLIDING, clock);
}
