#include "games/retro/crop.h"

#include <stddef.h>
#include <string.h>

struct retro_crop retro_crop_fit(const struct retro_crop *crop, int width, int height) {
    struct retro_crop fitted = *crop;
    if (fitted.x >= width || fitted.y >= height)
        fitted = (struct retro_crop){0};
    if (fitted.width == 0 || fitted.x + fitted.width > width)
        fitted.width = width - fitted.x;
    if (fitted.height == 0 || fitted.y + fitted.height > height)
        fitted.height = height - fitted.y;
    return fitted;
}

void retro_crop_copy(const struct retro_crop *crop, const uint8_t *screen, int screen_width,
                     uint8_t *rgb) {
    const size_t row_bytes = (size_t)3 * (size_t)crop->width;
    for (int row = 0; row < crop->height; row++)
        memcpy(rgb + (size_t)row * row_bytes,
               screen +
                   (size_t)3 * ((size_t)(crop->y + row) * (size_t)screen_width + (size_t)crop->x),
               row_bytes);
}
