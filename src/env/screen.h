/*
 * From a whole screen to one 84x84 channel of an observation.
 *
 * A resizer holds what depends on the screen's size, and every row of the last screen resized
 * across; it belongs to one thread. Most of a screen is as it was a step before, so a resizer is
 * told which patches of it changed, and makes only what depends on them.
 */
#ifndef ASYNCRL_ENV_SCREEN_H
#define ASYNCRL_ENV_SCREEN_H

#include "env/env.h"

#include <stdint.h>

struct classic_resizer;
struct area_resizer;

/* Pixels begin to end - 1 of a row. */
struct patch {
    int row;
    int begin;
    int end;
};

/* NULL on failure. height, width: 1..SCREEN_MAX_SIZE. The caller frees with free(). */
struct classic_resizer *classic_resizer_create(int height, int width, struct error *error);
struct area_resizer *area_resizer_create(int height, int width, struct error *error);

/* What indices stand for from now on. */
void classic_resizer_use_palette(struct classic_resizer *resizer, const uint8_t (*palette)[3]);

/*
 * Makes out, (84, 84), the observation's u8 of a screen. indices: (height, width), rgb: (height,
 * width, 3). patches: (count), rows ascending, hold all that differs from the resizer's last
 * screen, for which out was written; at first they hold all of every row.
 */
void classic_update_indices(struct classic_resizer *resizer, uint8_t *out, const uint8_t *indices,
                            const struct patch *patches, size_t count);
void classic_update_rgb(struct classic_resizer *resizer, uint8_t *out, const uint8_t *rgb,
                        const struct patch *patches, size_t count);

/* The same for all of a screen, whatever the last one was. */
void classic_resize_rgb(struct classic_resizer *resizer, uint8_t *out, const uint8_t *rgb);

/* As classic_update_indices, from gray: (height, width). */
void area_update(struct area_resizer *resizer, uint8_t *out, const uint8_t *gray,
                 const struct patch *patches, size_t count);

#endif
