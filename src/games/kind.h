/*
 * The kinds of games behind the catalogue, a table of functions each: which ids a kind has, what
 * they stand for, and how its emulator is opened.
 */
#ifndef ASYNCRL_GAMES_KIND_H
#define ASYNCRL_GAMES_KIND_H

#include "games/games.h"

/* Which of struct game_overrides a kind has; frame_skip is every kind's. */
enum game_override {
    OVERRIDE_ACTIONS = 1,
    OVERRIDE_ROM = 2,
    OVERRIDE_CORE = 4,
    OVERRIDE_TIMEOUT = 8,
    OVERRIDE_ARGUMENTS = 16,
    OVERRIDE_ATARI = 32
};

struct game_kind {
    unsigned overrides; /* enum game_override, added up */

    /* Whether the id is of this kind; then fills game, but for its overrides. */
    bool (*find)(const char *id, struct game *game);

    /* Calls visit with every id of this kind, in order; NULL where they cannot be counted. */
    void (*visit)(void (*visit)(const char *id, void *context), void *context);

    /* As game_open_emulator; game->overrides are to be obeyed. */
    enum status (*open)(const struct game *game, const char *data_dir, struct emulator **emulator,
                        struct error *error);

    /* Whether what it needs besides this program is there, such as its ROM, without opening it;
     * NULL: it needs nothing. */
    bool (*is_installed)(const struct game *game, const char *data_dir);

    /* Whether opening it runs code that nobody here knows, which is tried out in a child process
     * first; NULL: never. */
    bool (*is_foreign)(const struct game *game);

    /* As game_names_code; NULL: never. */
    bool (*names_code)(const struct game *game);
};

#define DECLARE_KIND(name, kind) extern const struct game_kind kind##_kind;
MACHINES(DECLARE_KIND)
#undef DECLARE_KIND

/* Writes the id that an unknown one was probably meant to be; false where none is near:
 * "Pong": "Pong-v4"; "CartPole-v1": "gym:CartPole-v1". */
bool game_suggest(const char *id, char out[GAME_ID_SIZE]);

/*
 * The folder with libraries and ROMs: data_dir, else $ASYNCRL_DATA. One that somebody named is
 * taken as it is, so that a misspelt one is reported and not passed over. Else the first that is
 * there: deps/data of the sources, beside the program, asyncrl in $XDG_DATA_HOME, share/asyncrl of
 * where the program is installed, of /usr/local, of /usr.
 */
enum status game_find_data(const char *data_dir, char out[PATH_SIZE], struct error *error);

#endif
