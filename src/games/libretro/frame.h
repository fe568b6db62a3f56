/* The newest picture of a libretro core, kept in the core's format until it is read. */
#ifndef ASYNCRL_GAMES_LIBRETRO_FRAME_H
#define ASYNCRL_GAMES_LIBRETRO_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_MAX_SIDE = 1024 };

/* The first three by their libretro numbers; the last is ours, for pictures of saved states. */
enum pixel_format { FORMAT_0RGB1555, FORMAT_XRGB8888, FORMAT_RGB565, FORMAT_RGB24, FORMAT_COUNT };

/* All zeros: none yet. */
struct frame {
    enum pixel_format format;
    unsigned width;
    unsigned height;
    uint8_t *pixels; /* rows without gaps; the owner frees them */
    size_t room;     /* bytes */
};

size_t frame_pixel_bytes(enum pixel_format format);

/*
 * Keeps a copy, because a core may change its own at once. pixels: (height, width), rows pitch
 * bytes apart. False: out of memory.
 */
bool frame_keep(struct frame *frame, enum pixel_format format, const void *pixels, unsigned width,
                unsigned height, size_t pitch);

/* rgb: (height, width, 3), written: the frame stretched or shrunk by nearest pixel;
 * black if none. */
void frame_to_rgb(const struct frame *frame, uint8_t *rgb, size_t width, size_t height);

#endif
