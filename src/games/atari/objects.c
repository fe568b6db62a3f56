#include "games/atari/objects.h"

#include <string.h>

const struct copies tia_copies[8] = {
    {1, {0}, 0},     {2, {0, 16}, 0}, {2, {0, 32}, 0},     {3, {0, 16, 32}, 0},
    {2, {0, 64}, 0}, {1, {0}, 1},     {3, {0, 32, 64}, 0}, {1, {0}, 2},
};

/* ---- Bits ------------------------------------------------------------------------------------ */

/* Each of 4 bits twice, and four times. */
static const uint8_t twice[16] = {0x00, 0x03, 0x0c, 0x0f, 0x30, 0x33, 0x3c, 0x3f,
                                  0xc0, 0xc3, 0xcc, 0xcf, 0xf0, 0xf3, 0xfc, 0xff};
static const uint16_t four_times[16] = {0x0000, 0x000f, 0x00f0, 0x00ff, 0x0f00, 0x0f0f,
                                        0x0ff0, 0x0fff, 0xf000, 0xf00f, 0xf0f0, 0xf0ff,
                                        0xff00, 0xff0f, 0xfff0, 0xffff};

static uint32_t reversed(uint32_t byte) {
    byte = (byte & 0xf0) >> 4 | (byte & 0x0f) << 4;
    byte = (byte & 0xcc) >> 2 | (byte & 0x33) << 2;
    return (byte & 0xaa) >> 1 | (byte & 0x55) << 1;
}

/* Adds a pattern of at most 33 pixels, bit 0 at position; what leaves at the right comes in at the
 * left. */
static void add_pattern(struct mask *mask, uint64_t pattern, unsigned position) {
    const unsigned word = position / 64;
    const unsigned shift = position % 64;
    mask->words[word] |= pattern << shift;
    const uint64_t over = shift ? pattern >> (64 - shift) : 0;
    if (word < 2) {
        mask->words[word + 1] |= over;
        if (word == 0)
            return;
    }
    mask->words[0] |= mask->words[2] >> 32 | (word == 2 ? over << 32 : 0);
    mask->words[2] &= 0xffffffff;
}

/* ---- Masks ----------------------------------------------------------------------------------- */

static uint8_t shown_graphics(const struct tia *tia, int player) {
    return tia->delays[player] ? tia->old_graphics[player] : tia->graphics[player];
}

static bool missile_is_shown(const struct tia *tia, int missile) {
    return tia->enabled[missile] && !tia->locked[missile] && !(missile == 0 && tia->star_look == 2);
}

static bool ball_is_shown(const struct tia *tia) {
    return tia->delays[2] ? tia->old_ball : tia->enabled[2];
}

static unsigned missile_width(const struct tia *tia, int missile) {
    unsigned size = tia->nusiz[missile] >> 4 & 3u;
    if (missile == 0 && tia->star_look == 1)
        size |= 1;
    return 1u << size;
}

static void make_player(struct mask *mask, const struct tia *tia, int player) {
    const struct copies *copies = &tia_copies[tia->nusiz[player] & 7];
    const uint8_t graphics = shown_graphics(tia, player);
    const uint32_t bits = tia->mirrors[player] ? graphics : reversed(graphics);
    uint64_t pattern = bits;
    /* Wide ones come a pixel later. */
    if (copies->shift == 1)
        pattern = (uint64_t)(twice[bits & 15] | (unsigned)twice[bits >> 4] << 8) << 1;
    else if (copies->shift == 2)
        pattern = (uint64_t)(four_times[bits & 15] | (uint32_t)four_times[bits >> 4] << 16) << 1;
    for (int i = tia->skips[player] ? 1 : 0; i < copies->count; i++)
        add_pattern(mask, pattern,
                    (tia->positions[player] + (unsigned)copies->offsets[i]) % TIA_WIDTH);
}

static void make_missile(struct mask *mask, const struct tia *tia, int missile) {
    const struct copies *copies = &tia_copies[tia->nusiz[missile] & 7];
    const uint64_t pattern = (1u << missile_width(tia, missile)) - 1;
    for (int i = 0; i < copies->count; i++)
        add_pattern(mask, pattern,
                    (tia->positions[OBJECT_M0 + missile] + (unsigned)copies->offsets[i]) %
                        TIA_WIDTH);
}

static void make_playfield(struct mask *mask, const struct tia *tia) {
    const uint32_t bits = tia->playfield;
    const uint64_t first = four_times[bits & 15] | (uint64_t)four_times[bits >> 4 & 15] << 16 |
                           (uint64_t)four_times[bits >> 8 & 15] << 32 |
                           (uint64_t)four_times[bits >> 12 & 15] << 48;
    const uint64_t last = four_times[bits >> 16];
    uint64_t right_first = first;
    uint64_t right_last = last;
    if (tia->is_mirrored) {
        const uint32_t turned = reversed(bits & 0xff) << 12 | reversed(bits >> 8 & 0xff) << 4 |
                                reversed(bits >> 16) >> 4;
        right_first = four_times[turned & 15] | (uint64_t)four_times[turned >> 4 & 15] << 16 |
                      (uint64_t)four_times[turned >> 8 & 15] << 32 |
                      (uint64_t)four_times[turned >> 12 & 15] << 48;
        right_last = four_times[turned >> 16];
    }
    mask->words[0] = first;
    mask->words[1] = last | right_first << 16;
    mask->words[2] = right_first >> 48 | right_last << 16;
}

static bool is_shown(const struct tia *tia, int object) {
    switch (object) {
    case OBJECT_P0:
    case OBJECT_P1:
        return shown_graphics(tia, object) != 0;
    case OBJECT_M0:
    case OBJECT_M1:
        return missile_is_shown(tia, object - OBJECT_M0);
    case OBJECT_BL:
        return ball_is_shown(tia);
    default:
        return tia->playfield != 0;
    }
}

static void make_mask(struct mask *mask, const struct tia *tia, int object) {
    switch (object) {
    case OBJECT_P0:
    case OBJECT_P1:
        make_player(mask, tia, object);
        break;
    case OBJECT_M0:
    case OBJECT_M1:
        make_missile(mask, tia, object - OBJECT_M0);
        break;
    case OBJECT_BL:
        add_pattern(mask, (1u << (1u << (tia->ctrlpf >> 4 & 3u))) - 1, tia->positions[OBJECT_BL]);
        break;
    default:
        make_playfield(mask, tia);
    }
}

/* Of the objects in which. */
static inline void look_again(struct objects *objects, const struct tia *tia, unsigned which) {
    for (unsigned unsure = objects->unsure & which; unsure; unsure &= unsure - 1) {
        const int object = __builtin_ctz(unsure);
        const unsigned bit = 1u << object;
        objects->shown = is_shown(tia, object) ? objects->shown | bit : objects->shown & ~bit;
    }
    objects->stale |= objects->unsure & which;
    objects->unsure &= ~which;
}

/* Of an object that is shown. */
static inline const struct mask *mask_of(struct objects *objects, const struct tia *tia,
                                         int object) {
    struct mask *mask = &objects->masks[object];
    if (objects->stale >> object & 1) {
        *mask = (struct mask){{0}};
        make_mask(mask, tia, object);
        objects->stale &= ~(1u << object);
    }
    return mask;
}

/* ---- Collisions ------------------------------------------------------------------------------ */

/* The pair of objects for each bit of tia.collisions; bit 13 has no pair. */
static const uint8_t pairs[16][2] = {
    {OBJECT_M0, OBJECT_P1}, {OBJECT_M0, OBJECT_P0}, {OBJECT_M1, OBJECT_P0}, {OBJECT_M1, OBJECT_P1},
    {OBJECT_P0, OBJECT_PF}, {OBJECT_P0, OBJECT_BL}, {OBJECT_P1, OBJECT_PF}, {OBJECT_P1, OBJECT_BL},
    {OBJECT_M0, OBJECT_PF}, {OBJECT_M0, OBJECT_BL}, {OBJECT_M1, OBJECT_PF}, {OBJECT_M1, OBJECT_BL},
    {OBJECT_BL, OBJECT_PF}, {OBJECT_BL, OBJECT_BL}, {OBJECT_P0, OBJECT_P1}, {OBJECT_M0, OBJECT_M1},
};

/* The pairs of which both are among the objects s. */
#define BOTH(s, a, b, pair) (((s) >> (a)&1) && ((s) >> (b)&1) ? 1u << (pair) : 0)
#define PAIRS(s)                                                                                   \
    (BOTH(s, 2, 1, 0) | BOTH(s, 2, 0, 1) | BOTH(s, 3, 0, 2) | BOTH(s, 3, 1, 3) |                   \
     BOTH(s, 0, 5, 4) | BOTH(s, 0, 4, 5) | BOTH(s, 1, 5, 6) | BOTH(s, 1, 4, 7) |                   \
     BOTH(s, 2, 5, 8) | BOTH(s, 2, 4, 9) | BOTH(s, 3, 5, 10) | BOTH(s, 3, 4, 11) |                 \
     BOTH(s, 4, 5, 12) | BOTH(s, 0, 1, 14) | BOTH(s, 2, 3, 15))
#define PAIRS4(s) PAIRS(s), PAIRS((s) + 1), PAIRS((s) + 2), PAIRS((s) + 3)
#define PAIRS16(s) PAIRS4(s), PAIRS4((s) + 4), PAIRS4((s) + 8), PAIRS4((s) + 12)
static const uint16_t pairs_of[64] = {PAIRS16(0), PAIRS16(16), PAIRS16(32), PAIRS16(48)};

/* Pixels begin to end - 1. */
static struct mask range_mask(int begin, int end) {
    struct mask range;
    for (int i = 0; i < MASK_WORDS; i++) {
        const int first = begin - 64 * i;
        const int last = end - 64 * i;
        const uint64_t below_last = last <= 0 ? 0 : last >= 64 ? ~0ull : (1ull << last) - 1;
        const uint64_t below_first = first <= 0 ? 0 : first >= 64 ? ~0ull : (1ull << first) - 1;
        range.words[i] = below_last & ~below_first;
    }
    return range;
}

/* An object of a pair matters as long as the other is shown, and to show up, if none is. */
static unsigned alert_objects(unsigned which, unsigned shown) {
    unsigned alert = 0;
    for (unsigned rest = which; rest; rest &= rest - 1) {
        const uint8_t *pair = pairs[__builtin_ctz(rest)];
        const unsigned a = 1u << pair[0], b = 1u << pair[1];
        alert |= (shown & b ? a : 0) | (shown & a ? b : 0) | (shown & (a | b) ? 0 : a | b);
    }
    return alert;
}

void objects_watch(struct objects *objects, unsigned which) {
    objects->shown = objects->touching = 0;
    objects->unsure = objects->stale = ALL_OBJECTS;
    objects->alert = ALL_OBJECTS;
    if (objects->watched == which)
        return;
    objects->watched = which;
    objects->parts = 0;
    for (unsigned rest = which; rest; rest &= rest - 1)
        objects->parts |= 1u << pairs[__builtin_ctz(rest)][0] | 1u << pairs[__builtin_ctz(rest)][1];
    for (unsigned shown = 0; shown <= ALL_OBJECTS; shown++)
        objects->alerts[shown] = (uint8_t)alert_objects(which, shown);
}

void objects_touch(struct objects *objects, const struct tia *tia) {
    const unsigned open = objects->watched & ~tia->collisions;
    unsigned touching = 0;
    look_again(objects, tia, objects->parts);
    for (unsigned rest = open & pairs_of[objects->shown]; rest; rest &= rest - 1) {
        const int pair = __builtin_ctz(rest);
        const struct mask *a = mask_of(objects, tia, pairs[pair][0]);
        const struct mask *b = mask_of(objects, tia, pairs[pair][1]);
        const uint64_t common =
            (a->words[0] & b->words[0]) | (a->words[1] & b->words[1]) | (a->words[2] & b->words[2]);
        touching |= common ? 1u << pair : 0;
    }
    objects->touching = touching;
    objects->alert = objects->alerts[objects->shown];
}

uint16_t objects_collide(const struct objects *objects, unsigned open, int begin, int end) {
    if (begin == 0 && end == TIA_WIDTH)
        return (uint16_t)open;
    unsigned met = 0;
    const struct mask range = range_mask(begin, end);
    for (unsigned rest = open; rest; rest &= rest - 1) {
        const int pair = __builtin_ctz(rest);
        const struct mask *a = &objects->masks[pairs[pair][0]];
        const struct mask *b = &objects->masks[pairs[pair][1]];
        const uint64_t common = (a->words[0] & b->words[0] & range.words[0]) |
                                (a->words[1] & b->words[1] & range.words[1]) |
                                (a->words[2] & b->words[2] & range.words[2]);
        met |= common ? 1u << pair : 0;
    }
    return (uint16_t)met;
}

/* ---- Colours --------------------------------------------------------------------------------- */

enum { CTRLPF_MIRROR = 1, CTRLPF_SCORE = 2, CTRLPF_PRIORITY = 4, GROUP = 8 };

#define BYTES(n)                                                                                   \
    {                                                                                              \
        (n) & 1 ? 255 : 0, (n)&2 ? 255 : 0, (n)&4 ? 255 : 0, (n)&8 ? 255 : 0, (n)&16 ? 255 : 0,    \
            (n)&32 ? 255 : 0, (n)&64 ? 255 : 0, (n)&128 ? 255 : 0                                  \
    }
#define BYTES4(n) BYTES(n), BYTES((n) + 1), BYTES((n) + 2), BYTES((n) + 3)
#define BYTES16(n) BYTES4(n), BYTES4((n) + 4), BYTES4((n) + 8), BYTES4((n) + 12)
#define BYTES64(n) BYTES16(n), BYTES16((n) + 16), BYTES16((n) + 32), BYTES16((n) + 48)

/* Eight bits as eight bytes, 255 where the bit is set, bit 0 first. */
static const uint8_t bytes_of[256][GROUP] = {BYTES64(0), BYTES64(64), BYTES64(128), BYTES64(192)};

static uint64_t eight_times(uint8_t colour) {
    return colour * 0x0101010101010101ull;
}

/* Gives the pixels of a row that are set in bits, which begin at pixel `first`, their colour. */
static inline void paint_word(uint8_t *row, int first, uint64_t bits, uint64_t colour) {
    while (bits) {
        const int shift = __builtin_ctzll(bits) & ~(GROUP - 1);
        uint64_t pixels;
        uint64_t mask;
        memcpy(&pixels, row + first + shift, sizeof pixels);
        memcpy(&mask, bytes_of[bits >> shift & 0xff], sizeof mask);
        pixels ^= (pixels ^ colour) & mask;
        memcpy(row + first + shift, &pixels, sizeof pixels);
        bits &= ~(0xffull << shift);
    }
}

/* A painting of pixels of a row. */
struct painting {
    struct objects *objects;
    const struct tia *tia;
    uint8_t *row;
    struct mask range;
};

static void paint_mask(const struct painting *painting, const struct mask *mask, uint8_t colour) {
    for (int i = 0; i < MASK_WORDS; i++)
        paint_word(painting->row, 64 * i, mask->words[i] & painting->range.words[i],
                   eight_times(colour));
}

static void paint_object(const struct painting *painting, int object, uint8_t colour) {
    if (painting->objects->shown >> object & 1)
        paint_mask(painting, mask_of(painting->objects, painting->tia, object), colour);
}

/* A playfield in the players' colours. */
static void paint_halves(const struct painting *painting) {
    enum { HALF = TIA_WIDTH / 2 - 64 }; /* pixels of the second word in the left half */
    const uint8_t *colours = painting->tia->colours;
    if (!(painting->objects->shown >> OBJECT_PF & 1))
        return;
    struct mask left = *mask_of(painting->objects, painting->tia, OBJECT_PF);
    struct mask right = left;
    left.words[1] &= (1u << HALF) - 1;
    left.words[2] = 0;
    right.words[0] = 0;
    right.words[1] &= ~(uint64_t)((1u << HALF) - 1);
    paint_mask(painting, &left, colours[0]);
    paint_mask(painting, &right, colours[1]);
}

static void paint_players(const struct painting *painting, int player) {
    paint_object(painting, OBJECT_M0 + player, painting->tia->colours[player]);
    paint_object(painting, player, painting->tia->colours[player]);
}

/* The playfield in the players' colours, of the objects that are shown. */
static bool keeps_score(const struct tia *tia, unsigned shown) {
    const bool has_priority = tia->ctrlpf & CTRLPF_PRIORITY;
    return tia->ctrlpf & CTRLPF_SCORE && (!has_priority || shown == 1u << OBJECT_PF);
}

/* Four bits as sixteen bytes, four for each, bit 0 first. */
#define QUAD(n, bit) ((n) >> (bit)&1 ? 0xffffffffu : 0)
#define QUADS(n)                                                                                   \
    { QUAD(n, 0), QUAD(n, 1), QUAD(n, 2), QUAD(n, 3) }
#define QUADS4(n) QUADS(n), QUADS((n) + 1), QUADS((n) + 2), QUADS((n) + 3)
static const uint32_t quads_of[16][4] = {QUADS4(0), QUADS4(4), QUADS4(8), QUADS4(12)};

/* The playfield's 40 bits, bit 0 at the left. */
static uint64_t field_of(const struct tia *tia) {
    const uint32_t bits = tia->playfield;
    uint64_t right = bits;
    if (tia->is_mirrored)
        right = reversed(bits & 0xff) << 12 | reversed(bits >> 8 & 0xff) << 4 |
                reversed(bits >> 16) >> 4;
    return bits | right << 20;
}

/* Paints pixels begin to end - 1 with background and playfield, sixteen at once. */
static void paint_field(uint8_t *row, uint64_t field, uint8_t background, uint8_t foreground,
                        int begin, int end) {
    enum { BLOCK = 16, BITS = 4 };
    /* 16 bytes of this, n before its middle, are n of 0 and then 255. */
    static const uint64_t edge[4] = {0, 0, ~0ull, ~0ull};
    const uint8_t *middle = (const uint8_t *)(edge + 2);
    const uint64_t under = eight_times(background);
    const uint64_t over = under ^ eight_times(foreground);
    int x = begin & ~(BLOCK - 1);
    for (field >>= x / BITS; x < end; x += BLOCK, field >>= BITS) {
        uint64_t block[2];
        memcpy(block, quads_of[field & 15], sizeof block);
        block[0] = under ^ (over & block[0]);
        block[1] = under ^ (over & block[1]);
        if (x < begin || x + BLOCK > end) {
            uint64_t old[2], from[2], to[2];
            memcpy(old, row + x, sizeof old);
            memcpy(from, middle - (x < begin ? begin - x : 0), sizeof from);
            memcpy(to, middle - (x + BLOCK > end ? end - x : BLOCK), sizeof to);
            block[0] = old[0] ^ ((old[0] ^ block[0]) & from[0] & ~to[0]);
            block[1] = old[1] ^ ((old[1] ^ block[1]) & from[1] & ~to[1]);
        }
        memcpy(row + x, block, sizeof block);
    }
}

void objects_paint(struct objects *objects, const struct tia *tia, uint8_t *row, int begin,
                   int end) {
    const uint8_t *colours = tia->colours;
    if (objects->unsure >> OBJECT_PF & 1)
        objects->field = field_of(tia);
    look_again(objects, tia, ALL_OBJECTS);
    const bool has_priority = tia->ctrlpf & CTRLPF_PRIORITY;
    const bool has_score = keeps_score(tia, objects->shown);
    const bool is_plain = !has_priority && !has_score;
    paint_field(row, is_plain ? objects->field : 0, colours[3], colours[2], begin, end);
    if (!(objects->shown & (is_plain ? ALL_OBJECTS & ~(1u << OBJECT_PF) : ALL_OBJECTS)))
        return;
    const struct painting painting = {objects, tia, row, range_mask(begin, end)};
    if (has_priority) {
        paint_players(&painting, 1);
        paint_players(&painting, 0);
    }
    paint_object(&painting, OBJECT_BL, colours[2]);
    if (is_plain) {
        paint_players(&painting, 1);
        paint_players(&painting, 0);
        return;
    }
    if (has_score && !has_priority) /* the second player is under the left half */
        paint_players(&painting, 1);
    if (has_score)
        paint_halves(&painting);
    else
        paint_object(&painting, OBJECT_PF, colours[2]);
    if (!has_priority)
        paint_players(&painting, 0);
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
    if (!is_shown(tia, object))
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

uint8_t objects_colour(const struct tia *tia, int x) {
    bool covers[OBJECT_COUNT];
    unsigned shown = 0;
    for (int i = 0; i < OBJECT_COUNT; i++) {
        covers[i] = objects_cover(tia, i, x);
        shown |= is_shown(tia, i) ? 1u << i : 0;
    }
    const uint8_t *colours = tia->colours;
    const bool is_first = covers[OBJECT_P0] || covers[OBJECT_M0];
    const bool is_second = covers[OBJECT_P1] || covers[OBJECT_M1];
    const bool score = keeps_score(tia, shown);
    const uint8_t half = colours[x >= TIA_WIDTH / 2];
    const uint8_t field = covers[OBJECT_PF] && score ? half : colours[2];
    const bool is_field = covers[OBJECT_PF] || covers[OBJECT_BL];
    if (tia->ctrlpf & CTRLPF_PRIORITY && is_field)
        return field;
    if (is_first)
        return colours[0];
    if (is_second) /* over a playfield in the players' colours, the left half takes the first's */
        return score && covers[OBJECT_PF] ? half : colours[1];
    return is_field ? field : colours[3];
}
