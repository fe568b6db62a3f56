#include "network/columns.h"

#include <string.h>

/* The offset in a sample at which the window of output pixel (y, x) starts. */
static size_t window_start(const struct convolution *layer, int y, int x) {
    return (size_t)(y * layer->stride) * (size_t)layer->in_width + (size_t)(x * layer->stride);
}

/* The offset of channel c's row ky from the start of its window. */
static size_t window_row(const struct convolution *layer, int c, int ky) {
    return (size_t)(c * layer->in_height + ky) * (size_t)layer->in_width;
}

/*
 * One window as a row of the columns. kernel is layer->kernel, a parameter of its own so that
 * callers can make it a constant: a row is then one or two wide moves.
 */
static inline void window_from_u8(float *restrict column, const uint8_t *restrict window,
                                  const struct convolution *layer, int kernel) {
    for (int c = 0; c < layer->in_channels; c++)
        for (int ky = 0; ky < kernel; ky++) {
            const uint8_t *row = window + window_row(layer, c, ky);
            for (int kx = 0; kx < kernel; kx++)
                *column++ = (float)row[kx];
        }
}

static inline void window_from_f32(float *restrict column, const float *restrict window,
                                   const struct convolution *layer, int kernel) {
    for (int c = 0; c < layer->in_channels; c++)
        for (int ky = 0; ky < kernel; ky++) {
            const float *row = window + window_row(layer, c, ky);
            for (int kx = 0; kx < kernel; kx++)
                *column++ = row[kx];
        }
}

static inline void add_window(float *restrict d_window, const float *restrict column,
                              const struct convolution *layer, int kernel) {
    for (int c = 0; c < layer->in_channels; c++)
        for (int ky = 0; ky < kernel; ky++) {
            float *row = d_window + window_row(layer, c, ky);
            for (int kx = 0; kx < kernel; kx++)
                row[kx] += *column++;
        }
}

/* Bytes are read by the trunks' first layers, of 8x8. */
VECTORIZED static void columns_from_u8(float *restrict columns, const uint8_t *restrict in,
                                       const struct convolution *layer) {
    for (int y = 0; y < layer->out_height; y++)
        for (int x = 0; x < layer->out_width; x++, columns += window_size(layer)) {
            const uint8_t *window = in + window_start(layer, y, x);
            if (layer->kernel == 8)
                window_from_u8(columns, window, layer, 8);
            else
                window_from_u8(columns, window, layer, layer->kernel);
        }
}

/* Floats are read by the layers above, of 4x4 and 3x3. */
static void columns_from_f32(float *restrict columns, const float *restrict in,
                             const struct convolution *layer) {
    for (int y = 0; y < layer->out_height; y++)
        for (int x = 0; x < layer->out_width; x++, columns += window_size(layer)) {
            const float *window = in + window_start(layer, y, x);
            if (layer->kernel == 4)
                window_from_f32(columns, window, layer, 4);
            else if (layer->kernel == 3)
                window_from_f32(columns, window, layer, 3);
            else
                window_from_f32(columns, window, layer, layer->kernel);
        }
}

static void columns_to_f32(float *restrict d_in, const float *restrict columns,
                           const struct convolution *layer) {
    for (int y = 0; y < layer->out_height; y++)
        for (int x = 0; x < layer->out_width; x++, columns += window_size(layer)) {
            float *window = d_in + window_start(layer, y, x);
            if (layer->kernel == 4)
                add_window(window, columns, layer, 4);
            else if (layer->kernel == 3)
                add_window(window, columns, layer, 3);
            else
                add_window(window, columns, layer, layer->kernel);
        }
}

/* ---- Padding --------------------------------------------------------------------------------- */

/* The convolution of the same windows that reads planes with their padding around them. */
static struct convolution over_padded(const struct convolution *layer) {
    struct convolution padded = *layer;
    padded.in_height += 2 * layer->padding;
    padded.in_width += 2 * layer->padding;
    padded.padding = 0;
    return padded;
}

size_t padded_size(const struct convolution *layer) {
    const struct convolution padded = over_padded(layer);
    return layer->padding > 0 ? convolution_in_size(&padded) : 0;
}

/* The offset of row y of channel c in padded planes. */
static size_t padded_row(const struct convolution *layer, int c, int y) {
    const int height = layer->in_height + 2 * layer->padding;
    const int width = layer->in_width + 2 * layer->padding;
    return (size_t)(c * height + y + layer->padding) * (size_t)width + (size_t)layer->padding;
}

/* offset: of the sample, in its floats or bytes, which are widened as they are. */
static void pad(float *restrict padded, struct pixels in, size_t offset,
                const struct convolution *layer) {
    const size_t width = (size_t)layer->in_width;
    memset(padded, 0, padded_size(layer) * sizeof *padded);
    for (int c = 0; c < layer->in_channels; c++)
        for (int y = 0; y < layer->in_height; y++, offset += width) {
            float *row = padded + padded_row(layer, c, y);
            if (in.f32)
                memcpy(row, in.f32 + offset, width * sizeof *row);
            else
                for (size_t x = 0; x < width; x++)
                    row[x] = (float)in.u8[offset + x];
        }
}

static void add_unpadded(float *restrict d_in, const float *restrict padded,
                         const struct convolution *layer) {
    for (int c = 0; c < layer->in_channels; c++)
        for (int y = 0; y < layer->in_height; y++, d_in += layer->in_width) {
            const float *row = padded + padded_row(layer, c, y);
            for (int x = 0; x < layer->in_width; x++)
                d_in[x] += row[x];
        }
}

/* ---- Both ------------------------------------------------------------------------------------ */

float fill_columns(float *columns, struct pixels in, int sample, const struct convolution *layer,
                   float *padded) {
    const size_t offset = (size_t)sample * convolution_in_size(layer);
    if (layer->padding > 0) {
        const struct convolution over = over_padded(layer);
        pad(padded, in, offset, layer);
        columns_from_f32(columns, padded, &over);
    } else if (in.u8) {
        columns_from_u8(columns, in.u8 + offset, layer);
    } else {
        columns_from_f32(columns, in.f32 + offset, layer);
    }
    return in.u8 ? 1.0f / 255.0f : 1.0f;
}

void add_columns(float *d_in, const float *columns, const struct convolution *layer,
                 float *padded) {
    if (layer->padding == 0) {
        columns_to_f32(d_in, columns, layer);
        return;
    }
    const struct convolution over = over_padded(layer);
    memset(padded, 0, padded_size(layer) * sizeof *padded);
    columns_to_f32(padded, columns, &over);
    add_unpadded(d_in, padded, layer);
}
