/*
 * The emulator contract: an action in, one frame out.
 *
 * An emulator is an object with a table of functions (struct emulator_class). It knows nothing of
 * frame skip, sticky actions, rewards or observations: those are the environment's (game/). One
 * process uses one emulator at a time; a process forked after emulator_open inherits an independent
 * copy of it.
 *
 *     struct emulator *emulator;
 *     if (emulator_open_ale(rom_path, library_path, &emulator, error) != STATUS_OK) ...
 *     emulator_reset(emulator);
 *     struct emulator_frame frame = emulator_act(emulator, action);
 *     emulator_screen_rgb(emulator, rgb);
 *     emulator_close(emulator);
 *
 * reset after seed is exact: it always leads to the same state, whatever was played before, so that
 * an episode depends on nothing but its seed and its actions. A second reset without a seed goes on
 * in the sequence of random numbers, where the emulator has any.
 */
#ifndef ASYNCRL_EMULATOR_EMULATOR_H
#define ASYNCRL_EMULATOR_EMULATOR_H

#include "base/base.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an emulator is like; fixed once it is open. */
struct emulator_info {
    int screen_width;    /* pixels */
    int screen_height;   /* pixels */
    double pixel_aspect; /* width of a pixel on the real screen, in heights of one; 0: square */
    int action_count;    /* actions are 0 .. action_count-1; 0 is "do nothing" where there is one */
    const char *const *action_names; /* action_count names, such as "NOOP" or "FIRE" */
    int fire_action;                 /* the action that fires alone, or -1 */
    size_t ram_size;                 /* bytes */
    double frames_per_second;        /* of the real machine */
    const uint8_t (*palette)[3]; /* 256 RGB entries for screen_indices, or NULL without indices */
    const uint8_t *palette_luma; /* 256 gray levels as the emulator itself defines them, or NULL */
    const uint8_t (
        *average)[256]; /* index of the blend of two indices on consecutive frames, or NULL */
    int vector_size;    /* floats that emulator_vector tells, for a game that is no picture; 0: it
                           is one */
    int detail_count;   /* what the game tells of itself beside the reward */
    const char *const *detail_names; /* detail_count names, such as "x_pos" */
};

/* What one frame answered. */
struct emulator_frame {
    double reward; /* unclipped */
    int lives;     /* left; 0 where the game has none */
    bool game_over;
    bool truncated; /* a limit of the game's own cut it: the episode is over, but bootstraps */
    bool failed;    /* the game broke down: emulator_failure says why, nothing more can be played */
};

struct emulator;

/*
 * What does not apply is NULL: seed without chance, indices without a palette, screen_before where
 * older screens are not kept, RAM, vector and
 * details where their sizes are 0, failure where nothing can break down, all three of states where
 * a game cannot be saved, no_picture where there always is one, copy where each has to be opened.
 */
struct emulator_class {
    const char *name;
    void (*seed)(struct emulator *emulator, uint64_t seed);
    void (*reset)(struct emulator *emulator, struct emulator_frame *frame);
    void (*act)(struct emulator *emulator, int action, struct emulator_frame *frame);
    void (*screen_rgb)(const struct emulator *emulator, uint8_t *rgb);
    void (*screen_indices)(const struct emulator *emulator, uint8_t *indices);
    void (*screen_before)(const struct emulator *emulator, uint8_t *indices);
    void (*ram_read)(const struct emulator *emulator, uint8_t *ram);
    void (*ram_write)(struct emulator *emulator, size_t address, uint8_t value);
    void (*vector)(const struct emulator *emulator, float *vector);
    void (*details)(const struct emulator *emulator, double *values);
    const char *(*failure)(const struct emulator *emulator);
    const char *(*no_picture)(const struct emulator *emulator);
    enum status (*copy)(const struct emulator *emulator, struct emulator **copy,
                        struct error *error);
    size_t (*state_bound)(const struct emulator *emulator, int64_t frames);
    enum status (*save_state)(struct emulator *emulator, uint8_t *state, size_t capacity,
                              size_t *used, struct error *error);
    enum status (*load_state)(struct emulator *emulator, const uint8_t *state, size_t size,
                              struct error *error);
    void (*close)(struct emulator *emulator);
};

/* The head of every emulator; implementations put it first in their own struct. */
struct emulator {
    const struct emulator_class *class;
    struct emulator_info info;
    void (*alive)(void *context); /* NULL: nobody asks for signs of life */
    void *alive_context;
};

/*
 * Opens a game of the Arcade Learning Environment through its C library.
 *
 * rom_path: an Atari 2600 ROM whose name and MD5 are among those ALE supports (checked first, for
 * ALE ends the process on a bad one). library_path: libale_c.so. Actions are the game's minimal
 * set. The caller closes *emulator. Fails with STATUS_BAD_INPUT, naming tools/install-deps where a
 * file is missing.
 */
enum status emulator_open_ale(const char *rom_path, const char *library_path,
                              struct emulator **emulator, struct error *error);

/*
 * Opens the same games on the core of our own, which answers as ALE does and needs no library.
 * Saved states are its own: neither reads the other's.
 */
enum status emulator_open_atari(const char *rom_path, struct emulator **emulator,
                                struct error *error);

/*
 * The names of the Atari games that emulator_open_ale plays, in alphabetical order: the ROM's file
 * name without ".bin". NULL when index is past the last.
 */
const char *emulator_ale_rom(int index);

/*
 * Opens bsuite's catch (Osband et al., arXiv 1908.03568): 10 rows, 5 columns, actions left, stay,
 * right; the ball falls one row a frame from a random column of the top row; +1 when the paddle
 * meets it, else -1.
 *
 * The column is drawn from the emulator's own generator, part of its saved state; see
 * emulator_seed.
 */
enum status emulator_open_catch(struct emulator **emulator, struct error *error);

/* Sets of actions, as gym-super-mario-bros names them, without "only" and "movement". */
enum mario_actions { MARIO_ACTIONS_RIGHT, MARIO_ACTIONS_SIMPLE, MARIO_ACTIONS_COMPLEX };

struct mario_description {
    const char *core_path; /* a libretro core of the NES; "": our own */
    const char *rom_path;
    enum mario_actions actions;
    int world; /* 1 to 8, with stage 1 to 4: that stage, one life; 0, 0: the whole game */
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
    const char
        *actions; /* "" or "discrete": all combos of buttons that are allowed, as stable-retro's
                     Actions.DISCRETE; or a list such as "NOOP,LEFT,RIGHT,LEFT+B" */
};

/*
 * Opens a game of stable-retro: one frame an action, rewards and ends by the rules of its
 * scenario.json, which see the variables of its data.json; details are these variables. A reset
 * goes to the start state that metadata.json names, or to power-on. The caller closes *emulator.
 * STATUS_BAD_INPUT: a missing or wrong ROM (which is named where another game beside this one is
 * of it), a file that is damaged, rules in a Lua script, a core that refuses the game.
 */
enum status emulator_open_retro(const struct retro_description *description,
                                struct emulator **emulator, struct error *error);

struct gymnasium_description {
    const char *module;    /* imported first, for it registers the environment; "": none */
    const char *id;        /* "CartPole-v1" */
    double answer_seconds; /* that it may be without a sign of life; 0: 40 */
};

/*
 * Opens an environment of Gymnasium, which plays in a Python process of its own: $ASYNCRL_PYTHON,
 * or python3. That is started by the first reset in the process that plays, and never outlives it;
 * an emulator that a fork inherits starts another.
 *
 * Actions are those of a Discrete space. Observations are vectors, where the space is a Box of
 * floats, else pictures: a Box of uint8 of (height, width) or (height, width, 3). Of a vector's
 * game the screen is what it renders as rgb_array, as large as after a first reset; black where it
 * cannot. It has no saved states. What Python raises is a failure, told by emulator_failure in one
 * line; after one, a reset starts a new process.
 *
 * The caller closes *emulator. STATUS_BAD_INPUT where Python, gymnasium, the module or the
 * environment is missing, or its spaces are others.
 */
enum status emulator_open_gymnasium(const struct gymnasium_description *description,
                                    struct emulator **emulator, struct error *error);

/*
 * Opens a game that somebody has built against include/asyncrl/emulator.h. path: of a shared
 * library; relative to the working folder, also without a '/'. The caller closes *emulator. A file
 * that is missing or no plugin, one built for another version of the interface, and one that says
 * impossible things of itself is STATUS_BAD_INPUT. It is foreign code that runs in this process:
 * see emulator_probe.
 */
enum status emulator_open_plugin(const char *path, struct emulator **emulator, struct error *error);

typedef enum status emulator_opener(void *context, struct emulator **emulator, struct error *error);

/*
 * Opens an emulator of foreign code in a child process first, and plays and saves a frame there: a
 * game that crashes or hangs as it opens does so where it does no harm. open(context, ...): how it
 * is opened; what: what messages call it; seconds: how long all of it may take, but for time that
 * it waits for a processor.
 *
 * STATUS_OK where opening it here can be expected to go well; else STATUS_BAD_INPUT that says what
 * happened, or what open said. Forks: call it from a process of one thread.
 */
enum status emulator_probe(const char *what, emulator_opener *open, void *context, double seconds,
                           struct error *error);

/*
 * Asks for signs of life: alive(context) is called in this process during every reset and act, and
 * about once a second while a call takes long but is not stuck: a saved state is replayed, or an
 * environment still has time to answer.
 */
void emulator_watch(struct emulator *emulator, void (*alive)(void *context), void *context);

/* For implementations: gives a sign of life to whoever asked for it. */
static inline void emulator_alive(const struct emulator *emulator) {
    if (emulator->alive)
        emulator->alive(emulator->alive_context);
}

/* Tells the emulator which random numbers to use from now on; emulators without chance ignore it.
 */
void emulator_seed(struct emulator *emulator, uint64_t seed);

/*
 * Makes another emulator of the same game, closed, like it, by the caller. Quick where opening one
 * takes a process of its own; false where there is no such way: open another one.
 */
bool emulator_can_copy(const struct emulator *emulator);
enum status emulator_copy(const struct emulator *emulator, struct emulator **copy,
                          struct error *error);

/* Starts a new game. */
struct emulator_frame emulator_reset(struct emulator *emulator);

/* Plays one frame; action in 0 .. info.action_count-1. After game over: reset first. */
struct emulator_frame emulator_act(struct emulator *emulator, int action);

/* rgb: (height, width, 3), written; black where there is no picture. */
void emulator_screen_rgb(const struct emulator *emulator, uint8_t *rgb);

/* Why there is no picture, in one line: of an open game at all, or of what was asked for last; NULL
 * where there is one. The emulator owns the text. */
const char *emulator_no_picture(const struct emulator *emulator);

/* indices: (height, width), written; only where info.palette is not NULL. */
void emulator_screen_indices(const struct emulator *emulator, uint8_t *indices);

/*
 * Whether the screen of the frame before the newest is kept, too, so that who needs both need not
 * look at every frame; and its indices: (height, width), written. Not right after a reset or a
 * load.
 */
bool emulator_keeps_screen_before(const struct emulator *emulator);
void emulator_screen_before(const struct emulator *emulator, uint8_t *indices);

/* ram: info.ram_size bytes, written; only where that is not 0, as emulator_ram_write. */
void emulator_ram_read(const struct emulator *emulator, uint8_t *ram);
void emulator_ram_write(struct emulator *emulator, size_t address, uint8_t value);

/* vector: info.vector_size floats, written: what an agent sees of a game that is no picture. Each
 * is finite and within EMULATOR_VECTOR_LIMIT; a frame with another one has failed. */
#define EMULATOR_VECTOR_LIMIT 1e6F
void emulator_vector(const struct emulator *emulator, float *vector);

/* values: info.detail_count numbers, written: as of the newest frame. */
void emulator_details(const struct emulator *emulator, double *values);

/* Why a frame failed, in one line; NULL where none has. The emulator owns the text. */
const char *emulator_failure(const struct emulator *emulator);

/* Whether the three functions below may be called: some games have no states to save. */
bool emulator_can_save(const struct emulator *emulator);

/* Bytes that no state goes beyond up to that many frames after a reset; fixed for a game. */
size_t emulator_state_bound(const struct emulator *emulator, int64_t frames);

/* Writes everything that play from here depends on, and to *used how many of the capacity bytes
 * that takes. Not before the first reset, nor after ram_write. */
enum status emulator_save_state(struct emulator *emulator, uint8_t *state, size_t capacity,
                                size_t *used, struct error *error);

/*
 * Goes back to a saved state of the same game. With ALE that means to play it again, which takes as
 * long as it took (some 0.1 ms a frame). Damaged data, or a state of another game, is
 * STATUS_BAD_INPUT and changes nothing; after STATUS_FAILED, reset before playing on.
 */
enum status emulator_load_state(struct emulator *emulator, const uint8_t *state, size_t size,
                                struct error *error);

void emulator_close(struct emulator *emulator);

#endif
