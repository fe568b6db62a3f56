#include "emulator/atari/objects.h"

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

void objects_update(struct objects *objects, const struct tia *tia) {
    for (unsigned stale = objects->stale; stale; stale &= stale - 1) {
        const int object = __builtin_ctz(stale);
        struct mask *mask = &objects->masks[object];
        *mask = (struct mask){{0}};
        objects->shown &= ~(1u << object);
        if (is_shown(tia, object)) {
            make_mask(mask, tia, object);
            objects->shown |= 1u << object;
        }
    }
    objects->stale = 0;
}

/* ---- Collisions ------------------------------------------------------------------------------ */

/* Who meets whom in the bits of tia.collisions; bit 13 is of no pair. */
static const uint8_t pairs[16][2] = {
    {OBJECT_M0, OBJECT_P1}, {OBJECT_M0, OBJECT_P0}, {OBJECT_M1, OBJECT_P0}, {OBJECT_M1, OBJECT_P1},
    {OBJECT_P0, OBJECT_PF}, {OBJECT_P0, OBJECT_BL}, {OBJECT_P1, OBJECT_PF}, {OBJECT_P1, OBJECT_BL},
    {OBJECT_M0, OBJECT_PF}, {OBJECT_M0, OBJECT_BL}, {OBJECT_M1, OBJECT_PF}, {OBJECT_M1, OBJECT_BL},
    {OBJECT_BL, OBJECT_PF}, {OBJECT_BL, OBJECT_BL}, {OBJECT_P0, OBJECT_P1}, {OBJECT_M0, OBJECT_M1},
};

/* The pairs that each object is in. */
static const uint16_t pairs_of[OBJECT_COUNT] = {
    [OBJECT_P0] = 0x4036, [OBJECT_P1] = 0x40c9, [OBJECT_M0] = 0x8303,
    [OBJECT_M1] = 0x8c0c, [OBJECT_BL] = 0x1aa0, [OBJECT_PF] = 0x1550,
};

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

uint16_t objects_collide(const struct objects *objects, unsigned known, int begin, int end) {
    unsigned hidden = 0; /* pairs of which one is not shown */
    for (unsigned rest = ALL_OBJECTS & ~objects->shown; rest; rest &= rest - 1)
        hidden |= pairs_of[__builtin_ctz(rest)];
    unsigned met = 0;
    const unsigned open = 0xdfff & ~hidden & ~known;
    if (!open)
        return 0;
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

static uint64_t group_mask(const uint64_t *words, int group) {
    uint64_t mask;
    memcpy(&mask, bytes_of[words[group / GROUP] >> GROUP * (group % GROUP) & 0xff], sizeof mask);
    return mask;
}

static uint64_t eight_times(uint8_t colour) {
    return colour * 0x0101010101010101ull;
}

static uint64_t paint(uint64_t under, uint64_t colour, uint64_t mask) {
    return under ^ ((under ^ colour) & mask);
}

/* What is painted, from below: colours of a half, and the masks of what has them. */
struct layers {
    struct mask masks[4];
    uint64_t colours[2][4]; /* of the left and the right half */
    uint64_t background;
    int count;
};

static void add_layer(struct layers *layers, const struct objects *objects, int first, int second,
                      uint8_t left, uint8_t right) {
    const unsigned both = 1u << first | 1u << second;
    if (!(objects->shown & both))
        return;
    struct mask *mask = &layers->masks[layers->count];
    for (int i = 0; i < MASK_WORDS; i++)
        mask->words[i] = objects->masks[first].words[i] | objects->masks[second].words[i];
    layers->colours[0][layers->count] = eight_times(left);
    layers->colours[1][layers->count] = eight_times(right);
    layers->count++;
}

/* The playfield in the players' colours. */
static bool keeps_score(const struct tia *tia, unsigned shown) {
    const bool has_priority = tia->ctrlpf & CTRLPF_PRIORITY;
    return tia->ctrlpf & CTRLPF_SCORE && (!has_priority || shown == 1u << OBJECT_PF);
}

static void make_layers(struct layers *layers, const struct objects *objects,
                        const struct tia *tia) {
    const uint8_t *colours = tia->colours;
    layers->count = 0;
    layers->background = eight_times(colours[3]);
    if (tia->ctrlpf & CTRLPF_PRIORITY) {
        const bool score = keeps_score(tia, objects->shown);
        add_layer(layers, objects, OBJECT_P1, OBJECT_M1, colours[1], colours[1]);
        add_layer(layers, objects, OBJECT_P0, OBJECT_M0, colours[0], colours[0]);
        add_layer(layers, objects, OBJECT_PF, OBJECT_BL, score ? colours[0] : colours[2],
                  score ? colours[1] : colours[2]);
    } else if (tia->ctrlpf & CTRLPF_SCORE) {
        /* The second player is under the playfield, which shows only in the left half. */
        add_layer(layers, objects, OBJECT_BL, OBJECT_BL, colours[2], colours[2]);
        add_layer(layers, objects, OBJECT_P1, OBJECT_M1, colours[1], colours[1]);
        add_layer(layers, objects, OBJECT_PF, OBJECT_PF, colours[0], colours[1]);
        add_layer(layers, objects, OBJECT_P0, OBJECT_M0, colours[0], colours[0]);
    } else {
        add_layer(layers, objects, OBJECT_PF, OBJECT_BL, colours[2], colours[2]);
        add_layer(layers, objects, OBJECT_P1, OBJECT_M1, colours[1], colours[1]);
        add_layer(layers, objects, OBJECT_P0, OBJECT_M0, colours[0], colours[0]);
    }
}

void objects_paint(const struct objects *objects, const struct tia *tia, uint8_t *row, int begin,
                   int end) {
    struct layers layers;
    make_layers(&layers, objects, tia);
    const struct mask range = range_mask(begin, end);
    for (int group = begin / GROUP; group * GROUP < end; group++) {
        uint64_t pixels = layers.background;
        const uint64_t *colours = layers.colours[group >= TIA_WIDTH / 2 / GROUP];
        for (int i = 0; i < layers.count; i++)
            pixels = paint(pixels, colours[i], group_mask(layers.masks[i].words, group));
        uint64_t under;
        memcpy(&under, row + GROUP * group, sizeof under);
        pixels = paint(under, pixels, group_mask(range.words, group));
        memcpy(row + GROUP * group, &pixels, sizeof pixels);
    }
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
