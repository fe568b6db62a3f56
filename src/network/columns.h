/*
 * Columns (im2col): the windows of one sample as a matrix, so that a convolution becomes a matrix
 * product. A row is an output pixel, a column an element of the kernel's window. The columns of one
 * sample stay in the second-level cache.
 */
#ifndef ASYNCRL_NETWORK_COLUMNS_H
#define ASYNCRL_NETWORK_COLUMNS_H

#include "network/ops.h"

static inline int window_size(const struct convolution *layer) {
    return layer->in_channels * layer->kernel * layer->kernel;
}

static inline int pixel_count(const struct convolution *layer) {
    return layer->out_height * layer->out_width;
}

static inline size_t columns_size(const struct convolution *layer) {
    return (size_t)pixel_count(layer) * (size_t)window_size(layer);
}

/* Floats of scratch that fill_columns and add_columns need: a plane with its padding around it. */
size_t padded_size(const struct convolution *layer);

/*
 * Lays out columns, (pixel_count, window_size), of a sample of a batch; returns the factor for
 * their product: bytes are widened without a factor, and the product applies 1 / 255.
 */
float fill_columns(float *columns, struct pixels in, int sample, const struct convolution *layer,
                   float *padded);

/* The transpose of fill_columns: adds every column back to the inputs that it was read from. */
void add_columns(float *d_in, const float *columns, const struct convolution *layer, float *padded);

#endif
