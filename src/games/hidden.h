/* Tells files out of reach from missing ones, as store_is_hidden does above this room. */
#ifndef ASYNCRL_GAMES_HIDDEN_H
#define ASYNCRL_GAMES_HIDDEN_H

#include "base/base.h"

#include <stdbool.h>

/* Whether the system does not tell if there is anything at path, for example because its folder may
 * not be searched; then error says why. Ask before calling something missing. */
bool game_path_is_hidden(const char *path, struct error *error);

#endif
