#include "games/libretro/frame.h"

#include <stdlib.h>
#include <string.h>

static const size_t pixel_bytes[FORMAT_COUNT] = {
    [FORMAT_0RGB1555] = 2, [FORMAT_XRGB8888] = 4, [FORMAT_RGB565] = 2, [FORMAT_RGB24] = 3};

size_t frame_pixel_bytes(enum pixel_format format) {
    return pixel_bytes[format];
}

static bool make_room(struct frame *frame, size_t bytes) {
    if (bytes <= frame->room)
        return true;
    uint8_t *pixels = realloc(frame->pixels, bytes);
    if (!pixels)
        return false;
    frame->pixels = pixels;
    frame->room = bytes;
    return true;
}

bool frame_keep(struct frame *frame, enum pixel_format format, const void *pixels, unsigned width,
                unsigned height, size_t pitch) {
    const size_t row_bytes = width * pixel_bytes[format];
    if (!make_room(frame, row_bytes * height))
        return false;
    frame->format = format;
    frame->width = width;
    frame->height = height;
    if (pitch == row_bytes) {
        memcpy(frame->pixels, pixels, row_bytes * height);
        return true;
    }
    for (unsigned y = 0; y < height; y++)
        memcpy(frame->pixels + y * row_bytes, (const uint8_t *)pixels + y * pitch, row_bytes);
    return true;
}

/* Widens a channel of 5 or 6 bits: its highest bits are repeated below, so that full is 255. */
static uint8_t widen_5(unsigned bits) {
    return (uint8_t)((bits & 31) << 3 | (bits & 31) >> 2);
}

static uint8_t widen_6(unsigned bits) {
    return (uint8_t)((bits & 63) << 2 | (bits & 63) >> 4);
}

static void rgb_of_xrgb8888(uint8_t *rgb, const uint8_t *pixels, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t pixel;
        memcpy(&pixel, pixels + 4 * i, sizeof pixel);
        rgb[3 * i] = (uint8_t)(pixel >> 16);
        rgb[3 * i + 1] = (uint8_t)(pixel >> 8);
        rgb[3 * i + 2] = (uint8_t)pixel;
    }
}

static void rgb_of_16_bits(uint8_t *rgb, const uint8_t *pixels, size_t count, bool is_565) {
    for (size_t i = 0; i < count; i++) {
        uint16_t pixel;
        memcpy(&pixel, pixels + 2 * i, sizeof pixel);
        rgb[3 * i] = widen_5(pixel >> (is_565 ? 11 : 10));
        rgb[3 * i + 1] = is_565 ? widen_6(pixel >> 5) : widen_5(pixel >> 5);
        rgb[3 * i + 2] = widen_5(pixel);
    }
}

/* rgb: (count, 3). */
static void convert(uint8_t *rgb, const uint8_t *pixels, size_t count, enum pixel_format format) {
    if (format == FORMAT_RGB24)
        memcpy(rgb, pixels, 3 * count);
    else if (format == FORMAT_XRGB8888)
        rgb_of_xrgb8888(rgb, pixels, count);
    else
        rgb_of_16_bits(rgb, pixels, count, format == FORMAT_RGB565);
}

void frame_to_rgb(const struct frame *frame, uint8_t *rgb, size_t width, size_t height) {
    const size_t bytes = pixel_bytes[frame->format];
    if (!frame->pixels) {
        memset(rgb, 0, 3 * width * height);
        return;
    }
    if (frame->width == width && frame->height == height) {
        convert(rgb, frame->pixels, width * height, frame->format);
        return;
    }
    for (size_t y = 0; y < height; y++) {
        const uint8_t *row = frame->pixels + y * frame->height / height * frame->width * bytes;
        for (size_t x = 0; x < width; x++)
            convert(rgb + 3 * (y * width + x), row + x * frame->width / width * bytes, 1,
                    frame->format);
    }
}
