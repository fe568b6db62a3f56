/*
 * The ROM of a stable-retro game: where it is, and whether it is the one that the game's variables
 * were found in, by the SHA-1 in rom.sha. Inside of the emulator room.
 */
#ifndef ASYNCRL_GAMES_RETRO_ROM_H
#define ASYNCRL_GAMES_RETRO_ROM_H

#include "games/retro/system.h"

/*
 * Writes the path of the ROM into out: the one named, or where named is "" the game folder's
 * rom.EXT. A missing ROM is STATUS_BAD_INPUT, which says where to put which one; so is one with
 * another SHA-1, which is named where a game beside this one in the same folder has it.
 */
enum status retro_rom_find(const char *folder, const char *named, const struct retro_system *system,
                           char out[PATH_SIZE], struct error *error);

#endif
