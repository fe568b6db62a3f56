/*
 * The table of ops that every backend fills: products for which a library is faster than plain
 * loops, one function for each direction. Layer kinds (layer.h) call them; a kind that needs no
 * library is computed in its own file.
 *
 * All arrays are row-major, the batch outermost: a convolution's input is (batch, in_channels,
 * in_height, in_width), its output (batch, out_channels, out_height, out_width); a dense layer's
 * are (batch, in) and (batch, out). network_tensors describes the layout of kernels. Ops overwrite
 * outputs and parameter gradients; they add to d_in, so that several heads can read one layer.
 * scratch has convolution_scratch floats. Ops keep nothing between calls: neither scratch nor
 * parameters, which may change. A convolution's plan belongs to its backend and depends on its
 * shape alone.
 */
#ifndef ASYNCRL_NETWORK_OPS_H
#define ASYNCRL_NETWORK_OPS_H

#include "network/network.h"

struct convolution_plan;

/* A convolution with square kernels and strides; padding is the width of the border of zeros. */
struct convolution {
    int in_channels;
    int in_height;
    int in_width;
    int out_channels;
    int kernel;
    int stride;
    int padding;
    int out_height;
    int out_width;
    struct convolution_plan *plan; /* the backend's preparation for it, or NULL */
};

/* Strides are the distances between samples of the input, and between those of the output and rows
 * of the kernel, in floats; 0: they are in and out. A part of a layer's inputs or outputs is a
 * layer with the strides of the whole. */
struct dense {
    int in;
    int out;
    int in_stride;
    int out_stride;
};

static inline int dense_in_stride(const struct dense *layer) {
    return layer->in_stride > 0 ? layer->in_stride : layer->in;
}

static inline int dense_out_stride(const struct dense *layer) {
    return layer->out_stride > 0 ? layer->out_stride : layer->out;
}

/* Floats of one sample on either side of a convolution. */
static inline size_t convolution_in_size(const struct convolution *layer) {
    return (size_t)layer->in_channels * (size_t)layer->in_height * (size_t)layer->in_width;
}

static inline size_t convolution_out_size(const struct convolution *layer) {
    return (size_t)layer->out_channels * (size_t)layer->out_height * (size_t)layer->out_width;
}

/* A convolution's input: floats, or bytes read as value / 255. The other pointer is NULL. */
struct pixels {
    const float *f32;
    const uint8_t *u8;
};

struct network_ops {
    /* Layer kinds that are computed in their own files take loops that accumulate in double. */
    bool is_reference;

    /* Sets the number of threads for later ops of the calling thread; false: it is the library's
     * own. */
    bool (*use_threads)(int threads);

    /* Sets layer->plan, after use_threads, and frees it. If no plan is possible, it stays NULL; ops
     * then compute the same, but may be slower. */
    void (*convolution_prepare)(struct convolution *layer);
    void (*convolution_release)(struct convolution *layer);

    /* Floats of scratch memory that the convolution needs. */
    size_t (*convolution_scratch)(const struct convolution *layer);

    void (*convolution_forward)(float *out, struct pixels in, const float *kernel,
                                const float *bias, const struct convolution *layer, int batch,
                                float *scratch);

    /* d_in may be NULL: the gradient of the observation itself is of no use. */
    void (*convolution_backward)(float *d_in, float *d_kernel, float *d_bias, const float *d_out,
                                 struct pixels in, const float *kernel,
                                 const struct convolution *layer, int batch, float *scratch);

    void (*dense_forward)(float *out, const float *in, const float *kernel, const float *bias,
                          const struct dense *layer, int batch);

    /* d_in may be NULL, as above, and so may d_bias. */
    void (*dense_backward)(float *d_in, float *d_kernel, float *d_bias, const float *d_out,
                           const float *in, const float *kernel, const struct dense *layer,
                           int batch);

    /* values = max(values, 0) */
    void (*relu_forward)(float *values, size_t count);

    /* d_values = 0 where the output (values after relu_forward) is 0. */
    void (*relu_backward)(float *d_values, const float *values, size_t count);
};

/* Fills the table with plain loops that accumulate in double: the meaning of each op. */
void reference_ops(struct network_ops *ops);

/* Replaces the ops for which oneDNN is faster, with its convolutions or its matrix product. */
void onednn_ops(struct network_ops *ops);

/* The table of a backend. */
void network_ops_of(enum backend backend, struct network_ops *ops);

#endif
