/*
 * The emulator contract: an action in, one frame out.
 *
 * An emulator is an object with a table of functions (struct emulator_class). It knows nothing of
 * frame skip, sticky actions, rewards or observations: those are the environment's (env/). One
 * process uses one emulator at a time; a process forked after emulator_open inherits an independent
 * copy of it.
 *
 *     struct emulator *emulator;
 *     if (emulator_open_ale(rom_path, library_path, NULL, &emulator, error) != STATUS_OK) ...
 *     emulator_reset(emulator);
 *     struct emulator_frame frame = emulator_act(emulator, action);
 *     emulator_screen_rgb(emulator, rgb);
 *     emulator_close(emulator);
 *
 * reset after seed is exact: it always leads to the same state, whatever was played before, so that
 * an episode depends on nothing but its seed and its actions. A second reset without a seed
 * continues the sequence of random numbers, if the emulator has any.
 */
#ifndef ASYNCRL_GAMES_EMULATOR_H
#define ASYNCRL_GAMES_EMULATOR_H

#include "base/base.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An emulator's description, fixed once it is open. */
struct emulator_info {
    int screen_width;    /* pixels */
    int screen_height;   /* pixels */
    double pixel_aspect; /* width of a pixel on the real screen, in heights of one; 0: square */
    int action_count; /* actions are 0 .. action_count-1; 0 is "do nothing", if the game has that */
    int action_size;  /* numbers of a continuous action; the game then has no numbered ones, and
                         action_count is 0. 0: actions are numbered */
    struct action_parts parts; /* of numbered actions, if a game asks for several choices at once */
    const char *const *action_names; /* action_count names, such as "NOOP" or "FIRE"; NULL: there
                                        are too many to name */
    int fire_action;                 /* the action that fires alone, or -1 */
    size_t ram_size;                 /* bytes */
    double frames_per_second;        /* of the real machine */
    const uint8_t (*palette)[3]; /* 256 RGB entries for screen_indices, or NULL without indices */
    const uint8_t *palette_luma; /* 256 gray levels, if the emulator itself defines them, or NULL */
    const uint8_t (
        *average)[256]; /* index of the blend of two indices on consecutive frames, or NULL */
    int vector_size;    /* floats of emulator_vector; 0: the game shows pictures */
    int detail_count;   /* numbers that the game tells beside the reward */
    const char *const *detail_names; /* detail_count names, such as "x_pos" */
};

/* The result of one frame. */
struct emulator_frame {
    double reward; /* unclipped */
    int lives;     /* left; 0 if the game has none */
    bool game_over;
    bool truncated; /* a limit of the game itself cut it: the episode is over, but bootstraps */
    bool failed;    /* the game broke down: emulator_failure says why, nothing more can be played */
};

struct emulator;

/*
 * Functions that do not apply are NULL: begin if no other process plays, steer if actions are
 * numbered, seed without chance, indices without a palette, screens if it keeps none, RAM, vector
 * and details if their sizes are 0, failure if nothing can break down, all three of states if a
 * game cannot be saved, no_picture if there always is one, copy if each has to be opened.
 */
struct emulator_class {
    const char *name;
    void (*seed)(struct emulator *emulator, uint64_t seed);
    void (*reset)(struct emulator *emulator, struct emulator_frame *frame);
    void (*begin)(struct emulator *emulator, int action, const float *numbers);
    void (*act)(struct emulator *emulator, int action, struct emulator_frame *frame);
    void (*steer)(struct emulator *emulator, const float *action, struct emulator_frame *frame);
    void (*screen_rgb)(const struct emulator *emulator, uint8_t *rgb);
    void (*screen_indices)(const struct emulator *emulator, uint8_t *indices);
    void (*screens)(const struct emulator *emulator, const uint8_t *indices[2]);
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
    void (*alive)(void *context); /* NULL: signs of life are not wanted */
    void *alive_context;
};

typedef enum status emulator_opener(void *context, struct emulator **emulator, struct error *error);

/*
 * Opens an emulator of foreign code in a child process first, and plays and saves a frame there: a
 * game that crashes or hangs as it opens then does no harm. open(context, ...): opens it; what: its
 * name in messages; seconds: how long all of it may take, without the time that it waits for a
 * processor.
 *
 * STATUS_OK: opening it here should go well. STATUS_BAD_INPUT: the child crashed or hung, or open
 * failed. Forks: call it from a process of one thread.
 */
enum status emulator_probe(const char *what, emulator_opener *open, void *context, double seconds,
                           struct error *error);

/*
 * Asks for signs of life: alive(context) is called in this process during every reset and act, and
 * about once a second while a call takes long but is not stuck: a saved state is replayed, or an
 * environment still has time to answer.
 */
void emulator_watch(struct emulator *emulator, void (*alive)(void *context), void *context);

/* For implementations: gives a sign of life to the watcher of emulator_watch. */
static inline void emulator_alive(const struct emulator *emulator) {
    if (emulator->alive)
        emulator->alive(emulator->alive_context);
}

/* Seeds the emulator's random numbers; emulators without chance ignore it. */
void emulator_seed(struct emulator *emulator, uint64_t seed);

/*
 * Makes another emulator of the same game; the caller closes both. Faster than opening one, for
 * games that need a process to open. emulator_can_copy is false if that is impossible: open another
 * one.
 */
bool emulator_can_copy(const struct emulator *emulator);
enum status emulator_copy(const struct emulator *emulator, struct emulator **copy,
                          struct error *error);

/* Starts a new game. */
struct emulator_frame emulator_reset(struct emulator *emulator);

/* Plays one frame; action in 0 .. info.action_count-1. After game over: reset first. */
struct emulator_frame emulator_act(struct emulator *emulator, int action);

/* The same with a continuous action: info.action_size finite floats. The game clips those that
 * exceed its bounds. */
struct emulator_frame emulator_steer(struct emulator *emulator, const float *action);

/*
 * Announces the frame that the next emulator_act will play, or emulator_steer if numbers is not
 * NULL, with the same action. A game that another process plays begins it with those of other
 * emulators; others do nothing.
 */
void emulator_begin(struct emulator *emulator, int action, const float *numbers);

/* STATUS_BAD_INPUT if actions are continuous. user: what needs numbered ones; advice:
 * what to do. */
enum status emulator_check_numbered(const struct emulator_info *info, const char *user,
                                    const char *advice, struct error *error);

/* rgb: (height, width, 3), written; black if there is no picture. */
void emulator_screen_rgb(const struct emulator *emulator, uint8_t *rgb);

/* Why there is no picture, in one line: the game never has one, or its last one failed. NULL if
 * there is one. The emulator owns the text. */
const char *emulator_no_picture(const struct emulator *emulator);

/* indices: (height, width), written; only if info.palette is not NULL. */
void emulator_screen_indices(const struct emulator *emulator, uint8_t *indices);

/*
 * Whether the emulator keeps the screens of the newest frame and the one before, so that a caller
 * that needs both need not read every frame; and their indices, the newest first: (height, width)
 * each, the emulator's until it plays, resets or loads. Not right after a reset or a load.
 */
bool emulator_keeps_screens(const struct emulator *emulator);
void emulator_screens(const struct emulator *emulator, const uint8_t *indices[2]);

/* ram: info.ram_size bytes, written; only if that is not 0, as for emulator_ram_write. */
void emulator_ram_read(const struct emulator *emulator, uint8_t *ram);
void emulator_ram_write(struct emulator *emulator, size_t address, uint8_t value);

/* vector: info.vector_size floats, written: an agent's observation of a game without pictures. Each
 * is finite and within EMULATOR_VECTOR_LIMIT; a frame with another one has failed. */
#define EMULATOR_VECTOR_LIMIT 1e6F
void emulator_vector(const struct emulator *emulator, float *vector);

/* values: info.detail_count numbers, written: as of the newest frame. */
void emulator_details(const struct emulator *emulator, double *values);

/* Why a frame failed, in one line; NULL if none has. The emulator owns the text. */
const char *emulator_failure(const struct emulator *emulator);

/* Whether the three functions below may be called: some games have no states to save. */
bool emulator_can_save(const struct emulator *emulator);

/* The most bytes of a state within this number of frames after a reset; fixed for a game. */
size_t emulator_state_bound(const struct emulator *emulator, int64_t frames);

/* Writes everything on which further play depends, and to *used the number of bytes, at most
 * capacity. Not before the first reset, nor after ram_write. */
enum status emulator_save_state(struct emulator *emulator, uint8_t *state, size_t capacity,
                                size_t *used, struct error *error);

/*
 * Goes back to a saved state of the same game. ALE plays the game again for that, which takes some
 * 0.1 ms per frame. Damaged data, or a state of another game, is STATUS_BAD_INPUT and changes
 * nothing; after STATUS_FAILED, reset before playing on.
 */
enum status emulator_load_state(struct emulator *emulator, const uint8_t *state, size_t size,
                                struct error *error);

void emulator_close(struct emulator *emulator);

#endif
