/* The layers that a spec stands for, as shapes: what the network and its backends share. */
#ifndef ASYNCRL_NETWORK_LAYERS_H
#define ASYNCRL_NETWORK_LAYERS_H

#include "network/network.h"

/* A convolution without padding; kernels and strides are square. */
struct convolution {
    int in_channels;
    int in_height;
    int in_width;
    int out_channels;
    int kernel;
    int stride;
    int out_height;
    int out_width;
    struct convolution_plan *plan; /* what the backend prepared for it, or NULL: see ops.h */
};

struct dense {
    int in;
    int out;
};

enum { MAX_CONVOLUTIONS = 3, MAX_HIDDEN = 2, MAX_HEADS = 2 };

/* Layers in the order of the parameter array: convolutions, hidden, heads. */
struct network_layers {
    int convolution_count; /* 0: the first hidden layer reads the observation */
    struct convolution convolutions[MAX_CONVOLUTIONS];
    int hidden_count; /* at least 1 */
    struct dense hidden[MAX_HIDDEN];
    int head_count; /* value, policy; or Q alone */
    struct dense heads[MAX_HEADS];
};

/* False when spec cannot be built: an observation too small for its trunk, a size out of bounds. */
bool network_layers_plan(const struct network_spec *spec, struct network_layers *layers);

/* Floats of one sample on either side of a convolution. */
static inline size_t convolution_in_size(const struct convolution *layer) {
    return (size_t)layer->in_channels * (size_t)layer->in_height * (size_t)layer->in_width;
}

static inline size_t convolution_out_size(const struct convolution *layer) {
    return (size_t)layer->out_channels * (size_t)layer->out_height * (size_t)layer->out_width;
}

#endif
