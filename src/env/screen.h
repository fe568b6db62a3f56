/*
 * From a whole screen to one 84x84 channel of an observation: classic_resizer.c and area_resizer.c.
 *
 * A resizer holds the filters for the screen's size and every row of the last screen, resized
 * across; it belongs to one thread. Most of a screen does not change in a step, so the caller says
 * which patches changed, and the resizer computes only those pixels that depend on them.
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

/* Sets the colours that indices stand for from now on. */
void classic_resizer_use_palette(struct classic_resizer *resizer, const uint8_t (*palette)[3]);

/*
 * Turns out, (84, 84), from the observation of the resizer's last screen into that of this one.
 * indices: (height, width), rgb: (height, width, 3). patches: (count), rows ascending, cover all
 * differences from the last screen; for the first screen they cover every row.
 */
void classic_update_indices(struct classic_resizer *resizer, uint8_t *out, const uint8_t *indices,
                            const struct patch *patches, size_t count);
void classic_update_rgb(struct classic_resizer *resizer, uint8_t *out, const uint8_t *rgb,
                        const struct patch *patches, size_t count);

/* The same for a whole screen, independent of the last one. */
void classic_resize_rgb(struct classic_resizer *resizer, uint8_t *out, const uint8_t *rgb);

/* As classic_update_indices, from gray: (height, width). */
void area_update(struct area_resizer *resizer, uint8_t *out, const uint8_t *gray,
                 const struct patch *patches, size_t count);

#endif
