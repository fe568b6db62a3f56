/* The ids of stable-retro's games in the data folder. Inside of the emulator room. */
#ifndef ASYNCRL_GAMES_RETRO_IDS_H
#define ASYNCRL_GAMES_RETRO_IDS_H

#include "base/base.h"

#include <dirent.h>

/* The console at the id's end, before its version; NULL if there is none. */
const char *retro_console_of(const char *id);

/* Writes the folder of games in the data folder, and that of cores. */
enum status retro_find_folders(const char *data_dir, char games[PATH_SIZE], char cores[PATH_SIZE],
                               struct error *error);

/* The games' folders in order; the caller frees them, and the list. Returns how many there are.
 * STATUS_BAD_INPUT: none, and the error tells how to get them. */
enum status retro_list_games(const char *games, struct dirent ***entries, int *count,
                             struct error *error);

#endif
