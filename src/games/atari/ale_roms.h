/* The Atari 2600 ROMs that can be handed to ALE, which ends the process over any other. */
#ifndef ASYNCRL_GAMES_ATARI_ALE_ROMS_H
#define ASYNCRL_GAMES_ATARI_ALE_ROMS_H

#include "base/base.h"

/* The television that a ROM was made for: it decides the colours and the frames a second. */
enum ale_television { TV_NTSC, TV_PAL };

struct ale_rom {
    const char *name; /* the file's name without ".bin" */
    const char *md5;
    enum ale_television television;
};

/*
 * Finds the ROM that the file at path claims to be by its name, and checks that it is that one by
 * its MD5. Fails with STATUS_BAD_INPUT.
 */
enum status ale_rom_check(const char *path, const struct ale_rom **rom, struct error *error);

#endif
