/*
 * The kinds of games behind the catalogue. Each is a table of functions, which know the ids of the
 * kind and their meaning, and open its emulator.
 */
#ifndef ASYNCRL_GAMES_KIND_H
#define ASYNCRL_GAMES_KIND_H

#include "games/games.h"

/* The overrides of struct game_overrides that a kind has; every kind has frame_skip. */
enum game_override {
    OVERRIDE_ACTIONS = 1,
    OVERRIDE_ROM = 2,
    OVERRIDE_CORE = 4,
    OVERRIDE_TIMEOUT = 8,
    OVERRIDE_ARGUMENTS = 16,
    OVERRIDE_ATARI = 32,
    OVERRIDE_STATE = 64
};

struct game_kind {
    unsigned overrides; /* bits of enum game_override */

    /* Returns whether the id is of this kind; if so, fills game except its overrides. */
    bool (*find)(const char *id, struct game *game);

    /* Calls visit with every id of this kind, in order; NULL if they cannot be listed. */
    void (*visit)(void (*visit)(const char *id, void *context), void *context);

    /* As game_open_emulator; obeys game->overrides. */
    enum status (*open)(const struct game *game, const char *data_dir, struct emulator **emulator,
                        struct error *error);

    /* Which of the parts that games of this kind share are there, as bits of the kind's own. It may
     * start a process, so a list of games asks once. NULL: they share none. */
    unsigned (*find_shared_parts)(void);

    /* Whether the files that it needs, such as its ROM, are there; opens nothing. shared_parts:
     * from find_shared_parts, or 0. NULL: it needs none. */
    bool (*is_installed)(const struct game *game, const char *data_dir, unsigned shared_parts);

    /* Whether opening it runs foreign code, which a child process tries first; NULL: never. */
    bool (*is_foreign)(const struct game *game);

    /* As game_names_code; NULL: never. */
    bool (*names_code)(const struct game *game);
};

#define DECLARE_KIND(name, kind) extern const struct game_kind kind##_kind;
MACHINES(DECLARE_KIND)
#undef DECLARE_KIND

/*
 * Finds the folder with libraries and ROMs: data_dir, or if that is empty $ASYNCRL_DATA. A named
 * folder is used even if it is missing, so that a misspelt one is reported. Otherwise the first
 * folder that exists: deps/data of the sources, data beside the program, asyncrl in $XDG_DATA_HOME,
 * share/asyncrl beside the program's folder, in /usr/local and in /usr.
 */
enum status game_find_data(const char *data_dir, char out[PATH_SIZE], struct error *error);

#endif
