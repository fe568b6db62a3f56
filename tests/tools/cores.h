/* Opens Atari games on either core; their files are in $ASYNCRL_DATA, or in deps/data. */
#ifndef ASYNCRL_TESTS_CORES_H
#define ASYNCRL_TESTS_CORES_H

#include "games/machines.h"

#include <stdio.h>
#include <stdlib.h>

static inline const char *data_folder(void) {
    const char *folder = getenv("ASYNCRL_DATA");
    return folder ? folder : "deps/data";
}

static inline void data_path(char path[PATH_SIZE], const char *folder, const char *name,
                             const char *ending) {
    snprintf(path, PATH_SIZE, "%s/%s%s%s", data_folder(), folder, name, ending);
}

/* name: the ROM's file without ".bin". choice: NULL for the defaults. */
static inline enum status open_core(bool is_ale, const char *name,
                                    const struct atari_choice *choice, struct emulator **emulator,
                                    struct error *error) {
    char rom[PATH_SIZE];
    char library[PATH_SIZE];
    data_path(rom, "roms/", name, ".bin");
    data_path(library, "", "libale_c.so", "");
    return is_ale ? emulator_open_ale(rom, library, choice, emulator, error)
                  : emulator_open_atari(rom, choice, emulator, error);
}

#endif
