#include "games/atari/tia.h"

#include "games/atari/beam.h"
#include "games/atari/strobes.h"
#include "games/inline.h"

#include <string.h>

/* ---- Strobes --------------------------------------------------------------------------------- */

INLINE void reset_player(struct tia *tia, struct player *play, enum look look, int player,
                         int32_t clock) {
    const int h = strobes_line_clock(clock);
    const int position = h < TIA_BLANK_CLOCKS ? 3 : (h - TIA_BLANK_CLOCKS + 5) % TIA_WIDTH;
    const int met = strobes_meet_copy(tia, player, position);
    if (met > 0)
        advance(tia, play, look, clock + 11);
    if (tia->positions[player] == position && tia->skips[player] == (met >= 0))
        return;
    leave(tia, play, look, 1u << player);
    tia->positions[player] = (uint8_t)position;
    tia->skips[player] = met >= 0;
    renew(tia, play, look, 1u << player);
}

INLINE void reset_other(struct tia *tia, struct player *player, enum look look, uint32_t address,
                        int32_t clock) {
    const uint32_t object = OBJECT_M0 + (address - TIA_RESM0);
    const uint8_t position = strobes_position(tia, address, clock);
    const bool has_look = object == OBJECT_M0 && tia->star_look;
    if (tia->positions[object] == position && !has_look)
        return;
    leave(tia, player, look, 1u << object);
    tia->positions[object] = position;
    if (has_look)
        tia->star_look = 0;
    renew(tia, player, look, 1u << object);
}

/* way: -15 to 15. */
INLINE uint8_t moved(uint8_t position, int way) {
    const int sum = position + way;
    return (uint8_t)(sum < 0 ? sum + TIA_WIDTH : sum >= TIA_WIDTH ? sum - TIA_WIDTH : sum);
}

/* Whether all motions are 0. */
INLINE bool is_still(const struct tia *tia) {
    /* Byte by byte: a processor stalls when a read is wider than the last write. */
    return (tia->motions[0] | tia->motions[1] | tia->motions[2] | tia->motions[3] |
            tia->motions[4]) == 0;
}

INLINE void begin_comb(struct tia *tia, struct player *player, enum look look, int32_t clock) {
    if (look == PAINTING && pixel_of(tia) > player->objects->begin)
        beam_split(tia, player, look);
    tia->comb = 1;
    player->comb_clock = clock > tia->drawn ? clock : tia->drawn;
}

INLINE void move_one(struct tia *tia, struct player *player, enum look look, int object, int way) {
    if (way == 0)
        return;
    leave(tia, player, look, 1u << object);
    tia->positions[object] = moved(tia->positions[object], way);
    renew(tia, player, look, 1u << object);
}

INLINE int way_of(int motion) {
    return motion < 8 ? -motion : 16 - motion;
}

/* HMOVE at its proper time, in the blank part of a line. */
INLINE void move_in_time(struct tia *tia, struct player *player, enum look look) {
    unsigned changed =
        (unsigned)(tia->skips[0] | tia->skips[1] << 1) | (tia->star_look ? 1u << OBJECT_M0 : 0);
    tia->skips[0] = tia->skips[1] = 0;
    for (int i = 0; i < OBJECT_PF; i++) {
        changed |= (unsigned)(tia->motions[i] != 0) << i;
        tia->positions[i] = moved(tia->positions[i], way_of(tia->motions[i]));
    }
    if (tia->star_look) {
        tia->star_look = 0;
        renew(tia, player, look, 1u << OBJECT_M0);
    }
    if (look != UNSEEN) {
        player->objects->stale |= changed;
        player->objects->changed |= changed;
    }
}

/* cycle: of the line. */
INLINE void move_late(struct tia *tia, struct player *player, enum look look, int cycle) {
    const bool is_late = cycle > 3 && cycle != 75;
    for (int i = 0; i < 2; i++)
        if (tia->skips[i]) {
            leave(tia, player, look, 1u << i);
            tia->skips[i] = 0;
            renew(tia, player, look, 1u << i);
        }
    if (tia->star_look) {
        leave(tia, player, look, 1u << OBJECT_M0);
        tia->star_look = 0;
        renew(tia, player, look, 1u << OBJECT_M0);
    }
    for (int i = 0; i < OBJECT_PF; i++) {
        const int way = way_of(tia->motions[i]);
        move_one(tia, player, look, i, is_late ? strobes_late_motion(way, cycle) : way);
    }
}

INLINE void move_some(struct tia *tia, struct player *player, enum look look, int cycle) {
    if ((cycle <= 3 || cycle == 75) && (look == UNSEEN || pixel_of(tia) <= 0))
        move_in_time(tia, player, look);
    else
        move_late(tia, player, look, cycle);
}

OUTLINE void move_painting(struct tia *tia, struct player *player, int cycle) {
    move_some(tia, player, PAINTING, cycle);
}

OUTLINE void move_colliding(struct tia *tia, struct player *player, int cycle) {
    move_some(tia, player, COLLIDING, cycle);
}

OUTLINE void move_unseen(struct tia *tia, struct player *player, int cycle) {
    move_some(tia, player, UNSEEN, cycle);
}

INLINE void move_objects(struct tia *tia, struct player *player, enum look look, int32_t clock) {
    const int cycle = strobes_line_clock(clock) / 3;
    const bool is_late = cycle > 3 && cycle != 75;
    const bool moves =
        is_late || !is_still(tia) || tia->skips[0] || tia->skips[1] || tia->star_look;
    if (moves)
        advance(tia, player, look, clock);
    if (!player->frame->has_no_blanks && (cycle <= 20 || cycle == 75))
        begin_comb(tia, player, look, clock);
    if (moves && look == PAINTING)
        move_painting(tia, player, cycle);
    else if (moves && look == COLLIDING)
        move_colliding(tia, player, cycle);
    else if (moves)
        move_unseen(tia, player, cycle);
    tia->star_on = 0;
    tia->hmove_clock = clock;
}

INLINE void lock_missile(struct tia *tia, struct player *player, enum look look, int missile,
                         bool locks) {
    static const uint8_t middles[3] = {4, 8, 16};
    if (tia->locked[missile] == locks)
        return;
    leave(tia, player, look, 1u << (OBJECT_M0 + missile));
    if (!locks) {
        const int shift = tia_copies[tia->nusiz[missile] & 7].shift;
        tia->positions[OBJECT_M0 + missile] =
            strobes_wrapped(tia->positions[missile] + middles[shift]);
        if (missile == 0)
            tia->star_look = 0;
    }
    tia->locked[missile] = locks;
    renew(tia, player, look, 1u << (OBJECT_M0 + missile));
}

/* ---- Registers ------------------------------------------------------------------------------- */

INLINE uint8_t colour_of(const struct tia *tia, const struct tia_frame *frame, uint8_t value) {
    return (value & 0xfe) | (frame->loses_colour && tia->odd_lines);
}

INLINE void write_colour(struct tia *tia, struct player *player, enum look look, uint32_t index,
                         uint8_t value) {
    const uint8_t colour = colour_of(tia, player->frame, value);
    if (tia->colours[index] == colour)
        return;
    const int pixel = pixel_of(tia);
    if (look == PAINTING && pixel > player->objects->begin) {
        if (painting_shows(player->objects, tia, (int)index, pixel))
            beam_split(tia, player, look);
        player->objects->later |= NOT_AN_OBJECT;
    }
    if (look != UNSEEN)
        player->objects->changed |= NOT_AN_OBJECT;
    tia->colours[index] = colour;
}

/* If a change of the playfield cuts four pixels, which few programs do, each part of them is
 * processed by itself. */
INLINE void leave_field(struct tia *tia, struct player *player, enum look look) {
    if (pixel_of(tia) % 4 > 0)
        beam_split(tia, player, look);
    else
        leave(tia, player, look, 1u << OBJECT_PF);
}

static uint32_t playfield_of(uint32_t playfield, uint32_t address, uint8_t value) {
    if (address == TIA_PF0)
        return (playfield & ~0xfu) | value >> 4;
    if (address == TIA_PF1)
        return (playfield & ~0xff0u) | (uint32_t)tia_reversed[value] << 4;
    return (playfield & ~0xff000u) | (uint32_t)value << 12;
}

INLINE void write_playfield(struct tia *tia, struct player *player, enum look look,
                            uint32_t address, uint8_t value) {
    const uint32_t playfield = playfield_of(tia->playfield, address, value);
    if (playfield == tia->playfield)
        return;
    leave_field(tia, player, look);
    tia->playfield = playfield;
    renew(tia, player, look, 1u << OBJECT_PF);
}

INLINE void write_control(struct tia *tia, struct player *player, enum look look, uint8_t value,
                          int32_t clock) {
    enum { COLOURS = CTRLPF_SCORE | CTRLPF_PRIORITY, BALL_SIZE = 0x30 };
    const int h = strobes_line_clock(clock);
    const bool is_mirrored = h < TIA_BLANK_CLOCKS + 79 ? value & 1 : tia->is_mirrored;
    const int changed = tia->ctrlpf ^ value;
    if (look == PAINTING && changed & COLOURS)
        beam_split(tia, player, look);
    if (is_mirrored != tia->is_mirrored) {
        leave_field(tia, player, look);
        tia->is_mirrored = is_mirrored;
        renew(tia, player, look, 1u << OBJECT_PF);
    }
    if (changed & BALL_SIZE)
        leave(tia, player, look, 1u << OBJECT_BL);
    tia->ctrlpf = value;
    if (changed & BALL_SIZE)
        renew(tia, player, look, 1u << OBJECT_BL);
}

INLINE void write_size(struct tia *tia, struct player *player, enum look look, int which,
                       uint8_t value) {
    const bool has_look = which == 0 && tia->star_look;
    if (tia->nusiz[which] == value && !tia->skips[which] && !has_look)
        return;
    leave(tia, player, look, 1u << which | 1u << (OBJECT_M0 + which));
    if (has_look)
        tia->star_look = 0;
    tia->nusiz[which] = value;
    tia->skips[which] = 0;
    renew(tia, player, look, 1u << which | 1u << (OBJECT_M0 + which));
}

/* A register of 0 or 1 that changes one object. */
INLINE void write_flag(struct tia *tia, struct player *player, enum look look, int object,
                       uint8_t *flag, int value) {
    if (*flag == value)
        return;
    leave(tia, player, look, 1u << object);
    *flag = (uint8_t)value;
    renew(tia, player, look, 1u << object);
}

static void write_motion(struct tia *tia, struct player *player, uint32_t address, uint8_t value,
                         int32_t clock) {
    uint8_t *motion = &tia->motions[address - TIA_HMP0];
    if (address == TIA_HMM0 && value >> 4 == 6 && *motion == 7 &&
        strobes_since_hmove(tia, clock) == 63) {
        tia->star_on = 1;
        tia->star_count = 0;
        player->relevant = player->always = ALL_EFFECTS;
    }
    *motion = value >> 4;
}

/* Writes a player's graphics; copies the other's to its old graphics and, for the second player,
 * the ball's, too. */
INLINE void write_graphics(struct tia *tia, struct player *player, enum look look, int which,
                           uint8_t value) {
    const int other = which ^ 1;
    const bool is_ball = which == 1 && tia->old_ball != tia->enabled[2];
    unsigned changed = is_ball && tia->delays[2] ? 1u << OBJECT_BL : 0;
    if (tia->graphics[which] != value)
        changed |= tia->delays[which] ? 0 : 1u << which;
    if (tia->old_graphics[other] != tia->graphics[other])
        changed |= tia->delays[other] ? 1u << other : 0;
    leave(tia, player, look, changed);
    tia->graphics[which] = value;
    tia->old_graphics[other] = tia->graphics[other];
    if (is_ball)
        tia->old_ball = tia->enabled[2];
    if (changed)
        renew(tia, player, look, changed);
}

INLINE void write_blank(struct tia *tia, struct player *player, enum look look, uint8_t blanked) {
    if (tia->blanked == blanked)
        return;
    finish(tia, player, look, pixel_of(tia));
    tia->blanked = blanked;
    beam_restart(tia, player, look);
}

INLINE void clear_collisions(struct tia *tia, struct player *player, enum look look) {
    if (look == COLLIDING) {
        finish(tia, player, look, pixel_of(tia));
        if (tia->collisions & player->objects->watched)
            objects_reopen(player->objects, 0);
        beam_restart(tia, player, look);
    }
    tia->collisions = 0;
}

/* The effects of a write, by its address. */
struct kind {
    uint32_t effects;
    uint8_t delays[4]; /* clocks until it shows, by the last two bits of its cycle */
};
#define ALIKE(n)                                                                                   \
    { n, n, n, n }
#define PLAYFIELD                                                                                  \
    { 4, 5, 2, 3 }
static const struct kind kinds[64] = {
    [TIA_VBLANK] = {EFFECT_PAIRS | EFFECT_COLOUR, ALIKE(1)},
    [TIA_NUSIZ0] = {1 << OBJECT_P0 | 1 << OBJECT_M0, ALIKE(8)},
    [TIA_NUSIZ1] = {1 << OBJECT_P1 | 1 << OBJECT_M1, ALIKE(8)},
    [TIA_COLUP0] = {EFFECT_COLOUR | EFFECT_LAST, ALIKE(0)},
    [TIA_COLUP0 + 1] = {EFFECT_COLOUR | EFFECT_LAST, ALIKE(0)},
    [TIA_COLUP0 + 2] = {EFFECT_COLOUR | EFFECT_LAST, ALIKE(0)},
    [TIA_COLUBK] = {EFFECT_COLOUR | EFFECT_LAST, ALIKE(0)},
    [TIA_CTRLPF] = {1 << OBJECT_PF | 1 << OBJECT_BL | EFFECT_COLOUR | EFFECT_LINE, ALIKE(0)},
    [TIA_REFP0] = {1 << OBJECT_P0, ALIKE(1)},
    [TIA_REFP1] = {1 << OBJECT_P1, ALIKE(1)},
    [TIA_PF0] = {1 << OBJECT_PF | EFFECT_LAST, PLAYFIELD},
    [TIA_PF1] = {1 << OBJECT_PF | EFFECT_LAST, PLAYFIELD},
    [TIA_PF2] = {1 << OBJECT_PF | EFFECT_LAST, PLAYFIELD},
    [TIA_RESP0] = {1 << OBJECT_P0 | EFFECT_LINE, ALIKE(0)},
    [TIA_RESP1] = {1 << OBJECT_P1 | EFFECT_LINE, ALIKE(0)},
    [TIA_RESM0] = {1 << OBJECT_M0, ALIKE(8)},
    [TIA_RESM1] = {1 << OBJECT_M1, ALIKE(8)},
    [TIA_RESBL] = {1 << OBJECT_BL, ALIKE(0)},
    [TIA_GRP0] = {1 << OBJECT_P0 | 1 << OBJECT_P1, ALIKE(1)},
    [TIA_GRP1] = {1 << OBJECT_P0 | 1 << OBJECT_P1 | 1 << OBJECT_BL, ALIKE(1)},
    [TIA_ENAM0] = {1 << OBJECT_M0, ALIKE(0)},
    [TIA_ENAM1] = {1 << OBJECT_M1, ALIKE(0)},
    [TIA_ENABL] = {1 << OBJECT_BL, ALIKE(0)},
    /* see star_step in beam.c */
    [TIA_HMM0] = {EFFECT_LINE, ALIKE(0)},
    [TIA_VDELP0] = {1 << OBJECT_P0, ALIKE(0)},
    [TIA_VDELP1] = {1 << OBJECT_P1, ALIKE(0)},
    [TIA_VDELBL] = {1 << OBJECT_BL, ALIKE(0)},
    [TIA_RESMP0] = {1 << OBJECT_M0, ALIKE(0)},
    [TIA_RESMP1] = {1 << OBJECT_M1, ALIKE(0)},
    [TIA_HMOVE] = {EFFECT_MOVE, ALIKE(0)},
    [TIA_CXCLR] = {EFFECT_PAIRS, ALIKE(0)},
};

/* All earlier pixels have been drawn. */
// NOLINTNEXTLINE(readability-function-size): one case a register
INLINE void apply(struct tia *tia, struct player *player, enum look look, uint32_t address,
                  uint8_t value, int32_t clock) {
    switch (address) {
    case TIA_VBLANK:
        write_blank(tia, player, look, value >> 1 & 1);
        break;
    case TIA_NUSIZ0:
        write_size(tia, player, look, 0, value);
        break;
    case TIA_NUSIZ1:
        write_size(tia, player, look, 1, value);
        break;
    case TIA_COLUP0:
    case TIA_COLUP0 + 1:
    case TIA_COLUP0 + 2:
    case TIA_COLUBK:
        write_colour(tia, player, look, address - TIA_COLUP0, value);
        break;
    case TIA_CTRLPF:
        write_control(tia, player, look, value, clock);
        break;
    case TIA_REFP0:
        write_flag(tia, player, look, OBJECT_P0, &tia->mirrors[0], value >> 3 & 1);
        break;
    case TIA_REFP1:
        write_flag(tia, player, look, OBJECT_P1, &tia->mirrors[1], value >> 3 & 1);
        break;
    case TIA_PF0:
    case TIA_PF1:
    case TIA_PF2:
        write_playfield(tia, player, look, address, value);
        break;
    case TIA_RESP0:
        reset_player(tia, player, look, 0, clock);
        break;
    case TIA_RESP1:
        reset_player(tia, player, look, 1, clock);
        break;
    case TIA_RESM0:
    case TIA_RESM1:
    case TIA_RESBL:
        reset_other(tia, player, look, address, clock);
        break;
    case TIA_GRP0:
        write_graphics(tia, player, look, 0, value);
        break;
    case TIA_GRP1:
        write_graphics(tia, player, look, 1, value);
        break;
    case TIA_ENAM0:
        write_flag(tia, player, look, OBJECT_M0, &tia->enabled[0], value >> 1 & 1);
        break;
    case TIA_ENAM1:
        write_flag(tia, player, look, OBJECT_M1, &tia->enabled[1], value >> 1 & 1);
        break;
    case TIA_ENABL:
        write_flag(tia, player, look, OBJECT_BL, &tia->enabled[2], value >> 1 & 1);
        break;
    case TIA_VDELP0:
        write_flag(tia, player, look, OBJECT_P0, &tia->delays[0], value & 1);
        break;
    case TIA_VDELP1:
        write_flag(tia, player, look, OBJECT_P1, &tia->delays[1], value & 1);
        break;
    case TIA_VDELBL:
        write_flag(tia, player, look, OBJECT_BL, &tia->delays[2], value & 1);
        break;
    case TIA_RESMP0:
    case TIA_RESMP1:
        lock_missile(tia, player, look, (int)(address - TIA_RESMP0), value >> 1 & 1);
        break;
    case TIA_HMOVE:
        move_objects(tia, player, look, clock);
        break;
    case TIA_HMCLR:
        memset(tia->motions, 0, sizeof tia->motions);
        break;
    case TIA_CXCLR:
        clear_collisions(tia, player, look);
        break;
    default:
        if (address >= TIA_HMP0 && address <= TIA_HMBL)
            write_motion(tia, player, address, value, clock);
        break;
    }
}

/* ---- Playing --------------------------------------------------------------------------------- */

/* Whether the comb that began at comb_clock is not drawn yet: no pixel after it has been drawn. */
static bool has_comb(const struct tia *tia, const struct player *player) {
    const int32_t first = player->frame->first_clock;
    const int32_t begin = player->comb_clock > first ? player->comb_clock : first;
    const int32_t end = begin - strobes_line_clock(begin) + TIA_BLANK_CLOCKS + COMB;
    return tia->drawn <= (begin > end ? begin : end);
}

/* A write without an effect on the watched objects does not wait for the pixels before it; the next
 * write with an effect comes no earlier than it. */
INLINE void play(struct tia *tia, struct player *player, enum look look, const uint32_t *writes,
                 size_t count, int32_t clock) {
    int32_t latest = tia->drawn;
    for (size_t i = 0; i < count; i++) {
        const uint32_t address = writes[i] >> 8 & 63;
        const uint8_t value = (uint8_t)writes[i];
        const uint32_t cycles = writes[i] >> TIA_WRITE_BITS;
        const int32_t at = (int32_t)(3 * cycles);
        const struct kind *kind = &kinds[address];
        const int32_t shows = at + kind->delays[cycles % 4];
        latest = shows > latest ? shows : latest;
        if (look == PAINTING || kind->effects & player->relevant) {
            advance(tia, player, look, latest);
            apply(tia, player, look, address, value, at);
        } else if (!(kind->effects & EFFECT_LAST) || kind->effects & player->objects->parts) {
            player->objects->missed |= kind->effects & ALL_OBJECTS;
            apply(tia, player, UNSEEN, address, value, at);
        }
    }
    advance(tia, player, look, latest > clock ? latest : clock);
    finish(tia, player, look, pixel_of(tia));
}

/* Sets the registers for which only the last write counts. */
static void settle(struct tia *tia, const struct tia_frame *frame, const uint8_t *written) {
    for (uint32_t i = 0; i < 4; i++)
        tia->colours[i] = colour_of(tia, frame, written[TIA_COLUP0 + i]);
    for (uint32_t i = TIA_PF0; i <= TIA_PF2; i++)
        tia->playfield = playfield_of(tia->playfield, i, written[i]);
}

void tia_play(struct tia *tia, const struct tia_frame *frame, struct objects *objects,
              const uint32_t *writes, size_t count, int32_t clock, const uint8_t *written) {
    struct player player;
    player.frame = frame;
    player.objects = objects;
    player.always = tia->star_on
                        ? ALL_EFFECTS
                        : (objects->watched ? EFFECT_PAIRS | EFFECT_MOVE : 0) | EFFECT_LINE;
    player.comb_clock = tia->drawn;
    if (!objects->has_looked)
        objects_look(objects, tia);
    player.relevant = objects_relevant(objects) | player.always;
    play(tia, &player, COLLIDING, writes, count, clock);
    tia->comb = tia->comb && has_comb(tia, &player);
    settle(tia, frame, written);
}

void tia_draw(struct tia *tia, const struct tia_frame *frame, const uint32_t *writes, size_t count,
              int32_t clock, uint8_t *pixels) {
    struct objects objects;
    struct player player;
    player.frame = frame;
    player.objects = &objects;
    player.row = pixels + (ptrdiff_t)((tia->line_end - frame->first_clock) / TIA_LINE_CLOCKS - 1) *
                              TIA_WIDTH;
    player.has_comb = false;
    player.comb_clock = 0;
    player.relevant = player.always = ALL_EFFECTS;
    objects_watch_pixels(&objects);
    objects_look(&objects, tia);
    play(tia, &player, PAINTING, writes, count, clock);
}

/* No write depends on an earlier time than this. */
static const int32_t long_ago = -1000000;

void tia_begin_frame(struct tia *tia, const struct tia_frame *frame, int32_t elapsed_clocks,
                     int line_count) {
    tia->drawn = frame->first_clock;
    tia->line_end = frame->first_clock + TIA_LINE_CLOCKS;
    const int64_t hmove_clock = (int64_t)tia->hmove_clock - elapsed_clocks;
    tia->hmove_clock = hmove_clock > long_ago ? (int32_t)hmove_clock : long_ago;
    tia->odd_lines = line_count & 1;
    if (frame->loses_colour)
        for (int i = 0; i < 4; i++)
            tia->colours[i] = (tia->colours[i] & 0xfe) | tia->odd_lines;
}

/* ---- Soundness ------------------------------------------------------------------------------- */

static bool are_below(const uint8_t *values, size_t count, uint8_t limit) {
    for (size_t i = 0; i < count; i++)
        if (values[i] >= limit)
            return false;
    return true;
}

static bool place_is_sound(const struct tia *tia, const struct tia_frame *frame) {
    return tia->line_end > frame->first_clock && tia->line_end <= frame->end_clock &&
           (tia->line_end - frame->first_clock) % TIA_LINE_CLOCKS == 0 &&
           tia->drawn <= tia->line_end && tia->drawn >= tia->line_end - TIA_LINE_CLOCKS &&
           tia->hmove_clock >= long_ago;
}

bool tia_is_sound(const struct tia *tia, const struct tia_frame *frame) {
    return place_is_sound(tia, frame) && tia->playfield < 1u << 20 &&
           are_below(tia->positions, sizeof tia->positions, TIA_WIDTH) &&
           are_below(tia->motions, sizeof tia->motions, 16) &&
           are_below(tia->mirrors, sizeof tia->mirrors, 2) &&
           are_below(tia->enabled, sizeof tia->enabled, 2) && tia->old_ball < 2 &&
           are_below(tia->delays, sizeof tia->delays, 2) &&
           are_below(tia->locked, sizeof tia->locked, 2) && tia->blanked < 2 &&
           tia->is_mirrored < 2 && are_below(tia->skips, sizeof tia->skips, 2) && tia->comb < 2 &&
           tia->star_on < 2 && tia->star_count < 4 && tia->star_look < 3 && tia->odd_lines < 2;
}
