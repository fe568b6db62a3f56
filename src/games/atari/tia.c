#include "games/atari/tia.h"

#include "games/atari/objects.h"

#include <string.h>

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#define OUTLINE static __attribute__((noinline))
#else
#define INLINE static inline
#define OUTLINE static
#endif

/* A playing of writes: what only it needs. */
struct player {
    const struct tia_frame *frame;
    struct objects *objects;
    unsigned relevant;  /* effects of writes that must not come before what is drawn until then: */
    unsigned always;    /* these, and changes of objects that can make others collide */
    int32_t comb_clock; /* where a comb began that is not yet drawn, while nothing is painted */
    uint8_t *row;       /* of the picture that is painted, if one is */
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

/* ---- From one write to the next -------------------------------------------------------------- */

/* Pixels begin to end - 1 of a line. Nothing is looked at again while no object changes that could
 * collide. */
INLINE void find_collisions(struct tia *tia, struct player *player, int begin, int end) {
    struct objects *objects = player->objects;
    if (objects->unsure & objects->alert) {
        objects_touch(objects, tia);
        player->relevant = objects->alert | player->always;
    }
    const unsigned open = objects->touching & ~tia->collisions;
    if (open)
        tia->collisions |= objects_collide(objects, open, begin, end);
}

INLINE void paint_pixels(struct tia *tia, struct player *player, int begin, int end) {
    const bool has_comb = tia->comb;
    if (end > COMB)
        tia->comb = 0;
    if (tia->blanked) {
        memset(player->row + begin, 0, (size_t)(end - begin));
        return;
    }
    objects_paint(player->objects, tia, player->row, begin, end);
    if (has_comb && begin < COMB)
        memset(player->row + begin, 0, (size_t)(at_most(end, COMB) - begin));
}

/* In journey_escape a missile whose motion is written in the middle of an HMOVE wanders on by
 * itself at the end of each line, looks wider, or is gone. */
static void star_step(struct tia *tia, struct player *player) {
    static const uint8_t ways[4] = {18, 33, 0, 17};
    tia->star_count = (tia->star_count + 1) & 3;
    const int position = tia->positions[OBJECT_M0] - ways[tia->star_count];
    tia->positions[OBJECT_M0] = (uint8_t)((position + TIA_WIDTH) % TIA_WIDTH);
    tia->star_look = tia->star_count == 1 || tia->star_count == 2 ? tia->star_count : 0;
    objects_change(player->objects, 1u << OBJECT_M0);
}

/* Until it is looked at what they cover now, all are as important as those that have changed. */
INLINE void change(struct player *player, unsigned which) {
    objects_change(player->objects, which);
    player->relevant |= player->objects->parts;
}

INLINE void end_line(struct tia *tia, struct player *player, bool paints) {
    if (tia->is_mirrored != (tia->ctrlpf & 1)) {
        tia->is_mirrored = tia->ctrlpf & 1;
        change(player, 1u << OBJECT_PF);
    }
    if (tia->skips[0] | tia->skips[1]) {
        change(player, (unsigned)(tia->skips[0] | tia->skips[1] << 1));
        tia->skips[0] = tia->skips[1] = 0;
    }
    if (tia->star_on)
        star_step(tia, player);
    tia->line_end += TIA_LINE_CLOCKS;
    if (paints)
        player->row += TIA_WIDTH;
}

/* Plays up to stop, in the same line. */
INLINE void play_part(struct tia *tia, struct player *player, bool paints, int32_t stop) {
    const int32_t first_pixel = tia->line_end - TIA_WIDTH;
    const int end = stop - first_pixel;
    if (end > 0) {
        const int begin = tia->drawn > first_pixel ? tia->drawn - first_pixel : 0;
        if (paints)
            paint_pixels(tia, player, begin, end);
        else if (player->objects->watched && !tia->blanked)
            find_collisions(tia, player, begin, end);
    }
    tia->drawn = stop;
}

/* Of lines that are all alike one shows what collides, and is painted. */
INLINE void play_whole_lines(struct tia *tia, struct player *player, bool paints, int32_t clock) {
    const int32_t lines = (clock - tia->drawn) / TIA_LINE_CLOCKS;
    end_line(tia, player, paints);
    play_part(tia, player, paints, tia->line_end);
    tia->drawn += (lines - 1) * TIA_LINE_CLOCKS;
    tia->line_end = tia->drawn;
    for (int32_t i = 1; paints && i < lines; i++, player->row += TIA_WIDTH)
        memcpy(player->row + TIA_WIDTH, player->row, TIA_WIDTH);
}

/* Plays up to clock, as far as it is shown. A line that ends exactly there ends only when it goes
 * on beyond. */
INLINE void advance_lines(struct tia *tia, struct player *player, bool paints, int32_t clock) {
    clock = at_most(clock, player->frame->end_clock);
    while (tia->drawn < clock) {
        if (tia->drawn == tia->line_end) {
            if (clock - tia->drawn >= TIA_LINE_CLOCKS && !tia->star_on && !(paints && tia->comb)) {
                play_whole_lines(tia, player, paints, clock);
                continue;
            }
            end_line(tia, player, paints);
        }
        play_part(tia, player, paints, at_most(clock, tia->line_end));
    }
}

OUTLINE void advance_painting(struct tia *tia, struct player *player, int32_t clock) {
    advance_lines(tia, player, true, clock);
}

OUTLINE void advance_colliding(struct tia *tia, struct player *player, int32_t clock) {
    advance_lines(tia, player, false, clock);
}

INLINE void advance(struct tia *tia, struct player *player, bool paints, int32_t clock) {
    if (clock <= tia->drawn)
        return;
    if (clock <= tia->line_end - TIA_WIDTH) /* still in the blank part */
        tia->drawn = clock;
    else if (paints)
        advance_painting(tia, player, clock);
    else
        advance_colliding(tia, player, clock);
}

/* Clocks since the line's start. */
INLINE int clock_of_line(int32_t clock) {
    return (int)((uint32_t)clock % TIA_LINE_CLOCKS);
}

/* ---- Strobes --------------------------------------------------------------------------------- */

static uint8_t wrapped(int position) {
    return (uint8_t)((position + 2 * TIA_WIDTH) % TIA_WIDTH);
}

/* Whether the beam is on or just ahead of a copy when its player is moved: 1, it is drawn on; -1,
 * it starts where it is; 0: neither. */
static int meets_copy(const struct tia *tia, int player, int position) {
    const struct copies *copies = &tia_copies[tia->nusiz[player] & 7];
    int result = 0;
    for (int i = 0; i < copies->count; i++) {
        const int distance =
            wrapped(position - tia->positions[player] - copies->offsets[i] + TIA_WIDTH);
        if (distance < 4)
            result = -1;
        else if (distance < 4 + (8 << copies->shift))
            return 1;
    }
    return result;
}

INLINE void reset_player(struct tia *tia, struct player *play, bool paints, int player,
                         int32_t clock) {
    const int h = clock_of_line(clock);
    const int position = h < TIA_BLANK_CLOCKS ? 3 : (h - TIA_BLANK_CLOCKS + 5) % TIA_WIDTH;
    const int met = meets_copy(tia, player, position);
    if (met > 0)
        advance(tia, play, paints, clock + 11);
    tia->positions[player] = (uint8_t)position;
    tia->skips[player] = met >= 0;
}

/* Where missiles and ball go when their strobe comes soon after HMOVE. */
struct exception {
    uint8_t address;
    uint8_t after; /* clocks since HMOVE */
    uint8_t h;
    uint8_t position;
};
static const struct exception exceptions[] = {
    {TIA_RESM0, 60, 69, 8},  {TIA_RESM1, 9, 18, 3}, {TIA_RESBL, 54, 60, 10},
    {TIA_RESBL, 54, 69, 10}, {TIA_RESBL, 9, 18, 3}, {TIA_RESBL, 21, 30, 6},
    {TIA_RESBL, 18, 27, 5},
};

/* The last HMOVE may be long ago. */
static uint32_t clocks_since_hmove(const struct tia *tia, int32_t clock) {
    return (uint32_t)clock - (uint32_t)tia->hmove_clock;
}

static void reset_other(struct tia *tia, uint32_t address, int32_t clock) {
    const int h = clock_of_line(clock);
    int position = h < TIA_BLANK_CLOCKS ? 2 : (h - TIA_BLANK_CLOCKS + 4) % TIA_WIDTH;
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++) {
        const struct exception *exception = &exceptions[i];
        if (exception->address == address && exception->h == h &&
            exception->after == clocks_since_hmove(tia, clock))
            position = exception->position;
    }
    tia->positions[OBJECT_M0 + (address - TIA_RESM0)] = (uint8_t)position;
}

/* By how many pixels HMOVE at a cycle of the line moves an object to the right, for those from
 * which on it does not do so as it should; whole: how it should. */
static int late_motion(int whole, int cycle) {
    static const int8_t early[] = {-6, -5, -5, -4, -3, -2, -2, -1, 0, 1, 1, 2, 3, 4, 4, 5, 6};
    static const int8_t late[] = {6,  5,  4,  4,  3,  2,  1,  1,  0,  -1,
                                  -2, -2, -3, -4, -5, -5, -6, -7, -8, -8};
    if (cycle <= 20)
        return whole > early[cycle - 4] ? whole : early[cycle - 4];
    if (cycle < 55)
        return 0;
    return at_most(0, whole + late[cycle - 55]);
}

/* way: -15 to 15. */
INLINE uint8_t moved(uint8_t position, int way) {
    const int sum = position + way;
    return (uint8_t)(sum < 0 ? sum + TIA_WIDTH : sum >= TIA_WIDTH ? sum - TIA_WIDTH : sum);
}

/* Whether HMOVE has nothing to move. */
INLINE bool is_still(const struct tia *tia) {
    /* Byte by byte: processors wait when they read more at once than what they wrote last. */
    return (tia->motions[0] | tia->motions[1] | tia->motions[2] | tia->motions[3] |
            tia->motions[4]) == 0;
}

INLINE void move_objects(struct tia *tia, struct player *player, bool paints, int32_t clock) {
    const int cycle = clock_of_line(clock) / 3;
    const bool is_late = cycle > 3 && cycle != 75;
    const bool moves = is_late || !is_still(tia);
    unsigned changed =
        (unsigned)(tia->skips[0] | tia->skips[1] << 1) | (tia->star_look ? 1u << OBJECT_M0 : 0);
    if (!paints && (moves || changed))
        advance(tia, player, paints, clock);
    if (!player->frame->has_no_blanks && (cycle <= 20 || cycle == 75)) {
        tia->comb = 1;
        player->comb_clock = clock > tia->drawn ? clock : tia->drawn;
    }
    for (int i = 0; moves && i < OBJECT_PF; i++) {
        const int motion = tia->motions[i];
        const int whole = motion < 8 ? -motion : 16 - motion;
        const int way = is_late ? late_motion(whole, cycle) : whole;
        tia->positions[i] = moved(tia->positions[i], way);
        changed |= (unsigned)(way != 0) << i;
    }
    tia->skips[0] = tia->skips[1] = 0;
    tia->star_on = tia->star_look = 0;
    tia->hmove_clock = clock;
    if (changed)
        change(player, changed);
}

static void lock_missile(struct tia *tia, int missile, bool locks) {
    static const uint8_t middles[3] = {4, 8, 16};
    if (tia->locked[missile] && !locks) {
        const int shift = tia_copies[tia->nusiz[missile] & 7].shift;
        tia->positions[OBJECT_M0 + missile] = wrapped(tia->positions[missile] + middles[shift]);
        if (missile == 0)
            tia->star_look = 0;
    }
    tia->locked[missile] = locks;
}

/* ---- Registers ------------------------------------------------------------------------------- */

INLINE void write_colour(struct tia *tia, const struct tia_frame *frame, uint32_t index,
                         uint8_t value) {
    tia->colours[index] = (value & 0xfe) | (frame->loses_colour && tia->odd_lines);
}

static void write_playfield(struct tia *tia, int first_bit, uint32_t mask, uint32_t bits) {
    tia->playfield = (tia->playfield & ~(mask << first_bit)) | bits << first_bit;
}

static uint32_t reversed(uint32_t byte) {
    byte = (byte & 0xf0) >> 4 | (byte & 0x0f) << 4;
    byte = (byte & 0xcc) >> 2 | (byte & 0x33) << 2;
    return (byte & 0xaa) >> 1 | (byte & 0x55) << 1;
}

static void write_control(struct tia *tia, uint8_t value, int32_t clock) {
    tia->ctrlpf = value;
    if (clock_of_line(clock) < TIA_BLANK_CLOCKS + 79)
        tia->is_mirrored = value & 1;
}

static void write_motion(struct tia *tia, struct player *player, uint32_t address, uint8_t value,
                         int32_t clock) {
    uint8_t *motion = &tia->motions[address - TIA_HMP0];
    if (address == TIA_HMM0 && value >> 4 == 6 && *motion == 7 &&
        clocks_since_hmove(tia, clock) == 63) {
        tia->star_on = 1;
        tia->star_count = 0;
        player->relevant = player->always = ALL_EFFECTS;
    }
    *motion = value >> 4;
}

/* A player's graphics; the other's, and with the second's the ball's, become old. */
INLINE void write_graphics(struct tia *tia, struct player *player, int which, uint8_t value) {
    const int other = which ^ 1;
    unsigned changed = 0;
    if (tia->graphics[which] != value) {
        tia->graphics[which] = value;
        changed |= tia->delays[which] ? 0 : 1u << which;
    }
    if (tia->old_graphics[other] != tia->graphics[other]) {
        tia->old_graphics[other] = tia->graphics[other];
        changed |= tia->delays[other] ? 1u << other : 0;
    }
    if (which == 1 && tia->old_ball != tia->enabled[2]) {
        tia->old_ball = tia->enabled[2];
        changed |= 1u << OBJECT_BL;
    }
    objects_change(player->objects, changed);
}

static const uint16_t effects[64] = {
    [TIA_VBLANK] = EFFECT_PAIRS | EFFECT_COLOUR,
    [TIA_NUSIZ0] = 1 << OBJECT_P0 | 1 << OBJECT_M0,
    [TIA_NUSIZ1] = 1 << OBJECT_P1 | 1 << OBJECT_M1,
    [TIA_COLUP0] = EFFECT_COLOUR | EFFECT_LAST,
    [TIA_COLUP0 + 1] = EFFECT_COLOUR | EFFECT_LAST,
    [TIA_COLUP0 + 2] = EFFECT_COLOUR | EFFECT_LAST,
    [TIA_COLUBK] = EFFECT_COLOUR | EFFECT_LAST,
    [TIA_CTRLPF] = 1 << OBJECT_PF | 1 << OBJECT_BL | EFFECT_COLOUR | EFFECT_LINE,
    [TIA_REFP0] = 1 << OBJECT_P0,
    [TIA_REFP1] = 1 << OBJECT_P1,
    [TIA_PF0] = 1 << OBJECT_PF | EFFECT_LAST,
    [TIA_PF1] = 1 << OBJECT_PF | EFFECT_LAST,
    [TIA_PF2] = 1 << OBJECT_PF | EFFECT_LAST,
    [TIA_RESP0] = 1 << OBJECT_P0 | EFFECT_LINE,
    [TIA_RESP1] = 1 << OBJECT_P1 | EFFECT_LINE,
    [TIA_RESM0] = 1 << OBJECT_M0,
    [TIA_RESM1] = 1 << OBJECT_M1,
    [TIA_RESBL] = 1 << OBJECT_BL,
    [TIA_GRP0] = 1 << OBJECT_P0 | 1 << OBJECT_P1,
    [TIA_GRP1] = 1 << OBJECT_P0 | 1 << OBJECT_P1 | 1 << OBJECT_BL,
    [TIA_ENAM0] = 1 << OBJECT_M0,
    [TIA_ENAM1] = 1 << OBJECT_M1,
    [TIA_ENABL] = 1 << OBJECT_BL,
    [TIA_HMM0] = EFFECT_LINE, /* see star_step */
    [TIA_VDELP0] = 1 << OBJECT_P0,
    [TIA_VDELP1] = 1 << OBJECT_P1,
    [TIA_VDELBL] = 1 << OBJECT_BL,
    [TIA_RESMP0] = 1 << OBJECT_M0,
    [TIA_RESMP1] = 1 << OBJECT_M1,
    [TIA_HMOVE] = EFFECT_MOVE,
    [TIA_CXCLR] = EFFECT_PAIRS,
};

// NOLINTNEXTLINE(readability-function-size): one case a register
INLINE void apply(struct tia *tia, struct player *player, bool paints, uint32_t address,
                  uint8_t value, int32_t clock) {
    switch (address) {
    case TIA_VBLANK:
        tia->blanked = value >> 1 & 1;
        break;
    case TIA_NUSIZ0:
        tia->star_look = 0;
        tia->nusiz[0] = value;
        tia->skips[0] = 0;
        break;
    case TIA_NUSIZ1:
        tia->nusiz[1] = value;
        tia->skips[1] = 0;
        break;
    case TIA_COLUP0:
    case TIA_COLUP0 + 1:
    case TIA_COLUP0 + 2:
    case TIA_COLUBK:
        write_colour(tia, player->frame, address - TIA_COLUP0, value);
        break;
    case TIA_CTRLPF:
        write_control(tia, value, clock);
        break;
    case TIA_REFP0:
    case TIA_REFP1:
        tia->mirrors[address - TIA_REFP0] = value >> 3 & 1;
        break;
    case TIA_PF0:
        write_playfield(tia, 0, 0x0f, value >> 4);
        break;
    case TIA_PF1:
        write_playfield(tia, 4, 0xff, reversed(value));
        break;
    case TIA_PF2:
        write_playfield(tia, 12, 0xff, value);
        break;
    case TIA_RESP0:
    case TIA_RESP1:
        reset_player(tia, player, paints, (int)(address - TIA_RESP0), clock);
        break;
    case TIA_RESM0:
        tia->star_look = 0;
        reset_other(tia, address, clock);
        break;
    case TIA_RESM1:
    case TIA_RESBL:
        reset_other(tia, address, clock);
        break;
    case TIA_GRP0:
    case TIA_GRP1:
        write_graphics(tia, player, (int)(address - TIA_GRP0), value);
        return;
    case TIA_ENAM0:
    case TIA_ENAM1:
    case TIA_ENABL:
        tia->enabled[address - TIA_ENAM0] = value >> 1 & 1;
        break;
    case TIA_VDELP0:
    case TIA_VDELP1:
    case TIA_VDELBL:
        tia->delays[address - TIA_VDELP0] = value & 1;
        break;
    case TIA_RESMP0:
    case TIA_RESMP1:
        lock_missile(tia, (int)(address - TIA_RESMP0), value >> 1 & 1);
        break;
    case TIA_HMOVE:
        move_objects(tia, player, paints, clock);
        return;
    case TIA_HMCLR:
        memset(tia->motions, 0, sizeof tia->motions);
        break;
    case TIA_CXCLR:
        tia->collisions = 0;
        objects_change(player->objects, player->objects->parts); /* what has met can meet again */
        break;
    default:
        if (address >= TIA_HMP0 && address <= TIA_HMBL)
            write_motion(tia, player, address, value, clock);
        break;
    }
    objects_change(player->objects, effects[address] & ALL_OBJECTS);
}

/* ---- Playing --------------------------------------------------------------------------------- */

/* Clocks until a write shows. */
static const uint8_t delays[64] = {
    [TIA_VBLANK] = 1, [TIA_NUSIZ0] = 8, [TIA_NUSIZ1] = 8, [TIA_REFP0] = 1, [TIA_REFP1] = 1,
    [TIA_RESM0] = 8,  [TIA_RESM1] = 8,  [TIA_GRP0] = 1,   [TIA_GRP1] = 1,
};

INLINE int32_t delay_of(uint32_t address, uint32_t cycles) {
    static const uint8_t playfield_delays[4] = {4, 5, 2, 3};
    return address >= TIA_PF0 && address <= TIA_PF2 ? playfield_delays[cycles % 4]
                                                    : delays[address];
}

/* Whether the comb that began at comb_clock is yet to be drawn: not if a pixel behind it has been.
 */
static bool has_comb(const struct tia *tia, const struct player *player) {
    const int32_t first = player->frame->first_clock;
    const int32_t begin = player->comb_clock > first ? player->comb_clock : first;
    const int32_t end = begin - clock_of_line(begin) + TIA_BLANK_CLOCKS + COMB;
    return tia->drawn <= (begin > end ? begin : end);
}

/* Where a write shows, beside its delay what is drawn already. */
INLINE int32_t shows_at(uint32_t write) {
    const uint32_t cycles = write >> 14;
    return (int32_t)(3 * cycles) + delay_of(write >> 8 & 63, cycles);
}

/* A write that has no effect on what is looked at does not wait for what is drawn until then. */
INLINE void play(struct tia *tia, struct player *player, bool paints, const uint32_t *writes,
                 size_t count, int32_t clock) {
    for (size_t i = 0; i < count; i++) {
        const uint32_t address = writes[i] >> 8 & 63;
        if (effects[address] & player->relevant) {
            advance(tia, player, paints, shows_at(writes[i]));
            player->relevant |= player->objects->parts;
        } else if (effects[address] & EFFECT_LAST && !(effects[address] & player->objects->parts)) {
            continue;
        }
        apply(tia, player, paints, address, (uint8_t)writes[i], (int32_t)(3 * (writes[i] >> 14)));
    }
    if (count > 0 && effects[writes[count - 1] >> 8 & 63])
        advance(tia, player, paints, shows_at(writes[count - 1]));
    advance(tia, player, paints, clock);
}

/* Registers of which only what was written last counts. */
static void settle(struct tia *tia, const struct tia_frame *frame, const uint8_t *written) {
    for (uint32_t i = 0; i < 4; i++)
        write_colour(tia, frame, i, written[TIA_COLUP0 + i]);
    write_playfield(tia, 0, 0x0f, written[TIA_PF0] >> 4u);
    write_playfield(tia, 4, 0xff, reversed(written[TIA_PF1]));
    write_playfield(tia, 12, 0xff, written[TIA_PF2]);
}

void tia_play(struct tia *tia, const struct tia_frame *frame, struct objects *objects,
              const uint32_t *writes, size_t count, int32_t clock, const uint8_t *written) {
    struct player player;
    player.frame = frame;
    player.objects = objects;
    player.always =
        tia->star_on ? ALL_EFFECTS : (objects->watched ? EFFECT_PAIRS : 0) | EFFECT_LINE;
    player.relevant = objects->parts | player.always;
    player.comb_clock = tia->drawn;
    play(tia, &player, false, writes, count, clock);
    tia->comb = tia->comb && has_comb(tia, &player);
    settle(tia, frame, written);
}

void tia_draw(struct tia *tia, const struct tia_frame *frame, const uint32_t *writes, size_t count,
              int32_t clock, uint8_t *pixels) {
    struct objects objects;
    struct player player;
    objects.watched = objects.parts = 0;
    objects_watch(&objects, 0);
    player.frame = frame;
    player.objects = &objects;
    player.row = pixels + (ptrdiff_t)((tia->line_end - frame->first_clock) / TIA_LINE_CLOCKS - 1) *
                              TIA_WIDTH;
    player.comb_clock = 0;
    player.relevant = player.always = ALL_EFFECTS;
    play(tia, &player, true, writes, count, clock);
}

/* No write looks back as far. */
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
