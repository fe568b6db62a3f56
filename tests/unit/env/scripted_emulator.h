/*
 * An emulator for tests: it follows a script and records the calls.
 *
 * The screen is 84x84, all of one palette index, so that resizing changes nothing.
 */
#ifndef ASYNCRL_TESTS_SCRIPTED_EMULATOR_H
#define ASYNCRL_TESTS_SCRIPTED_EMULATOR_H

#include "games/emulator.h"

enum { SCRIPT_NOOP, SCRIPT_FIRE, SCRIPT_RIGHT, SCRIPT_ACTIONS, SCRIPT_LOG_SIZE = 1 << 16 };

/* Belongs to the test; the emulator points to it and lives no longer than it. */
struct script {
    /* settings */
    double reward;             /* of every frame */
    int game_length;           /* frames until the game is over; 0: never */
    int life_length;           /* frames until a life is lost; 0: never */
    int lives;                 /* at the start */
    const uint8_t *brightness; /* index shown after reset, then after each frame; NULL: all 0 */
    const double *x; /* the detail x_pos after reset, then after each frame; NULL: no details */
    int flag_frame;  /* the detail flag_get is 1 from here on; 0: never */
    int stage_frame; /* the detail stage is 1 before this and 2 from here on; 0: always 1 */
    /* records */
    int actions[SCRIPT_LOG_SIZE]; /* of the frames since the script began, -1 for a reset */
    int count;
    int resets;
    int closed;
    uint64_t seed;
};

/* An emulator with palette, luma and an average table of its own: the mean of the two indices. */
struct emulator *scripted_emulator(struct script *script);

#endif
