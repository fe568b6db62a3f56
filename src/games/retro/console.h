/*
 * A console with a stable-retro game in it: a libretro core that goes back to the same start state
 * as often as wanted. Inside of the emulator room.
 */
#ifndef ASYNCRL_GAMES_RETRO_CONSOLE_H
#define ASYNCRL_GAMES_RETRO_CONSOLE_H

#include "games/libretro/libretro.h"
#include "games/retro/data.h"
#include "games/retro/system.h"

/* All zeros: not opened. */
struct retro_console {
    struct libretro_core *core;
    char core_path[PATH_SIZE];
    char rom_path[PATH_SIZE];
    const struct retro_system *system;
    struct retro_memory memory; /* of the core */
    size_t ram_size;            /* of the system's RAM, in bytes; 0: the core shows none */
    bool renews_core;     /* before the start state is loaded, because that state is incomplete */
    unsigned char *start; /* the start state */
    size_t start_size;
    bool start_is_own; /* of libretro_save, not of a file */
};

/*
 * Opens the core with the game and plays the frames before the start state. The caller keeps
 * system, and calls retro_console_close, also after a failure. STATUS_BAD_INPUT: a file is missing
 * or does not fit, or the core saves no states.
 */
enum status retro_console_open(const char *core_path, const char *rom_path,
                               const struct retro_system *system, struct retro_console *console,
                               struct error *error);

/* Reads the start state at path, or with "" takes the present state, and goes there. */
enum status retro_console_open_start(struct retro_console *console, const char *path,
                                     struct error *error);

/* Goes back to the start state. This may open the core again: *core and the bytes of the memory are
 * then others. */
enum status retro_console_load_start(struct retro_console *console, struct error *error);

void retro_console_close(struct retro_console *console);

#endif
