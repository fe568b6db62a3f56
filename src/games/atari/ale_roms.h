/* The Atari 2600 ROMs that ALE accepts; it ends the process if it gets another one. */
#ifndef ASYNCRL_GAMES_ATARI_ALE_ROMS_H
#define ASYNCRL_GAMES_ATARI_ALE_ROMS_H

#include "base/base.h"

/* The television that a ROM was made for: it determines the colours and the frames per second. */
enum ale_television { TV_NTSC, TV_PAL };

struct ale_rom {
    const char *name; /* the file's name without ".bin" */
    const char *md5;
    enum ale_television television;
};

/*
 * Finds the ROM by the file's name, and checks the file's MD5. Fails with STATUS_BAD_INPUT.
 */
enum status ale_rom_check(const char *path, const struct ale_rom **rom, struct error *error);

#endif
