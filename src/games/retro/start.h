/* The start states of a stable-retro game: the files NAME.state in its folder. */
#ifndef ASYNCRL_GAMES_RETRO_START_H
#define ASYNCRL_GAMES_RETRO_START_H

#include "base/base.h"

/*
 * Writes the path of a start state into out, or "" for power-on. chosen: its name, or "none" for
 * power-on; "": the one that metadata.json names, if any. STATUS_BAD_INPUT: the folder lacks it,
 * and the error lists those that are there.
 */
enum status retro_start_find(const char *folder, const char *chosen, char out[PATH_SIZE],
                             struct error *error);

#endif
