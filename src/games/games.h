/*
 * Games as people know them: an id leads to an emulator and the rules of one step of play.
 *
 *     struct game game;
 *     game_find("Breakout-v0", NULL, &game, error);
 *     struct emulator *emulator;
 *     game_open_emulator(&game, data_dir, &emulator, error);
 *
 * env/env.h plays it.
 */
#ifndef ASYNCRL_GAMES_GAMES_H
#define ASYNCRL_GAMES_GAMES_H

#include "base/base.h"
#include "games/emulator.h"
#include "games/machines.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { GAME_ID_SIZE = 128 };

/* The user's changes to a game's id; zeros change nothing. */
struct game_overrides {
    char actions[OPTION_TEXT_SIZE];    /* name of a set of actions, or a list of them */
    char rom[OPTION_TEXT_SIZE];        /* file to play */
    char core[OPTION_TEXT_SIZE];       /* libretro core to play it with */
    char state[OPTION_TEXT_SIZE];      /* start state of a console's game */
    char atari_core[OPTION_TEXT_SIZE]; /* "ale": ALE's library; otherwise our own core */
    char mode[OPTION_TEXT_SIZE];       /* Atari: a number */
    char difficulty[OPTION_TEXT_SIZE]; /* Atari: a number */
    bool full_action_space;            /* Atari: all 18 actions, not the game's minimal set */
    struct option_range frame_skip;    /* emulator frames per step, drawn uniformly */
    double env_timeout; /* seconds that foreign code may take to open, or to show a sign of life */
    double start_timeout;    /* the same while it is opened, started or reset; 0: as env_timeout */
    int64_t envs_per_python; /* of an actor, that share a Python process; 0: all */
    char env_kwargs[OPTION_TEXT_SIZE];   /* JSON object: keyword arguments of an environment */
    char env_wrappers[OPTION_TEXT_SIZE]; /* names of gymnasium.wrappers, with JSON objects */
};

/* The options that fill a struct game_overrides: most of them; actions is apart, because `trace`
 * uses that name for something else; and those for Atari games. */
extern const struct option game_override_options[];
extern const struct option game_action_options[];
extern const struct option game_atari_options[];

/* The game that an id names. */
struct game {
    char id[GAME_ID_SIZE]; /* as given: "Breakout-v0", "ALE/Pong-v5", "catch" */
    enum game_emulator emulator;
    char rom[48];       /* file name without ".bin" or ".nes"; empty without a ROM */
    int frame_skip_min; /* emulator frames per step, drawn uniformly from min to max */
    int frame_skip_max;
    double sticky;         /* chance that an emulator frame repeats the action before it */
    int64_t step_limit;    /* steps after which an episode is truncated; 0: none */
    int max_equal_actions; /* when training: equal actions in a row that truncate an episode; 0: off
                            */
    struct {               /* of Super Mario Bros.; see struct mario_description */
        int world;
        int stage;
        bool draws_stages;
    } mario;
    struct game_overrides overrides; /* as given */
};

/*
 * Looks up an id. overrides may be NULL: none. STATUS_BAD_INPUT: the id is unknown, and the error
 * names the nearest known one; or this kind of game does not have one of the overrides.
 */
enum status game_find(const char *id, const struct game_overrides *overrides, struct game *game,
                      struct error *error);

/*
 * Whether the id itself names the code that plays it: the path of a shared library, or a module
 * that Python imports. A user may give such an id; an id from a file must not be opened like that,
 * because then the file's maker could run code here.
 */
bool game_names_code(const struct game *game);

/*
 * Whether keyword arguments, or wrappers with theirs, are safe to take from any file: their texts
 * consist of letters, digits, '_', '-' and spaces, so that they cannot name a file or code. "" is
 * plain.
 */
bool game_arguments_are_plain(const char *arguments);

/* Writes the id that is probably meant by an unknown one; false if none is near: "Pong": "Pong-v4";
 * "CartPole-v1": "gym:CartPole-v1". */
bool game_suggest(const char *id, char out[GAME_ID_SIZE]);

/*
 * Calls visit with every id that contains pattern, or that matches all of it if it is a shell's
 * pattern ("*", "?", "[a-z]"), in order (case ignored; NULL: all).
 */
void game_list(const char *pattern, void (*visit)(const char *id, void *context), void *context);

/* The same for those whose ROM, core or Python module is there. data_dir: as in
 * game_open_emulator; NULL: none. May start Python; not in a process with threads. */
void game_list_installed(const char *pattern, const char *data_dir,
                         void (*visit)(const char *id, void *context), void *context);

/* ---- ROMs of consoles' games ----------------------------------------------------------------- */

enum { GAME_ROM_MAX_SIZE = 64 << 20 }; /* bytes */

/* Which ROMs the consoles' games of a data folder need, by their SHA-1s. */
struct game_roms;

/* Where the ROM of a game belongs. */
struct game_rom_place {
    char path[PATH_SIZE];
    bool is_there; /* it is there already */
    bool is_taken; /* another file is there */
};

/*
 * Reads the list; data_dir: as in game_open_emulator. The caller frees *roms with game_roms_free.
 * STATUS_BAD_INPUT: there are no games of consoles, and the error tells how to get them.
 */
enum status game_roms_load(const char *data_dir, struct game_roms **roms, struct error *error);
void game_roms_free(struct game_roms *roms);

/* Writes to ids the games whose ROM the bytes are, at most room; returns how many. The ids belong
 * to roms. */
int game_roms_find(const struct game_roms *roms, const void *data, size_t size, const char *ids[],
                   int room);

/* Finds the place of the ROM of a game of the list. */
enum status game_roms_place(const struct game_roms *roms, const char *id,
                            struct game_rom_place *place, struct error *error);

/* ---- Opening --------------------------------------------------------------------------------- */

/* Writes the game's name for use in names of files: the id without '/' and ':'; for a plugin the
 * name of its file without ".so". */
void game_file_name(const struct game *game, char out[GAME_ID_SIZE]);

/*
 * Opens the emulator of a game; foreign code is first tried in a child process, see emulator_probe.
 * data_dir: folder with libale_c.so and roms/; NULL or "": $ASYNCRL_DATA, otherwise the usual
 * folders, which game_find_data (games/kind.h) lists. The caller closes *emulator.
 */
enum status game_open_emulator(const struct game *game, const char *data_dir,
                               struct emulator **emulator, struct error *error);

#endif
