/*
 * The picture processor of the NES, the 2C02, as nes-py has it: it fetches each pixel when it
 * draws it, not ahead.
 *
 *            line 0      before the picture: flags are cleared, the scroll position is taken
 *            1 to 240    the picture, 256 of 341 dots each
 *            241         idle
 *            242 to 261  vertical blank, which begins at dot 1 of line 242
 *
 * Time is counted in dots; the processor's cycle is three of them. With pixels NULL nothing is
 * drawn, but everything that a program can see happens: scroll registers move, sprite 0 hits.
 *
 * Not emulated, because nes-py does not: sprite overflow, grayscale and emphasis, open bus, decay,
 * glitches of OAM. Sources: nesdev.org/wiki/PPU_registers, /PPU_scrolling, /PPU_OAM; small programs
 * found where nes-py differs from the chip.
 */
#ifndef ASYNCRL_GAMES_MARIO_NES_PPU_H
#define ASYNCRL_GAMES_MARIO_NES_PPU_H

#include "games/mario/nes/cartridge.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    PPU_WIDTH = 256,
    PPU_HEIGHT = 240,
    PPU_LINE_DOTS = 341,
    PPU_LINES = 262,
    PPU_FIRST_LINE = 1,
    PPU_IDLE_LINE = PPU_FIRST_LINE + PPU_HEIGHT,
    PPU_BLANK_LINE = PPU_IDLE_LINE + 1,
};

/* Registers, as the processor sees them from address 2000. */
enum ppu_register {
    PPU_CONTROL,
    PPU_MASK,
    PPU_STATUS,
    PPU_OAM_ADDRESS,
    PPU_OAM_DATA,
    PPU_SCROLL,
    PPU_ADDRESS,
    PPU_DATA,
};

enum { PPU_MAX_SPRITES = 8 };

/* Plain data without padding; a copy is a saved state. */
struct ppu {
    uint8_t names[2048];
    uint8_t palette[32];
    uint8_t oam[256];
    uint16_t line;
    uint16_t dot;  /* the next one that is played, in this line */
    uint16_t at;   /* address in video memory, and scroll position while the picture is drawn */
    uint16_t next; /* the one that is being written */
    uint8_t fine_x;
    uint8_t is_second; /* whether the next write to SCROLL or ADDRESS is the second */
    uint8_t control;
    uint8_t mask;
    uint8_t status; /* bits of PPU_STATUS */
    uint8_t oam_address;
    uint8_t buffer; /* what DATA reads next */
    uint8_t is_odd; /* frame */
    uint8_t mirrors_horizontally;
    uint8_t sprite_count; /* on this line */
    uint8_t sprites[PPU_MAX_SPRITES];
    uint8_t zero[4]; /* unused */
};

void ppu_power_up(struct ppu *ppu, const struct nes_cartridge *cartridge);

/*
 * Plays this number of dots and writes the pixels that they draw. pixels: (PPU_HEIGHT, PPU_WIDTH),
 * colours 0 to 63; NULL draws nothing.
 */
void ppu_play(struct ppu *ppu, const struct nes_cartridge *cartridge, int32_t dots,
              uint8_t *pixels);

/* The fewest dots to play up to where the vertical blank begins or the frame's length is settled,
 * whichever comes first; at least 1. */
int32_t ppu_dots_to_event(const struct ppu *ppu);

/* Whether the last dot that was played began a vertical blank that interrupts the processor. */
bool ppu_interrupts(const struct ppu *ppu);

uint8_t ppu_read(struct ppu *ppu, const struct nes_cartridge *cartridge, uint32_t reg);
void ppu_write(struct ppu *ppu, uint32_t reg, uint8_t value);

/* Whether a state from a file can be played. */
bool ppu_is_sound(const struct ppu *ppu, const struct nes_cartridge *cartridge);

/* RGB of colours 0 to 63. */
extern const uint8_t ppu_colours[64][3];

#endif
