/*
 * Readings of the RAM of Super Mario Bros. and The Lost Levels. Pure functions on its 2048 bytes.
 *
 * Addresses: gym-super-mario-bros 7.4.0, and the RAM map at datacrystal.tcrf.net.
 */
#ifndef ASYNCRL_GAMES_MARIO_RAM_H
#define ASYNCRL_GAMES_MARIO_RAM_H

#include <stdbool.h>
#include <stdint.h>

enum { MARIO_RAM_SIZE = 0x800 };

/* Addresses that are also written to. */
enum mario_address {
    MARIO_PLAYER_STATE = 0x000e,
    MARIO_CHANGE_AREA_TIMER = 0x06de,
    MARIO_LIVES = 0x075a, /* beside the present one; MARIO_NO_LIVES: the game is over */
    MARIO_STAGE = 0x075c, /* from 0 */
    MARIO_WORLD = 0x075f, /* from 0 */
    MARIO_AREA = 0x0760,
    MARIO_PRELEVEL_TIMER = 0x07a0,
};

enum { MARIO_NO_LIVES = 0xff, MARIO_STATE_DEAD = 0x06 };

enum mario_detail {
    MARIO_DETAIL_X_POS,
    MARIO_DETAIL_Y_POS,
    MARIO_DETAIL_TIME,
    MARIO_DETAIL_LIFE,
    MARIO_DETAIL_FLAG_GET,
    MARIO_DETAIL_COINS,
    MARIO_DETAIL_SCORE,
    MARIO_DETAIL_STATUS,
    MARIO_DETAIL_WORLD,
    MARIO_DETAIL_STAGE,
    MARIO_DETAIL_COUNT,
};

/* As in the info of gym-super-mario-bros; by enum mario_detail. */
extern const char *const mario_detail_names[MARIO_DETAIL_COUNT];

/* Writes all details of the present frame. */
void mario_read_details(const uint8_t *ram, double details[MARIO_DETAIL_COUNT]);

/* The clock of the stage, which counts down; 0 before a stage has begun. */
int mario_clock(const uint8_t *ram);

/* The player's distance from the stage's left end, in pixels. */
int mario_x_position(const uint8_t *ram);

bool mario_is_dying(const uint8_t *ram);
bool mario_is_dead(const uint8_t *ram);

/* Climbing, in a pipe, walking by itself, or entering: the player has no control. */
bool mario_is_busy(const uint8_t *ram);

bool mario_is_world_over(const uint8_t *ram);

/* The stage or the world is won. */
bool mario_has_flag(const uint8_t *ram);

#endif
