/* The part of the screen that a stable-retro game shows. Pure functions. */
#ifndef ASYNCRL_GAMES_RETRO_CROP_H
#define ASYNCRL_GAMES_RETRO_CROP_H

#include <stdint.h>

/* In pixels. */
struct retro_crop {
    int x, y, width, height; /* width or height 0: up to the screen's edge */
};

/* Fits the part to a screen of this size: its width and height are then set. The whole screen if
 * the part would begin outside of it. */
struct retro_crop retro_crop_fit(const struct retro_crop *crop, int width, int height);

/* Copies a fitted part of the screen, (height, screen_width, 3), to rgb: (crop->height,
 * crop->width, 3). */
void retro_crop_copy(const struct retro_crop *crop, const uint8_t *screen, int screen_width,
                     uint8_t *rgb);

#endif
