/* The bits of the picture processor's registers, and where video memory lies. Inside of nes/; ppu.c
 * and ppu_registers.c. */
#ifndef ASYNCRL_GAMES_MARIO_NES_PPU_BITS_H
#define ASYNCRL_GAMES_MARIO_NES_PPU_BITS_H

#include "games/mario/nes/ppu.h"

enum {
    CONTROL_STEP = 0x04,
    CONTROL_SPRITES = 0x08,
    CONTROL_BACKGROUND = 0x10,
    CONTROL_TALL = 0x20
};
enum { CONTROL_INTERRUPT = 0x80 };
enum {
    MASK_LEFT_BACKGROUND = 0x02,
    MASK_LEFT_SPRITES = 0x04,
    MASK_BACKGROUND = 0x08,
    MASK_SPRITES = 0x10,
    MASK_BOTH = MASK_BACKGROUND | MASK_SPRITES,
};
enum { STATUS_HIT = 0x40, STATUS_BLANK = 0x80 };
/* Bits of a scroll position: 5 of column, 5 of row, 1 and 1 of screen, 3 of line in the row. */
enum { AT_X = 0x041f, AT_Y = 0x7be0, AT_COLUMN = 0x1f, AT_ROW = 0x3e0, AT_RIGHT = 0x400 };
enum { AT_LOWER = 0x800, AT_LINE = 0x7000 };

/* The place in ppu->names of an address from 2000 up to 3eff. */
static inline uint32_t ppu_name_place(const struct ppu *ppu, uint32_t address) {
    return ppu->mirrors_horizontally ? (address & 0x3ff) | (address >> 1 & 0x400) : address & 0x7ff;
}

#endif
