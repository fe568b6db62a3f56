/* Users' own games: the id is the path of a shared library, "./mygame.so". */
#include "games/kind.h"

#include <stdio.h>
#include <string.h>

static const char suffix[] = ".so";

static bool find_plugin(const char *id, struct game *game) {
    const size_t length = strlen(id);
    if (length <= strlen(suffix) || length >= GAME_ID_SIZE)
        return false;
    const char *end = id + length - strlen(suffix);
    if (strcmp(end, suffix) != 0 || end[-1] == '/')
        return false;
    *game = (struct game){.emulator = GAME_PLUGIN, .frame_skip_min = 1, .frame_skip_max = 1};
    snprintf(game->id, sizeof game->id, "%s", id);
    return true;
}

static enum status open_plugin(const struct game *game, const char *data_dir,
                               struct emulator **emulator, struct error *error) {
    (void)data_dir;
    return emulator_open_plugin(game->id, emulator, error);
}

static bool is_always(const struct game *game) {
    (void)game;
    return true;
}

const struct game_kind plugin_kind = {.overrides = OVERRIDE_TIMEOUT,
                                      .find = find_plugin,
                                      .open = open_plugin,
                                      .is_foreign = is_always,
                                      .names_code = is_always};
