#include "network/columns.h"

/* Where in a sample the window of output pixel (y, x) starts. */
static size_t window_start(const struct convolution *layer, int y, int x) {
    return (size_t)(y * layer->stride) * (size_t)layer->in_width + (size_t)(x * layer->stride);
}

/* Where channel c's row ky of a window lies, from the window's start. */
static size_t window_row(const struct convolution *layer, int c, int ky) {
    return (size_t)(c * layer->in_height + ky) * (size_t)layer->in_width;
}

/*
 * One window as a row of the columns. kernel is layer->kernel, passed apart so that callers can
 * make it a constant: a row is then one or two wide moves.
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

void add_columns(float *restrict d_in, const float *restrict columns,
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

float fill_columns(float *columns, struct pixels in, int sample, const struct convolution *layer) {
    size_t offset = (size_t)sample * convolution_in_size(layer);
    if (in.u8) {
        columns_from_u8(columns, in.u8 + offset, layer);
        return 1.0f / 255.0f;
    }
    columns_from_f32(columns, in.f32 + offset, layer);
    return 1.0f;
}
