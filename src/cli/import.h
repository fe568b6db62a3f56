/* `games import`: finds the ROMs of consoles' games and puts them into the data folder. */
#ifndef ASYNCRL_CLI_IMPORT_H
#define ASYNCRL_CLI_IMPORT_H

#include "base/base.h"

#include <stdbool.h>

/*
 * Looks at all files in the folder and below it, and at those in zip archives, one after the other.
 * Prints a line per game, and a last one with the numbers; with json, one line of JSON instead.
 * links: makes links to files, not copies; those in archives are copied all the same.
 * STATUS_BAD_INPUT: it is not a folder. STATUS_FAILED: a ROM could not be written; those before it
 * stay.
 */
enum status import_roms(const char *folder, bool links, bool json, struct error *error);

#endif
