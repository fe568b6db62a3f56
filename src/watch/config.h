/*
 * What of a run's config.json is for readers of the page, and what it asks of the machine that
 * would play the run's game.
 *
 * Inside of the watch room. Any thread.
 */
#ifndef ASYNCRL_WATCH_CONFIG_H
#define ASYNCRL_WATCH_CONFIG_H

#include "base/base.h"

#include <stdbool.h>

/* Reads folder's config.json, which lies in root, see paths_open. NULL: there is none that can be
 * read. The caller frees it. */
struct json *config_read(const char *root, const char *folder);

/*
 * Those options of the table, and the method, that config has with the right type, but none that
 * name folders, files, addresses or secrets of a machine. A game's path is left its last part. The
 * caller frees it.
 */
struct json *config_shown(const struct json *config, const struct option *table);

/* Whether the run's game runs code of its own: see game_names_code. */
bool config_names_code(const struct json *config);

/* Whether it names a core, a ROM or a data folder of its own. */
bool config_names_files(const struct json *config);

#endif
