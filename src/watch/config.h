/*
 * Decides which parts of a run's config.json readers of the page may see, and whether playing the
 * run's game would run foreign code. Private to the watch room. Any thread.
 */
#ifndef ASYNCRL_WATCH_CONFIG_H
#define ASYNCRL_WATCH_CONFIG_H

#include "base/base.h"

#include <stdbool.h>

/* Reads folder's config.json, which lies in root, see paths_open. NULL: none, or unreadable. The
 * caller frees it. */
struct json *config_read(const char *root, const char *folder);

/*
 * The method and the options of the table that config has with the right type, without those that
 * name folders, files, addresses or secrets. A game's path is cut to its last part. The caller
 * frees it.
 */
struct json *config_shown(const struct json *config, const struct option *table);

/* Whether the option does not change how a run learns, except by chance (the seed) and by its
 * length: runs that differ only in such options are of one setting. */
bool config_is_indifferent(const struct option *option);

/* When the run was started, in seconds since 1970; NAN: not known. */
double config_started(const struct json *config);

/* Whether the run's game runs code of its own: see game_names_code. */
bool config_names_code(const struct json *config);

/* Whether it names a core, a ROM or a data folder of its own. */
bool config_names_files(const struct json *config);

#endif
