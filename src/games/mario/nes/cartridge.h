/*
 * NES cartridges without a mapper (NROM, iNES mapper 0): 16 or 32 KiB of program, 8 KiB of tiles.
 *
 * File format: "iNES", nesdev.org/wiki/INES.
 */
#ifndef ASYNCRL_GAMES_MARIO_NES_CARTRIDGE_H
#define ASYNCRL_GAMES_MARIO_NES_CARTRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NES_PROGRAM_SIZE = 0x8000,
    NES_TILES = 512,
    NES_TILE_ROWS = NES_TILES * 8,
    NES_FILE_MAX_SIZE = 16 + 512 + 0x8000 + 0x2000,
};

/* Read-only once it is filled; any number of consoles share it. */
struct nes_cartridge {
    uint8_t program[NES_PROGRAM_SIZE]; /* from address 8000; 16 KiB twice */
    uint8_t tiles[NES_TILES * 16];     /* as the picture processor reads them */
    /* Row r of tile t at 8t + r: eight pixels of 0 to 3, the leftmost first in memory. */
    uint8_t rows[NES_TILE_ROWS][8];
    bool mirrors_horizontally; /* otherwise vertically */
};

/* row: eight pixels, the leftmost in the planes' highest bits. */
void nes_decode_row(uint8_t row[8], uint8_t low, uint8_t high);

/* Fills a cartridge from a file's content. Returns NULL, or its fault as the end of a sentence. */
const char *nes_cartridge_fill(struct nes_cartridge *cartridge, const uint8_t *file, size_t size);

#endif
