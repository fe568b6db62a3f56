/* A libretro core's file as a library of its own, however many times the same file is loaded. */
#ifndef ASYNCRL_GAMES_LIBRETRO_FILE_H
#define ASYNCRL_GAMES_LIBRETRO_FILE_H

#include "base/base.h"

/* A loaded copy. */
struct libretro_file {
    struct shared_library *library;
    int memory; /* file descriptor of the copy; -1: none is loaded */
};

/*
 * Loads a private copy of the library at path: the dynamic loader takes a file in memory for
 * another library, so the copy has global variables of its own. A file that cannot be loaded is
 * STATUS_BAD_INPUT.
 */
enum status libretro_file_load(const char *path, struct libretro_file *file, struct error *error);

void libretro_file_unload(struct libretro_file *file);

#endif
