#include "games/atari/painting.h"

enum { GROUP = 8, BLOCK = 16, BLOCK_BITS = 4 };

/* ---- Bits and bytes -------------------------------------------------------------------------- */

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

/* Four bits as sixteen bytes, four for each, bit 0 first. */
#define QUAD(n, bit) ((n) >> (bit)&1 ? 0xffffffffu : 0)
#define QUADS(n)                                                                                   \
    { QUAD(n, 0), QUAD(n, 1), QUAD(n, 2), QUAD(n, 3) }
#define QUADS4(n) QUADS(n), QUADS((n) + 1), QUADS((n) + 2), QUADS((n) + 3)
static const uint32_t quads_of[16][4] = {QUADS4(0), QUADS4(4), QUADS4(8), QUADS4(12)};

static inline uint64_t eight_times(uint8_t colour) {
    return colour * 0x0101010101010101ull;
}

/* ---- Playfield ------------------------------------------------------------------------------- */

/* Sixteen pixels of background and playfield. */
static inline void paint_block(uint8_t *row, uint64_t field, uint64_t under, uint64_t over) {
    uint64_t block[2];
    memcpy(block, quads_of[field & 15], sizeof block);
    block[0] = under ^ (over & block[0]);
    block[1] = under ^ (over & block[1]);
    memcpy(row, block, sizeof block);
}

/* Paints pixels begin to end - 1 with background and playfield, sixteen at once. */
static void paint_part(uint8_t *row, uint64_t field, uint64_t under, uint64_t over, int begin,
                       int end) {
    /* 16 bytes of this, n before its middle, are n of 0 and then 255. */
    static const uint64_t edge[4] = {0, 0, ~0ull, ~0ull};
    const uint8_t *middle = (const uint8_t *)(edge + 2);
    int x = begin & ~(BLOCK - 1);
    for (field >>= x / BLOCK_BITS; x < end; x += BLOCK, field >>= BLOCK_BITS) {
        if (x >= begin && x + BLOCK <= end) {
            paint_block(row + x, field, under, over);
            continue;
        }
        uint64_t old[2], new[2], from[2], to[2];
        memcpy(old, row + x, sizeof old);
        paint_block((uint8_t *)new, field, under, over);
        memcpy(from, middle - (x < begin ? begin - x : 0), sizeof from);
        memcpy(to, middle - (x + BLOCK > end ? end - x : BLOCK), sizeof to);
        for (int i = 0; i < 2; i++)
            new[i] = old[i] ^ ((old[i] ^ new[i]) & from[i] & ~to[i]);
        memcpy(row + x, new, sizeof new);
    }
}

static inline void paint_field(uint8_t *row, uint64_t field, uint8_t background, uint8_t foreground,
                               int begin, int end) {
    const uint64_t under = eight_times(background);
    const uint64_t over = under ^ eight_times(foreground);
    if (begin == 0 && end == TIA_WIDTH)
        for (int x = 0; x < TIA_WIDTH; x += BLOCK, field >>= BLOCK_BITS)
            paint_block(row + x, field, under, over);
    else if (begin < end)
        paint_part(row, field, under, over, begin, end);
}

/* The playfield in the players' colours. */
static void paint_halves(uint8_t *row, uint64_t field, const uint8_t *colours, int begin, int end) {
    enum { HALF = TIA_WIDTH / 2 };
    paint_field(row, field, colours[3], colours[0], begin, end < HALF ? end : HALF);
    paint_field(row, field, colours[3], colours[1], begin > HALF ? begin : HALF, end);
}

/* ---- Objects --------------------------------------------------------------------------------- */

/* The pixels of each colour except the background: both players with their missiles, and the
 * ball. */
struct layers {
    struct mask masks[3];
};

static inline bool is_any(const struct objects *objects, unsigned which) {
    return (objects->shown | objects->began) & which;
}

static inline void add_object(struct mask *mask, struct objects *objects, const struct tia *tia,
                              int object, int end) {
    if (is_any(objects, 1u << object))
        objects_add_covered(mask, objects, tia, object, end);
}

/* The second player over a playfield in the players' colours has the left half's colour there; the
 * ball is below it. */
static void mix_with_halves(struct layers *layers, const struct mask *field) {
    enum { HALF = TIA_WIDTH / 2 - 64 }; /* pixels of the second word in the left half */
    static const uint64_t left[MASK_WORDS] = {~0ull, (1u << HALF) - 1, 0};
    for (int i = 0; i < MASK_WORDS; i++) {
        layers->masks[0].words[i] |= layers->masks[1].words[i] & field->words[i] & left[i];
        layers->masks[2].words[i] &= ~field->words[i];
    }
}

/* The players are below playfield and ball. */
static void put_below(struct layers *layers, const struct mask *field) {
    for (int i = 0; i < MASK_WORDS; i++) {
        const uint64_t above = field->words[i] | layers->masks[2].words[i];
        layers->masks[0].words[i] &= ~above;
        layers->masks[1].words[i] &= ~above;
    }
}

/* Eight pixels of a layer. */
static inline uint64_t painted(uint64_t pixels, uint64_t bits, uint64_t colour) {
    uint64_t mask;
    memcpy(&mask, bytes_of[bits & 0xff], sizeof mask);
    return pixels ^ ((pixels ^ colour) & mask);
}

static void paint_layers(uint8_t *row, const struct layers *layers, const uint8_t *colours) {
    const uint64_t first = eight_times(colours[0]);
    const uint64_t second = eight_times(colours[1]);
    const uint64_t third = eight_times(colours[2]);
    for (int i = 0; i < MASK_WORDS; i++, row += 64) {
        const uint64_t p0 = layers->masks[0].words[i];
        const uint64_t p1 = layers->masks[1].words[i];
        const uint64_t ball = layers->masks[2].words[i];
        uint64_t all = p0 | p1 | ball;
        while (all) {
            const int shift = __builtin_ctzll(all) & ~(GROUP - 1);
            uint64_t pixels;
            memcpy(&pixels, row + shift, sizeof pixels);
            pixels = painted(pixels, ball >> shift, third);
            pixels = painted(pixels, p1 >> shift, second);
            pixels = painted(pixels, p0 >> shift, first);
            memcpy(row + shift, &pixels, sizeof pixels);
            all &= ~(0xffull << shift);
        }
    }
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* The playfield in the players' colours, of the objects that are shown. */
static bool keeps_score(const struct tia *tia, unsigned shown) {
    const bool has_priority = tia->ctrlpf & CTRLPF_PRIORITY;
    return tia->ctrlpf & CTRLPF_SCORE && (!has_priority || shown == 1u << OBJECT_PF);
}

void painting_paint(struct objects *objects, const struct tia *tia, uint8_t *row, int end) {
    enum { SPRITES = ALL_OBJECTS & ~(1u << OBJECT_PF) };
    const uint8_t *colours = tia->colours;
    const bool has_score = keeps_score(tia, objects->shown | objects->began);
    const uint64_t field = objects_covered_field(objects, tia, end);
    if (has_score)
        paint_halves(row, field, colours, objects->begin, end);
    else
        paint_field(row, field, colours[3], colours[2], objects->begin, end);
    if (!is_any(objects, SPRITES))
        return;
    struct layers layers = {{{{0}}}};
    for (int i = 0; i < 2; i++) {
        add_object(&layers.masks[i], objects, tia, OBJECT_P0 + i, end);
        add_object(&layers.masks[i], objects, tia, OBJECT_M0 + i, end);
    }
    add_object(&layers.masks[2], objects, tia, OBJECT_BL, end);
    struct mask above = {{0}};
    if (has_score || tia->ctrlpf & CTRLPF_PRIORITY)
        objects_add_covered(&above, objects, tia, OBJECT_PF, end);
    if (has_score)
        mix_with_halves(&layers, &above);
    else if (tia->ctrlpf & CTRLPF_PRIORITY)
        put_below(&layers, &above);
    paint_layers(row, &layers, colours);
}

bool painting_shows(const struct objects *objects, const struct tia *tia, int index, int end) {
    static const uint8_t objects_of[3][2] = {
        {OBJECT_P0, OBJECT_M0}, {OBJECT_P1, OBJECT_M1}, {OBJECT_PF, OBJECT_BL}};
    if (index == 3 || tia->ctrlpf & CTRLPF_SCORE)
        return true;
    for (int i = 0; i < 2; i++) {
        const int object = objects_of[index][i];
        if (objects->began >> object & 1 ||
            (objects->shown >> object & 1 && objects_reach(tia, object, objects->begin, end)))
            return true;
    }
    return false;
}

uint8_t painting_colour(const struct tia *tia, int x) {
    bool covers[OBJECT_COUNT];
    unsigned shown = 0;
    for (int i = 0; i < OBJECT_COUNT; i++) {
        covers[i] = objects_cover(tia, i, x);
        shown |= objects_shows(tia, i) ? 1u << i : 0;
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
