/*
 * Your own game for asyncrl, in C or C++: this header is all that you need.
 *
 * A game is a shared library with one function, asyncrl_emulator. It returns a table that describes
 * the game and has the functions that play it:
 *
 *     #include <asyncrl/emulator.h>
 *
 *     struct pong { int ball_x, ball_y, ... };
 *
 *     static void pong_act(void *game, int action, struct asyncrl_frame *frame) {
 *         struct pong *pong = game;
 *         ...
 *         frame->reward = 1;
 *     }
 *     ...
 *     static const struct asyncrl_emulator pong = {
 *         .abi_version = ASYNCRL_EMULATOR_ABI, .name = "pong", .screen_width = 84, ... };
 *
 *     ASYNCRL_EXPORT const struct asyncrl_emulator *asyncrl_emulator(void) { return &pong; }
 *
 *     cc -shared -fPIC -O2 -I include pong.c -o pong.so
 *     asyncrl train a3c --game=./pong.so
 *     asyncrl play --model=runs/.../model-pong-1000000.h5
 *
 * examples/dodge.c is a whole game; docs/own-game.md has the rest.
 *
 * The program does the rest: many games at once, frame skip (--frame_skip), resizing to 84x84,
 * stacking, clipping of rewards, limits. The game plays one frame at a time and draws it.
 *
 * The rules for a game:
 *
 * - All state of play lies in the object that open returned. The program opens several games in one
 * process, then forks: global variables would be shared, threads would be lost, and what goes
 * through an open file or socket would be mixed up.
 * - All chance comes from the seed given to reset. The same seed and the same actions give the same
 * rewards and pictures; --deterministic and --resume depend on it.
 * - One thread calls all functions of a game, one at a time.
 * - Each function returns soon: the program ends a game that takes longer than 20 s to open, and
 * replaces a process whose game is silent for 60 s. One that crashes is replaced, too.
 */
#ifndef ASYNCRL_PLUGIN_EMULATOR_H
#define ASYNCRL_PLUGIN_EMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header. The program refuses a game that was built with another one: build it
 * again. */
#define ASYNCRL_EMULATOR_ABI 1

/* The result of one frame. It is all zeros when the game gets it; write the other values. */
struct asyncrl_frame {
    double reward;       /* of this frame; it must be a finite number */
    int lives;           /* left; 0 if the game has none */
    bool game_over;      /* the game ended by its own rules */
    bool truncated;      /* a time limit cut it: learning assumes that it would have gone on */
    const char *failure; /* why the game cannot go on, in one line; NULL: it can */
};

struct asyncrl_emulator {
    /* These two stay where they are in every version. */
    uint32_t abi_version; /* ASYNCRL_EMULATOR_ABI */
    const char *name;     /* the game's name in messages: "dodge" */

    /* ---- Description; must not change -------------------------------------------------------- */

    int screen_width;                /* pixels, 1 to 1024 */
    int screen_height;               /* pixels, 1 to 1024 */
    int action_count;                /* 1 to 4096; actions are 0 .. action_count-1 */
    const char *const *action_names; /* (action_count); "NOOP" is one that does nothing, if any */
    double frames_per_second;        /* the game's own speed, above 0 */
    size_t state_size;               /* bytes of a saved state; 0: games cannot be saved */
    size_t ram_size;                 /* bytes of ram; 0: none */

    /* ---- Functions --------------------------------------------------------------------------- */

    /* Makes a game; NULL on failure. The next call is reset. */
    void *(*open)(void);

    /* Starts a new game at any time, with all its chance from seed. */
    void (*reset)(void *game, uint64_t seed, struct asyncrl_frame *frame);

    /* Plays one frame. After game_over or truncated the next call is reset. */
    void (*act)(void *game, int action, struct asyncrl_frame *frame);

    /* Draws the newest frame: (screen_height, screen_width, 3) bytes of red, green, blue. It may be
     * called any number of times for a frame, or not at all. */
    void (*screen_rgb)(const void *game, uint8_t *rgb);

    /*
     * Saved states, for checkpoints and exact --resume: both are NULL if state_size is 0. state:
     * state_size bytes, all that play and pictures depend on from here, free of pointers.
     * load_state returns false, and changes nothing, for bytes that cannot be a state. Both may
     * come at any time after the first reset.
     */
    void (*save_state)(const void *game, void *state);
    bool (*load_state)(void *game, const void *state);

    /* The machine's memory in place, ram_size bytes, for games that are emulators themselves; NULL
     * if that is 0. */
    uint8_t *(*ram)(void *game);

    void (*close)(void *game);
};

/* Exports the function below from the library, also with -fvisibility=hidden. */
#define ASYNCRL_EXPORT __attribute__((visibility("default")))

/* The function that your library exports. The table lives as long as the library is loaded. */
ASYNCRL_EXPORT const struct asyncrl_emulator *asyncrl_emulator(void);

#ifdef __cplusplus
}
#endif

#endif
