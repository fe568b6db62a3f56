#include "games/atari/objects.h"

#define AT(offset) (1ull << (offset))
const struct copies tia_copies[8] = {
    {1, {0}, 0, 8, AT(0), 0},
    {2, {0, 16}, 0, 24, AT(0) | AT(16), 0},
    {2, {0, 32}, 0, 40, AT(0) | AT(32), 0},
    {3, {0, 16, 32}, 0, 40, AT(0) | AT(16) | AT(32), 0},
    {2, {0, 64}, 0, 72, AT(0), AT(0)},
    {1, {0}, 1, 17, AT(0), 0},
    {3, {0, 32, 64}, 0, 72, AT(0) | AT(32), AT(0)},
    {1, {0}, 2, 33, AT(0), 0},
};

/* ---- Bits ------------------------------------------------------------------------------------ */

/* Each of 4 bits twice, and four times. */
static const uint8_t twice[16] = {0x00, 0x03, 0x0c, 0x0f, 0x30, 0x33, 0x3c, 0x3f,
                                  0xc0, 0xc3, 0xcc, 0xcf, 0xf0, 0xf3, 0xfc, 0xff};
static const uint16_t four_times[16] = {0x0000, 0x000f, 0x00f0, 0x00ff, 0x0f00, 0x0f0f,
                                        0x0ff0, 0x0fff, 0xf000, 0xf00f, 0xf0f0, 0xf0ff,
                                        0xff00, 0xff0f, 0xfff0, 0xffff};

/* Reversed numbers, built up by pairs of bits from the highest: 2, 4, 6 and 8 bits. */
#define TURNED2(n) (n), (n) + 0x80, (n) + 0x40, (n) + 0xc0
#define TURNED4(n) TURNED2(n), TURNED2((n) + 0x20), TURNED2((n) + 0x10), TURNED2((n) + 0x30)
#define TURNED6(n) TURNED4(n), TURNED4((n) + 0x08), TURNED4((n) + 0x04), TURNED4((n) + 0x0c)
const uint8_t tia_reversed[256] = {TURNED6(0), TURNED6(2), TURNED6(1), TURNED6(3)};

/* The mask of the pixels before the nth. */
#define WORD(n) ((n) <= 0 ? 0 : (n) >= 64 ? ~0ull : (1ull << ((n)&63)) - 1)
#define BEFORE(n)                                                                                  \
    {                                                                                              \
        { WORD(n), WORD((n)-64), WORD((n)-128) }                                                   \
    }
#define BEFORE4(n) BEFORE(n), BEFORE((n) + 1), BEFORE((n) + 2), BEFORE((n) + 3)
#define BEFORE16(n) BEFORE4(n), BEFORE4((n) + 4), BEFORE4((n) + 8), BEFORE4((n) + 12)
#define BEFORE80(n)                                                                                \
    BEFORE16(n), BEFORE16((n) + 16), BEFORE16((n) + 32), BEFORE16((n) + 48), BEFORE16((n) + 64)
static const struct mask pixels_before[TIA_WIDTH + 1] = {BEFORE80(0), BEFORE80(80), BEFORE(160)};

static inline struct mask range_of(int begin, int end) {
    const uint64_t *first = pixels_before[begin].words;
    const uint64_t *last = pixels_before[end].words;
    return (struct mask){{last[0] & ~first[0], last[1] & ~first[1], last[2] & ~first[2]}};
}

static inline struct mask common_of(const struct mask *a, const struct mask *b) {
    return (struct mask){
        {a->words[0] & b->words[0], a->words[1] & b->words[1], a->words[2] & b->words[2]}};
}

static inline bool is_empty(const struct mask *mask) {
    return !(mask->words[0] | mask->words[1] | mask->words[2]);
}

static inline void add_mask(struct mask *sum, const struct mask *mask) {
    for (int i = 0; i < MASK_WORDS; i++)
        sum->words[i] |= mask->words[i];
}

/* A pattern of pixels, the first 64 and up to eight more, the first at position; pixels that leave
 * at the right come in at the left. */
static inline struct mask placed(uint64_t near, uint64_t far, unsigned position) {
    const unsigned shift = position % 64;
    const uint64_t first = near << shift;
    const uint64_t second = near >> 1 >> (63 - shift) | far << shift;
    const uint64_t third = far >> 1 >> (63 - shift);
    if (position < 64)
        return (struct mask){{first, second, third}};
    if (position < 128)
        return (struct mask){{second >> 32 | third << 32, first, second & 0xffffffff}};
    return (struct mask){
        {first >> 32 | second << 32, second >> 32 | third << 32, first & 0xffffffff}};
}

/* ---- Masks ----------------------------------------------------------------------------------- */

static uint8_t shown_graphics(const struct tia *tia, int player) {
    return tia->delays[player] ? tia->old_graphics[player] : tia->graphics[player];
}

static unsigned missile_width(const struct tia *tia, int missile) {
    unsigned size = tia->nusiz[missile] >> 4 & 3u;
    if (missile == 0 && tia->star_look == 1)
        size |= 1;
    return 1u << size;
}

static inline struct mask player_mask(const struct tia *tia, int player) {
    const struct copies *copies = &tia_copies[tia->nusiz[player] & 7];
    const uint8_t graphics = shown_graphics(tia, player);
    const uint32_t bits = tia->mirrors[player] ? graphics : tia_reversed[graphics];
    uint64_t pattern = bits;
    /* Wide ones come a pixel later. */
    if (copies->shift == 1)
        pattern = (uint64_t)(twice[bits & 15] | (unsigned)twice[bits >> 4] << 8) << 1;
    else if (copies->shift == 2)
        pattern = (uint64_t)(four_times[bits & 15] | (uint32_t)four_times[bits >> 4] << 16) << 1;
    const uint64_t first = tia->skips[player] ? 1 : 0; /* the copy that is hidden */
    return placed(pattern * (copies->near & ~first), pattern * copies->far, tia->positions[player]);
}

static inline struct mask missile_mask(const struct tia *tia, int missile) {
    const struct copies *copies = &tia_copies[tia->nusiz[missile] & 7];
    const uint64_t pattern = (1u << missile_width(tia, missile)) - 1;
    return placed(pattern * copies->near, pattern * copies->far,
                  tia->positions[OBJECT_M0 + missile]);
}

static inline struct mask ball_mask(const struct tia *tia) {
    return placed((1u << (1 << (tia->ctrlpf >> 4 & 3))) - 1, 0, tia->positions[OBJECT_BL]);
}

static inline struct mask new_mask(const struct tia *tia, int object) {
    if (object <= OBJECT_P1)
        return player_mask(tia, object);
    return object == OBJECT_BL ? ball_mask(tia) : missile_mask(tia, object - OBJECT_M0);
}

/* The mask of an object that is shown, except the playfield. It returns by value: a processor
 * stalls when a read is wider than the last write, as compilers would make it. */
static inline struct mask mask_of(struct objects *objects, const struct tia *tia, int object) {
    if (!(objects->stale >> object & 1))
        return objects->masks[object];
    const struct mask mask = new_mask(tia, object);
    objects->stale &= ~(1u << object);
    objects->masks[object] = mask;
    return mask;
}

/* ---- Playfield ------------------------------------------------------------------------------- */

/* Its 40 bits, bit 0 at the left. */
static inline uint64_t field_of(struct objects *objects, const struct tia *tia) {
    if (objects->stale >> OBJECT_PF & 1) {
        const uint32_t bits = tia->playfield;
        uint64_t right = bits;
        objects->stale &= ~(1u << OBJECT_PF);
        if (tia->is_mirrored)
            right = (uint32_t)tia_reversed[bits & 0xff] << 12 |
                    (uint32_t)tia_reversed[bits >> 8 & 0xff] << 4 |
                    (uint32_t)tia_reversed[bits >> 16] >> 4;
        objects->field = bits | right << 20;
    }
    return objects->field;
}

/* The bits that have a pixel of begin to end - 1. The playfield changes only at multiples of four
 * pixels, so no bit is cut. */
static inline uint64_t field_range(int begin, int end) {
    return ((1ull << (end + 3) / 4) - 1) & ~((1ull << begin / 4) - 1);
}

/* Sixteen bits as 64 pixels. */
static inline uint64_t widened(uint64_t bits) {
    return four_times[bits & 15] | (uint64_t)four_times[bits >> 4 & 15] << 16 |
           (uint64_t)four_times[bits >> 8 & 15] << 32 | (uint64_t)four_times[bits >> 12 & 15] << 48;
}

static inline struct mask mask_of_field(struct objects *objects, uint64_t field) {
    if (objects->masked == field)
        return objects->masks[OBJECT_PF];
    const struct mask mask = {{widened(field), widened(field >> 16), widened(field >> 32)}};
    objects->masked = field;
    objects->masks[OBJECT_PF] = mask;
    return mask;
}

/* ---- Changes --------------------------------------------------------------------------------- */

static void leave_field(struct objects *objects, const struct tia *tia, int begin, int end) {
    const uint64_t field = field_of(objects, tia) & field_range(begin, end);
    const bool began = objects->began >> OBJECT_PF & 1;
    objects->covered_field = began ? objects->covered_field | field : field;
    objects->began |= 1u << OBJECT_PF;
}

static inline void add_covered(struct objects *objects, int object, const struct mask *mask) {
    if (objects->began >> object & 1)
        add_mask(&objects->covered[object], mask);
    else
        objects->covered[object] = *mask;
    objects->began |= 1u << object;
}

void objects_leave(struct objects *objects, const struct tia *tia, int object, int end) {
    const int begin = objects->since[object];
    objects->since[object] = (uint8_t)end;
    if (!(objects->shown >> object & 1) || !objects_reach(tia, object, begin, end))
        return;
    if (object == OBJECT_PF) {
        leave_field(objects, tia, begin, end);
        return;
    }
    const struct mask range = range_of(begin, end);
    const struct mask mask = mask_of(objects, tia, object);
    const struct mask part = common_of(&mask, &range);
    add_covered(objects, object, &part);
}

/* Whether another object of an open pair may cover part of a range, by a quick test. */
static inline bool may_meet(struct objects *objects, const struct tia *tia, int object,
                            const struct mask *range) {
    const unsigned slow = 1u << OBJECT_P0 | 1u << OBJECT_P1 | 1u << OBJECT_PF;
    const unsigned others = objects->partners[object] & (objects->shown | objects->began);
    if (others & slow)
        return true;
    for (unsigned rest = others; rest; rest &= rest - 1) {
        const int other = __builtin_ctz(rest);
        struct mask mask = {{0}};
        if (objects->shown >> other & 1)
            mask = mask_of(objects, tia, other);
        if (objects->began >> other & 1)
            add_mask(&mask, &objects->covered[other]);
        mask = common_of(&mask, range);
        if (!is_empty(&mask))
            return true;
    }
    return false;
}

void objects_leave_pairs(struct objects *objects, const struct tia *tia, int object, int end) {
    const int begin = objects->since[object];
    objects->since[object] = (uint8_t)end;
    if (!(objects->shown >> object & 1) || !objects_reach(tia, object, begin, end))
        return;
    const struct mask range = range_of(begin, end);
    if (!may_meet(objects, tia, object, &range))
        return;
    if (object == OBJECT_PF) {
        leave_field(objects, tia, begin, end);
        return;
    }
    const struct mask mask = mask_of(objects, tia, object);
    const struct mask part = common_of(&mask, &range);
    add_covered(objects, object, &part);
}

uint64_t objects_covered_field(struct objects *objects, const struct tia *tia, int end) {
    const unsigned bit = 1u << OBJECT_PF;
    const int since = objects->since[OBJECT_PF];
    if (since == 0 && end == TIA_WIDTH)
        return objects->shown & bit ? field_of(objects, tia) : 0;
    if (since < end)
        objects_leave(objects, tia, OBJECT_PF, end);
    return objects->began & bit ? objects->covered_field : 0;
}

/* The pixels that an object has covered until pixel end; the object is shown or has begun. */
static inline struct mask covered_of(struct objects *objects, const struct tia *tia, int object,
                                     int end) {
    const struct mask nothing = {{0}};
    const int since = objects->since[object];
    if (object == OBJECT_PF)
        return mask_of_field(objects, objects_covered_field(objects, tia, end));
    if (since == 0 && end == TIA_WIDTH)
        return objects->shown >> object & 1 ? mask_of(objects, tia, object) : nothing;
    if (since < end)
        objects_leave(objects, tia, object, end);
    return objects->began >> object & 1 ? objects->covered[object] : nothing;
}

void objects_add_covered(struct mask *sum, struct objects *objects, const struct tia *tia,
                         int object, int end) {
    const struct mask covered = covered_of(objects, tia, object, end);
    add_mask(sum, &covered);
}

/* ---- Collisions ------------------------------------------------------------------------------ */

/* The pair of objects for each bit of tia.collisions; bit 13 has no pair. */
static const uint8_t pairs[16][2] = {
    {OBJECT_M0, OBJECT_P1}, {OBJECT_M0, OBJECT_P0}, {OBJECT_M1, OBJECT_P0}, {OBJECT_M1, OBJECT_P1},
    {OBJECT_P0, OBJECT_PF}, {OBJECT_P0, OBJECT_BL}, {OBJECT_P1, OBJECT_PF}, {OBJECT_P1, OBJECT_BL},
    {OBJECT_M0, OBJECT_PF}, {OBJECT_M0, OBJECT_BL}, {OBJECT_M1, OBJECT_PF}, {OBJECT_M1, OBJECT_BL},
    {OBJECT_BL, OBJECT_PF}, {OBJECT_BL, OBJECT_BL}, {OBJECT_P0, OBJECT_P1}, {OBJECT_M0, OBJECT_M1},
};

/* The pairs with both objects among the objects s, */
#define BOTH(s, a, b, pair) (((s) >> (a)&1) && ((s) >> (b)&1) ? 1u << (pair) : 0)
#define PAIRS(s, which)                                                                            \
    (which(s, 2, 1, 0) | which(s, 2, 0, 1) | which(s, 3, 0, 2) | which(s, 3, 1, 3) |               \
     which(s, 0, 5, 4) | which(s, 0, 4, 5) | which(s, 1, 5, 6) | which(s, 1, 4, 7) |               \
     which(s, 2, 5, 8) | which(s, 2, 4, 9) | which(s, 3, 5, 10) | which(s, 3, 4, 11) |             \
     which(s, 4, 5, 12) | which(s, 0, 1, 14) | which(s, 2, 3, 15))
#define PAIRS4(s, which)                                                                           \
    PAIRS(s, which), PAIRS((s) + 1, which), PAIRS((s) + 2, which), PAIRS((s) + 3, which)
#define PAIRS16(s, which)                                                                          \
    PAIRS4(s, which), PAIRS4((s) + 4, which), PAIRS4((s) + 8, which), PAIRS4((s) + 12, which)
#define PAIRS64(which) PAIRS16(0, which), PAIRS16(16, which), PAIRS16(32, which), PAIRS16(48, which)
static const uint16_t pairs_of[64] = {PAIRS64(BOTH)};
/* and those with one or both. */
#define EITHER(s, a, b, pair) (((s) >> (a)&1) || ((s) >> (b)&1) ? 1u << (pair) : 0)
static const uint16_t pairs_with[64] = {PAIRS64(EITHER)};

/* The objects in pairs. */
static unsigned parts_of(unsigned which) {
    unsigned parts = 0;
    for (; which; which &= which - 1)
        parts |= 1u << pairs[__builtin_ctz(which)][0] | 1u << pairs[__builtin_ctz(which)][1];
    return parts;
}

void objects_reopen(struct objects *objects, unsigned collisions) {
    objects->open = objects->watched & ~collisions;
    objects->active = parts_of(objects->open);
    memset(objects->partners, 0, sizeof objects->partners);
    for (unsigned rest = objects->open; rest; rest &= rest - 1) {
        const uint8_t *pair = pairs[__builtin_ctz(rest)];
        objects->partners[pair[0]] |= (uint8_t)(1u << pair[1]);
        objects->partners[pair[1]] |= (uint8_t)(1u << pair[0]);
    }
    for (int i = 0; i < OBJECT_COUNT; i++)
        objects->idle[i] = objects->partners[i] ? 0 : IDLE;
    for (int i = 1; i < 8; i++)
        for (int j = 0; j < 2; j++)
            objects->partners3[j][i] = objects->partners3[j][i & (i - 1)] |
                                       objects->partners[3 * j + __builtin_ctz((unsigned)i)];
}

void objects_watch(struct objects *objects, unsigned which) {
    memset(objects, 0, sizeof *objects);
    objects->watched = which;
    objects->parts = parts_of(which);
}

void objects_watch_pixels(struct objects *objects) {
    memset(objects, 0, sizeof *objects);
    objects->has_pixels = true;
}

void objects_look(struct objects *objects, const struct tia *tia) {
    const int pixel = tia->drawn - (tia->line_end - TIA_WIDTH);
    objects->has_looked = true;
    objects->stale = ALL_OBJECTS;
    objects->changed = objects->later = ALL_CHANGED;
    objects->shown = objects->missed = 0;
    for (int i = 0; i < OBJECT_COUNT; i++)
        objects->shown |= (unsigned)objects_shows(tia, i) << i;
    if (!objects->has_pixels)
        objects_reopen(objects, tia->collisions);
    objects_begin(objects, tia, pixel > 0 ? pixel : 0);
}

unsigned objects_collide(struct objects *objects, const struct tia *tia, int end) {
    const unsigned changed = pairs_with[objects->changed & ALL_OBJECTS];
    unsigned met = 0;
    for (unsigned rest = objects->open & changed & pairs_of[objects->shown | objects->began]; rest;
         rest &= rest - 1) {
        const int pair = __builtin_ctz(rest);
        const struct mask a = covered_of(objects, tia, pairs[pair][0], end);
        const struct mask b = covered_of(objects, tia, pairs[pair][1], end);
        const struct mask common = common_of(&a, &b);
        met |= is_empty(&common) ? 0 : 1u << pair;
    }
    return met;
}

/* ---- Pixel by pixel -------------------------------------------------------------------------- */

static bool player_covers(const struct tia *tia, int player, int x) {
    const struct copies *copies = &tia_copies[tia->nusiz[player] & 7];
    const uint8_t graphics = shown_graphics(tia, player);
    for (int i = tia->skips[player] ? 1 : 0; i < copies->count; i++) {
        int distance =
            (x - tia->positions[player] - copies->offsets[i] + 2 * TIA_WIDTH) % TIA_WIDTH;
        if (copies->shift > 0)
            distance = distance == 0 ? TIA_WIDTH : distance - 1;
        const int bit = distance >> copies->shift;
        if (bit < 8 && graphics >> (tia->mirrors[player] ? bit : 7 - bit) & 1)
            return true;
    }
    return false;
}

static bool missile_covers(const struct tia *tia, int missile, int x) {
    const struct copies *copies = &tia_copies[tia->nusiz[missile] & 7];
    const int position = tia->positions[OBJECT_M0 + missile];
    for (int i = 0; i < copies->count; i++) {
        const int distance = (x - position - copies->offsets[i] + 2 * TIA_WIDTH) % TIA_WIDTH;
        if (distance < (int)missile_width(tia, missile))
            return true;
    }
    return false;
}

static bool playfield_covers(const struct tia *tia, int x) {
    int bit = x / 4;
    if (bit >= 20)
        bit = tia->is_mirrored ? 39 - bit : bit - 20;
    return tia->playfield >> bit & 1;
}

bool objects_cover(const struct tia *tia, int object, int x) {
    if (!objects_shows(tia, object))
        return false;
    if (object <= OBJECT_P1)
        return player_covers(tia, object, x);
    if (object <= OBJECT_M1)
        return missile_covers(tia, object - OBJECT_M0, x);
    if (object == OBJECT_BL)
        return (x - tia->positions[OBJECT_BL] + TIA_WIDTH) % TIA_WIDTH <
               1 << (tia->ctrlpf >> 4 & 3);
    return playfield_covers(tia, x);
}
