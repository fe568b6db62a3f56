/*
 * From a whole screen to one 84x84 channel of an observation.
 *
 * A resizer holds what depends on the screen's size alone, and scratch memory; it belongs to one
 * thread. Both work in two passes, rows first. A row that equals the one above it is resized once:
 * Atari screens are mostly such rows.
 */
#ifndef ASYNCRL_GAME_SCREEN_H
#define ASYNCRL_GAME_SCREEN_H

#include "game/game.h"

#include <stdint.h>

struct seed_resizer;
struct area_resizer;

/* NULL on failure. height, width: 1..SCREEN_MAX_SIZE. The caller frees with free(). */
struct seed_resizer *seed_resizer_create(int height, int width, struct error *error);
struct area_resizer *area_resizer_create(int height, int width, struct error *error);

/* The observation's u8 for one screen. out: (84, 84); indices: (height, width) into palette. */
void seed_resize_indices(struct seed_resizer *resizer, uint8_t *out, const uint8_t *indices,
                         const uint8_t (*palette)[3]);

/* The same from RGB. out: (84, 84); rgb: (height, width, 3). */
void seed_resize_rgb(struct seed_resizer *resizer, uint8_t *out, const uint8_t *rgb);

/* out: (84, 84); gray: (height, width). */
void area_resize(struct area_resizer *resizer, uint8_t *out, const uint8_t *gray);

#endif
