/*
 * The ROM of a stable-retro game: finds it, and checks by the SHA-1 in rom.sha that it is the one
 * for which the game's variables hold. Inside of the emulator room.
 */
#ifndef ASYNCRL_GAMES_RETRO_ROM_H
#define ASYNCRL_GAMES_RETRO_ROM_H

#include "games/retro/system.h"

enum { RETRO_ROM_MAX_SIZE = 64 << 20 };

/* The SHA-1s by which a ROM may be known: of all of it, and without the header that NES dumps and
 * copiers put before it. */
struct retro_rom_sums {
    char hex[2][DIGEST_SHA1_SIZE];
    int count;
};

void retro_rom_sum(const void *data, size_t size, struct retro_rom_sums *sums);

/* Calls visit with each SHA-1 of the game's rom.sha. */
void retro_rom_list(const char *folder, void (*visit)(const char *sum, void *context),
                    void *context);

/*
 * Writes the path of the ROM into out: named, or if that is "" the game folder's rom.EXT.
 * STATUS_BAD_INPUT: the ROM is missing, and the error says where to put which one; or it has
 * another SHA-1, and the error names a game in the same folder that has it.
 */
enum status retro_rom_find(const char *folder, const char *named, const struct retro_system *system,
                           char out[PATH_SIZE], struct error *error);

#endif
