#include "games/mario/nes/ppu.h"
#include "games/mario/nes/ppu_bits.h"

#include <string.h>

enum { DOT_STATUS = 1, DOT_Y = 256, DOT_X = 257, DOT_TAKE_X = 258, DOT_TAKE_Y = 281 };
enum { SPRITE_BEHIND = 0x20, SPRITE_MIRROR_X = 0x40, SPRITE_MIRROR_Y = 0x80 };

void ppu_power_up(struct ppu *ppu, const struct nes_cartridge *cartridge) {
    memset(ppu, 0, sizeof *ppu);
    ppu->mask = MASK_BOTH | MASK_LEFT_BACKGROUND |
                MASK_LEFT_SPRITES; /* as in nes-py, everything is shown */
    ppu->mirrors_horizontally = cartridge->mirrors_horizontally;
}

/* ---- Background ------------------------------------------------------------------------------ */

static void step_column(struct ppu *ppu) {
    if ((ppu->at & AT_COLUMN) == AT_COLUMN)
        ppu->at ^= AT_COLUMN | AT_RIGHT;
    else
        ppu->at++;
}

/* A screen has 30 rows of tiles. A row after them, among attributes, wraps within the screen. */
static void step_line(struct ppu *ppu) {
    if ((ppu->at & AT_LINE) != AT_LINE) {
        ppu->at += 0x1000;
        return;
    }
    ppu->at &= (uint16_t)~AT_LINE;
    const uint32_t row = (ppu->at & AT_ROW) >> 5;
    if (row == 29)
        ppu->at = (uint16_t)((ppu->at & ~AT_ROW) ^ AT_LOWER);
    else if (row == 31)
        ppu->at &= (uint16_t)~AT_ROW;
    else
        ppu->at += 0x20;
}

/* The row of pixels at the scroll position, and in *attribute its palette's bits 2 and 3. */
static const uint8_t *tile_row(const struct ppu *ppu, const struct nes_cartridge *cartridge,
                               uint8_t *attribute) {
    const uint32_t at = ppu->at;
    const uint32_t name = ppu->names[ppu_name_place(ppu, 0x2000 | (at & 0xfff))];
    const uint32_t place = 0x23c0 | (at & 0xc00) | (at >> 4 & 0x38) | (at >> 2 & 7);
    const uint32_t shift = (at >> 4 & 4) | (at & 2);
    *attribute = (uint8_t)((ppu->names[ppu_name_place(ppu, place)] >> shift & 3) << 2);
    const uint32_t table = ppu->control & CONTROL_BACKGROUND ? 256 : 0;
    return cartridge->rows[8 * (table + name) + (at >> 12 & 7)];
}

/* Shows the colour behind everything from x to end. */
static void clear_background(const struct ppu *ppu, int x, int end, uint8_t *line,
                             uint8_t *pixels) {
    if (line)
        memset(line + x, 0, (size_t)(end - x));
    if (pixels)
        memset(pixels + x, ppu->palette[0], (size_t)(end - x));
}

static const uint64_t ONES = 0x0101010101010101u;

/* A row of a tile as places in the palette: those of its own four colours, but 0 stays 0. */
static uint64_t places_of(uint64_t row, uint8_t attribute) {
    return row | ((row | row >> 1) & ONES) * attribute;
}

/* A row of a tile in colours, all eight pixels at once: each product fills the bytes where its
 * factor is 1. */
static uint64_t colours_of(const struct ppu *ppu, uint64_t row, uint8_t attribute) {
    const uint8_t *palette = ppu->palette + attribute;
    const uint64_t low = row & ONES;
    const uint64_t high = row >> 1 & ONES;
    const uint64_t both = low & high;
    return (ONES ^ (low | high)) * ppu->palette[0] + (low ^ both) * palette[1] +
           (high ^ both) * palette[2] + both * palette[3];
}

/* Puts a tile's pixels from x on, which need not be its first, up to end at most. */
static void put_tile(uint8_t *out, uint64_t tile, int fine, int x, int end) {
    if (fine == 0 && end - x >= 8) /* a constant size is faster */
        memcpy(out + x, &tile, 8);
    else
        memcpy(out + x, (const uint8_t *)&tile + fine,
               (size_t)(8 - fine < end - x ? 8 - fine : end - x));
}

/* From x to end. line: 0, or a place in the palette; pixels: its colours. Either may be NULL. */
static void play_background(struct ppu *ppu, const struct nes_cartridge *cartridge, int x, int end,
                            uint8_t *line, uint8_t *pixels) {
    const int start = x;
    while (x < end) {
        uint8_t attribute;
        uint64_t row;
        memcpy(&row, tile_row(ppu, cartridge, &attribute), sizeof row);
        const int fine = (ppu->fine_x + x) & 7;
        if (line)
            put_tile(line, places_of(row, attribute), fine, x, end);
        if (pixels)
            put_tile(pixels, colours_of(ppu, row, attribute), fine, x, end);
        x += 8 - fine;
        if (x <= end)
            step_column(ppu);
    }
    if (!(ppu->mask & MASK_LEFT_BACKGROUND) && start < 8)
        clear_background(ppu, start, end < 8 ? end : 8, line, pixels);
}

/* The same without drawing. */
static void skip_background(struct ppu *ppu, int x, int end) {
    const int passed = ((ppu->fine_x + end) >> 3) - ((ppu->fine_x + x) >> 3);
    const int column = (ppu->at & AT_COLUMN) + passed;
    ppu->at = (uint16_t)((ppu->at & ~AT_COLUMN) | (column & AT_COLUMN));
    if (column & (AT_COLUMN + 1))
        ppu->at ^= AT_RIGHT;
}

/* ---- Sprites --------------------------------------------------------------------------------- */

static int sprite_height(const struct ppu *ppu) {
    return ppu->control & CONTROL_TALL ? 16 : 8;
}

/* Whether a sprite's rows reach line y; it begins one line below its position. */
static bool sprite_reaches(const struct ppu *ppu, int sprite, int y, int height) {
    const int row = y - ppu->oam[(size_t)4 * (size_t)sprite];
    return row >= 0 && row < height;
}

/* Finds the sprites of the next line. */
static void find_sprites(struct ppu *ppu, int y, bool only_zero) {
    const int height = sprite_height(ppu);
    ppu->sprite_count = 0;
    if (only_zero) {
        if (sprite_reaches(ppu, 0, y, height))
            ppu->sprites[ppu->sprite_count++] = 0;
        return;
    }
    uint8_t reaches[64]; /* a loop without a condition, for the compiler's vectors */
    for (int i = 0; i < 64; i++)
        reaches[i] = sprite_reaches(ppu, i, y, height);
    for (int i = 0; i < 64; i += 8) {
        uint64_t any;
        memcpy(&any, reaches + i, sizeof any);
        for (int k = i; any && k < i + 8 && ppu->sprite_count < PPU_MAX_SPRITES; k++)
            if (reaches[k])
                ppu->sprites[ppu->sprite_count++] = (uint8_t)k;
    }
}

/*
 * The picture's first row shows the sprites that were found for the row below the last; by then
 * they mostly have other places. nes-py takes the remainder of the negative difference, which is
 * negative, and so reads the planes of a row across two tiles.
 */
static const uint8_t *stale_row(const struct nes_cartridge *cartridge, int address,
                                uint8_t row[8]) {
    if (address < 0)
        return memset(row, 0, 8);
    nes_decode_row(row, cartridge->tiles[address], cartridge->tiles[address + 8]);
    return row;
}

/* scratch: used if the row is not in a tile. */
static const uint8_t *sprite_row(const struct ppu *ppu, const struct nes_cartridge *cartridge,
                                 const uint8_t *sprite, int y, uint8_t scratch[8]) {
    const int height = sprite_height(ppu);
    int row = (y - 1 - sprite[0]) % height;
    if (sprite[2] & SPRITE_MIRROR_Y)
        row ^= height - 1;
    if (height == 16)
        return cartridge->rows[8 * ((sprite[1] & 1) * 256 + (sprite[1] & 0xfe)) + (row & 15)];
    const int tile = (ppu->control & CONTROL_SPRITES ? 256 : 0) + sprite[1];
    return row < 0 ? stale_row(cartridge, 16 * tile + row, scratch)
                   : cartridge->rows[8 * tile + row];
}

/* The pixels of a sprite that can be seen within x to end: from *from to before *to. */
static void sprite_range(const struct ppu *ppu, const uint8_t *sprite, int x, int end, int *from,
                         int *to) {
    const int first = ppu->mask & MASK_LEFT_SPRITES || x >= 8 ? x : 8;
    *from = sprite[3] > first ? sprite[3] : first;
    *to = sprite[3] + 8 < end ? sprite[3] + 8 : end;
}

/* over: 0, or a place in the palette with SPRITE_BEHIND, from x to end; all 0 before. The first of
 * the list cover the others. */
static void play_sprites(struct ppu *ppu, const struct nes_cartridge *cartridge, int x, int end,
                         const uint8_t line[PPU_WIDTH], uint8_t over[PPU_WIDTH]) {
    const int y = ppu->line - PPU_FIRST_LINE;
    for (int i = ppu->sprite_count - 1; i >= 0; i--) {
        const uint8_t *sprite = ppu->oam + (size_t)4 * ppu->sprites[i];
        uint8_t scratch[8];
        const uint8_t *row = sprite_row(ppu, cartridge, sprite, y, scratch);
        const int flip = sprite[2] & SPRITE_MIRROR_X ? 7 : 0;
        const uint8_t base = (uint8_t)(0x10 | (sprite[2] & 3) << 2 | (sprite[2] & SPRITE_BEHIND));
        int at, to;
        for (sprite_range(ppu, sprite, x, end, &at, &to); at < to; at++) {
            const uint8_t pixel = row[(at - sprite[3]) ^ flip];
            if (!pixel)
                continue;
            over[at] = base | pixel;
            if (ppu->sprites[i] == 0 && line[at] && ppu->mask & MASK_BACKGROUND)
                ppu->status |= STATUS_HIT;
        }
    }
}

/* Draws the sprites of a line over its background. */
static void colour_sprites(const struct ppu *ppu, int x, int end, const uint8_t line[PPU_WIDTH],
                           const uint8_t over[PPU_WIDTH], uint8_t *pixels) {
    for (int i = 0; i < ppu->sprite_count; i++) {
        const uint8_t *sprite = ppu->oam + (size_t)4 * ppu->sprites[i];
        int at, to;
        for (sprite_range(ppu, sprite, x, end, &at, &to); at < to; at++)
            if (over[at] && !(over[at] & SPRITE_BEHIND && line[at]))
                pixels[at] = ppu->palette[over[at] & 0x1f];
    }
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static bool may_hit(const struct ppu *ppu) {
    return (ppu->mask & MASK_BOTH) == MASK_BOTH && !(ppu->status & STATUS_HIT) &&
           ppu->sprite_count > 0 && ppu->sprites[0] == 0;
}

/* Pixels x up to end; pixels: of this line, or NULL. */
static void play_pixels(struct ppu *ppu, const struct nes_cartridge *cartridge, int x, int end,
                        uint8_t *pixels) {
    const bool has_background = ppu->mask & MASK_BACKGROUND;
    if (!pixels && !may_hit(ppu)) {
        if (has_background)
            skip_background(ppu, x, end);
        return;
    }
    const bool has_sprites = ppu->mask & MASK_SPRITES && ppu->sprite_count > 0;
    uint8_t places[PPU_WIDTH];
    uint8_t *line = has_sprites ? places : NULL;
    if (has_background)
        play_background(ppu, cartridge, x, end, line, pixels);
    else
        clear_background(ppu, x, end, line, pixels);
    if (!has_sprites)
        return;
    uint8_t over[PPU_WIDTH];
    memset(over + x, 0, (size_t)(end - x));
    play_sprites(ppu, cartridge, x, end, line, over);
    if (pixels)
        colour_sprites(ppu, x, end, line, over, pixels);
}

/* Whether a dot is among those from start up to end. */
static bool passes(int dot, int start, int end) {
    return start <= dot && dot < end;
}

static void play_picture_line(struct ppu *ppu, const struct nes_cartridge *cartridge, int end,
                              uint8_t *pixels, bool is_undrawn) {
    const int start = ppu->dot;
    const int y = ppu->line - PPU_FIRST_LINE;
    const int first = start > 1 ? start - 1 : 0;
    const int last = end - 1 < PPU_WIDTH ? end - 1 : PPU_WIDTH;
    if (first < last)
        play_pixels(ppu, cartridge, first, last, pixels ? pixels + (size_t)y * PPU_WIDTH : NULL);
    if (passes(DOT_Y, start, end) && ppu->mask & MASK_BACKGROUND)
        step_line(ppu);
    if (passes(DOT_X, start, end) && (ppu->mask & MASK_BOTH) == MASK_BOTH)
        ppu->at = (uint16_t)((ppu->at & ~AT_X) | (ppu->next & AT_X));
    if (end == PPU_LINE_DOTS)
        find_sprites(ppu, y, is_undrawn);
}

static void play_first_line(struct ppu *ppu, int end) {
    const int start = ppu->dot;
    const bool is_on = (ppu->mask & MASK_BOTH) == MASK_BOTH;
    if (passes(DOT_STATUS, start, end))
        ppu->status = 0;
    if (passes(DOT_TAKE_X, start, end) && is_on)
        ppu->at = (uint16_t)((ppu->at & ~AT_X) | (ppu->next & AT_X));
    if (passes(DOT_TAKE_Y, start, end) && is_on)
        ppu->at = (uint16_t)((ppu->at & ~AT_Y) | (ppu->next & AT_Y));
}

/* One dot shorter in an odd frame whose picture is on. */
static int line_length(const struct ppu *ppu) {
    return PPU_LINE_DOTS - (ppu->line == 0 && ppu->is_odd && (ppu->mask & MASK_BOTH) == MASK_BOTH);
}

static void end_line(struct ppu *ppu) {
    ppu->dot = 0;
    if (++ppu->line == PPU_LINES) {
        ppu->line = 0;
        ppu->is_odd ^= 1;
    }
}

void ppu_play(struct ppu *ppu, const struct nes_cartridge *cartridge, int32_t dots,
              uint8_t *pixels) {
    while (dots > 0) {
        const int length = line_length(ppu);
        const int left = length > ppu->dot ? length - ppu->dot : 1;
        const int count = dots < left ? dots : left;
        const int end = ppu->dot + count;
        if (ppu->line == 0)
            play_first_line(ppu, end);
        else if (ppu->line < PPU_IDLE_LINE)
            /* Where the next dots may be drawn all sprites count: on a line that was played in
             * part, and on the first of the next picture. */
            play_picture_line(ppu, cartridge, end, pixels,
                              !pixels && dots - count >= PPU_LINE_DOTS &&
                                  ppu->line != PPU_IDLE_LINE - 1);
        else if (ppu->line == PPU_BLANK_LINE && passes(DOT_STATUS, ppu->dot, end))
            ppu->status |= STATUS_BLANK;
        ppu->dot = (uint16_t)end;
        if (end >= length)
            end_line(ppu);
        dots -= count;
    }
}

int32_t ppu_dots_to_event(const struct ppu *ppu) {
    const int32_t now = ppu->line * PPU_LINE_DOTS + ppu->dot;
    const int32_t settled = PPU_LINE_DOTS - 1;
    const int32_t blank = PPU_BLANK_LINE * PPU_LINE_DOTS + DOT_STATUS;
    if (now < settled)
        return settled - now;
    if (now <= blank)
        return blank + 1 - now;
    return PPU_LINES * PPU_LINE_DOTS - now;
}

bool ppu_interrupts(const struct ppu *ppu) {
    return ppu->line == PPU_BLANK_LINE && ppu->dot == DOT_STATUS + 1 &&
           ppu->control & CONTROL_INTERRUPT;
}

bool ppu_is_sound(const struct ppu *ppu, const struct nes_cartridge *cartridge) {
    bool is_sound = ppu->line < PPU_LINES && ppu->dot < PPU_LINE_DOTS && ppu->fine_x < 8 &&
                    ppu->at <= 0x7fff && ppu->next <= 0x7fff && ppu->is_second <= 1 &&
                    ppu->is_odd <= 1 && ppu->sprite_count <= PPU_MAX_SPRITES &&
                    ppu->mirrors_horizontally == cartridge->mirrors_horizontally;
    for (int i = 0; i < (int)sizeof ppu->palette; i++)
        is_sound = is_sound && ppu->palette[i] < 64;
    for (int i = 0; is_sound && i < ppu->sprite_count; i++)
        is_sound = ppu->sprites[i] < 64;
    return is_sound;
}
