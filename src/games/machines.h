/*
 * The list of machines that games run on, and their opening. A machine is a folder of this room: an
 * emulator, and the ids of its games as a struct game_kind (games/kind.h).
 */
#ifndef ASYNCRL_GAMES_MACHINES_H
#define ASYNCRL_GAMES_MACHINES_H

#include "games/emulator.h"

/* MACHINE(GAME_name, name of its struct game_kind), in the order in which ids are looked up. */
#define MACHINES(MACHINE)                                                                          \
    MACHINE(ALE, ale)                                                                              \
    MACHINE(CATCH, catch)                                                                          \
    MACHINE(MARIO, mario)                                                                          \
    MACHINE(GYMNASIUM, gymnasium)                                                                  \
    MACHINE(RETRO, retro)                                                                          \
    MACHINE(PLUGIN, plugin)

#define MACHINE_NUMBER(name, kind) GAME_##name,
enum game_emulator { MACHINES(MACHINE_NUMBER) };
#undef MACHINE_NUMBER

/* A user's choices for an Atari game. */
struct atari_choice {
    bool full_action_space; /* all 18 actions in ALE's order; false: the game's minimal set */
    const char *mode;       /* a number, as Gymnasium lists them; NULL or "": ALE's default */
    const char *difficulty; /* the same */
};

/*
 * Opens a game of the Arcade Learning Environment through its C library.
 *
 * rom_path: an Atari 2600 ROM whose name and MD5 are among those ALE supports (checked first,
 * because ALE ends the process on a bad one). library_path: libale_c.so. choice: NULL stands for
 * zeros. The caller closes *emulator. Fails with STATUS_BAD_INPUT, which names tools/install-deps
 * if a file is missing.
 */
enum status emulator_open_ale(const char *rom_path, const char *library_path,
                              const struct atari_choice *choice, struct emulator **emulator,
                              struct error *error);

/*
 * Opens the same games on our own core, which answers as ALE does and needs no library. Neither
 * reads the other's saved states.
 */
enum status emulator_open_atari(const char *rom_path, const struct atari_choice *choice,
                                struct emulator **emulator, struct error *error);

/*
 * The names of the Atari games that emulator_open_ale plays, in alphabetical order: the ROM's file
 * name without ".bin". NULL when index is past the last.
 */
const char *emulator_ale_rom(int index);

/*
 * Opens bsuite's catch (Osband et al., arXiv 1908.03568): 10 rows, 5 columns, actions left, stay,
 * right; the ball falls one row per frame from a random column of the top row; +1 when the paddle
 * meets it, otherwise -1.
 *
 * The column is drawn from the emulator's own generator, part of its saved state; see
 * emulator_seed.
 */
enum status emulator_open_catch(struct emulator **emulator, struct error *error);

struct mario_description {
    const char *core_path; /* a libretro core of the NES; "": our own */
    const char *rom_path;
    const char *actions; /* a set or a list, as buttons_settle writes it; "": simple */
    int world;           /* 1 to 8, with stage 1 to 4: that stage, one life; 0, 0: the whole game */
    int stage;
    bool draws_stages; /* one life in a stage drawn at each reset; world and stage do not matter */
};

/*
 * Opens Super Mario Bros., or The Lost Levels, as gym-super-mario-bros 7.4.0 has them: start screen
 * and scenes without the player are skipped, the reward of a frame is the way to the right in
 * pixels, less 1 when the clock ticks, less 25 for death, within -15 to 15. docs/environments.md
 * has the details. A frame is a step of nes-py, on which that runs.
 *
 * The caller closes *emulator. A core or ROM that is missing or does not fit is STATUS_BAD_INPUT.
 */
enum status emulator_open_mario(const struct mario_description *description,
                                struct emulator **emulator, struct error *error);

/* A game as stable-retro integrates it. */
struct retro_description {
    const char *folder; /* of the game: data.json, scenario.json, metadata.json, rom.sha, *.state */
    const char *cores;  /* folder of the cores and of the JSON files that describe their consoles */
    const char *system; /* the console: "Genesis" */
    const char *rom;    /* a file; "": rom.EXT in the game's folder */
    const char *core;   /* a file; "": the console's own in cores */
    const char *state;  /* a start state of the folder; "": the one that metadata.json names;
                           "none": power-on */
    const char *actions; /* "" or "discrete": all combos of buttons that are allowed, as
                            stable-retro's Actions.DISCRETE; or as buttons_settle writes it */
};

/*
 * Opens a game of stable-retro: one frame per action, rewards and ends by the rules of its
 * scenario.json, which use the variables of its data.json; details are these variables. A reset
 * goes to the start state. The caller closes *emulator. STATUS_BAD_INPUT: a missing or wrong ROM
 * (named if it is that of another game beside this one), a missing start state (the error lists
 * those of the game), a file that is damaged, a Lua script that fails, a core that refuses the
 * game.
 */
enum status emulator_open_retro(const struct retro_description *description,
                                struct emulator **emulator, struct error *error);

struct gymnasium_description {
    const char *module;    /* imported first, because it registers the environment; "": none */
    const char *id;        /* "CartPole-v1" */
    const char *kwargs;    /* its keyword arguments, a JSON object; "": none */
    const char *wrappers;  /* around it: names of gymnasium.wrappers with arguments; "": none */
    double answer_seconds; /* the longest silence that is allowed; 0: 40 */
    double start_seconds;  /* the same while it starts or is reset; 0: as answer_seconds */
    int per_process;       /* copies that share a Python process at most; 0: all */
};

/*
 * Opens an environment of Gymnasium, which plays in a Python process: $ASYNCRL_PYTHON, or python3.
 * The first reset in the process that plays starts it, and it never outlives that process; an
 * emulator that a fork inherits starts another. Copies that are made before that share it. If one
 * of them fails, the process ends, and the others fail, too.
 *
 * Actions are those of a Discrete space, or the combinations of a small MultiDiscrete or
 * MultiBinary one. Observations are pictures if the space is a Box of uint8 of (height, width),
 * (height, width, 1 or 3) or (1 or 3, height, width), otherwise vectors: other Boxes, one-hots of
 * Discrete, and Dict and Tuple of these, flattened. docs/environments.md has more. The screen of a
 * vector's game is its rendering as rgb_array, as large as after a first reset; black if it cannot
 * draw. It has no saved states. An exception in Python is a failure, which emulator_failure tells
 * in one line; after one, a reset starts a new process.
 *
 * The caller closes *emulator. STATUS_BAD_INPUT: Python, gymnasium, the module or the environment
 * is missing, or has other spaces.
 */
enum status emulator_open_gymnasium(const struct gymnasium_description *description,
                                    struct emulator **emulator, struct error *error);

/*
 * Opens a game that was built against include/asyncrl/emulator.h. path: of a shared library;
 * relative to the working folder, also without a '/'. The caller closes *emulator.
 * STATUS_BAD_INPUT: the file is missing or not a plugin, was built for another version of the
 * interface, or describes an impossible game. It is foreign code that runs in this process: see
 * emulator_probe.
 */
enum status emulator_open_plugin(const char *path, struct emulator **emulator, struct error *error);

#endif
