#include "games/mario/nes/cartridge.h"

#include <string.h>

enum { HEAD = 16, TRAINER = 512, PROGRAM_BANK = 0x4000, TILE_BANK = 0x2000 };
enum { FLAG_VERTICAL = 0x01, FLAG_TRAINER = 0x04, FLAG_FOUR_SCREENS = 0x08 };

void nes_decode_row(uint8_t row[8], uint8_t low, uint8_t high) {
    for (int x = 0; x < 8; x++)
        row[x] = (uint8_t)((low >> (7 - x) & 1) | (high >> (7 - x) & 1) << 1);
}

static void decode_tiles(struct nes_cartridge *cartridge) {
    for (size_t tile = 0; tile < NES_TILES; tile++)
        for (size_t y = 0; y < 8; y++) {
            const uint8_t *planes = cartridge->tiles + 16 * tile + y;
            nes_decode_row(cartridge->rows[8 * tile + y], planes[0], planes[8]);
        }
}

const char *nes_cartridge_fill(struct nes_cartridge *cartridge, const uint8_t *file, size_t size) {
    if (size < HEAD || memcmp(file, "NES\x1a", 4) != 0)
        return "is not an NES ROM (it does not begin with 'NES')";
    const int mapper = file[6] >> 4 | (file[7] & 0xf0);
    if (mapper != 0 || (file[6] & FLAG_FOUR_SCREENS))
        return "needs a mapper, and only cartridges without one can be played";
    const size_t banks = file[4];
    if (banks < 1 || banks > 2 || file[5] != 1)
        return "is not a cartridge of 16 or 32 KiB of program and 8 KiB of tiles";
    const size_t start = HEAD + (file[6] & FLAG_TRAINER ? TRAINER : 0);
    if (size < start + banks * PROGRAM_BANK + TILE_BANK)
        return "is cut short";
    const uint8_t *program = file + start;
    memcpy(cartridge->program, program, PROGRAM_BANK);
    memcpy(cartridge->program + PROGRAM_BANK, program + (banks - 1) * PROGRAM_BANK, PROGRAM_BANK);
    memcpy(cartridge->tiles, program + banks * PROGRAM_BANK, TILE_BANK);
    decode_tiles(cartridge);
    cartridge->mirrors_horizontally = !(file[6] & FLAG_VERTICAL);
    return NULL;
}
