/*
 * Layers: a table of kinds, and the list of layers that a spec stands for. Private to the network
 * room.
 *
 * A kind is one file that fills a struct layer_kind: what shape it gives, what parameters it has,
 * how they begin, and what it computes forward and backward. A trunk (trunk.c) is a function that
 * adds layers to a plan. The rest of the room walks that list and knows no kind by name.
 *
 * Activations and gradients are row-major, the batch outermost: (batch, channels, height, width). A
 * vector is (batch, channels, 1, 1).
 */
#ifndef ASYNCRL_NETWORK_LAYER_H
#define ASYNCRL_NETWORK_LAYER_H

#include "network/ops.h"

/* The shape of a layer's input or output, for each sample. */
struct shape {
    int channels;
    int height;
    int width;
};

static inline size_t shape_size(struct shape shape) {
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

enum { OBSERVATION = -1, LAYER_MAX_TENSORS = 3 };

struct lstm {
    int in;
    int hidden;
};

/* Windows of maximum pooling. */
struct pool {
    int kernel;
    int stride;
};

/* A layer's place in the network. The scale of its initial kernels depends on it. */
enum layer_role { ROLE_TRUNK, ROLE_MEMORY, ROLE_VALUE, ROLE_POLICY, ROLE_Q };

struct layer {
    const struct layer_kind *kind;
    char name[TENSOR_NAME_SIZE];
    enum layer_role role;
    int source; /* the layer that it reads, or OBSERVATION */
    int skip;   /* the layer whose output is added to its own, of the same shape; -1: none */
    bool relu;  /* max(output, 0), in place, after that */
    int first_to_return; /* of the layers that read its output, the first to add a gradient */
    struct shape in;
    struct shape out;
    size_t state;  /* where its state begins among the network's */
    size_t params; /* where its parameters begin among the network's */
    size_t param_count;
    union { /* the kind's own */
        struct convolution convolution;
        struct dense dense;
        struct lstm lstm;
        struct pool pool;
    };
};

/* Inputs and outputs of one layer in a pass over a batch. */
struct layer_pass {
    const struct network_ops *ops;
    int batch;
    int part, parts; /* parts > 1: a dense layer computes its part of the outputs forward, of the
                        inputs backward */
    const float *params; /* the layer's tensors, one after the other */
    float *gradients;    /* the same, overwritten by backward */
    struct pixels in;
    float *out;
    float *d_in;        /* added to; NULL: not wanted */
    const float *d_out; /* with respect to the output before the ReLU */
    float *kept;        /* values that forward saves for backward */
    int steps;          /* of each sequence; batch is a multiple */
    size_t state_stride;
    const float *state;  /* (sequences, state_stride) before the first step; NULL: zeros */
    float *state_out;    /* the same after the last step; NULL: not wanted */
    const float *states; /* (batch, state_stride): the state before each sample, in place of state;
                            NULL: see state and starts */
    const uint8_t *starts; /* (batch): whether this sample begins from its row of states, or from
                              zeros; NULL: none does */
    float *scratch;
};

struct layer_kind {
    const char *name;

    /* Sets layer->out from layer->in and the kind's own fields; false if they do not fit. */
    bool (*plan)(struct layer *layer);

    /* Names and shapes of its parameters, in their order in memory; returns their number. NULL: it
     * has no parameters and no initial values. */
    int (*tensors)(const struct layer *layer, struct tensor_view views[LAYER_MAX_TENSORS]);

    /* False: out of memory. */
    bool (*initialize)(const struct layer *layer, enum network_init init, float *params,
                       struct rng *rng);

    void (*forward)(const struct layer *layer, const struct layer_pass *pass);

    /* After a forward of the same pass. NULL: the kind reads the observation and has nothing to
     * train. */
    void (*backward)(const struct layer *layer, const struct layer_pass *pass);

    /* Multiply-adds of one sample's forward. NULL: too few to count. */
    double (*products)(const struct layer *layer);

    /* Floats of state that a sequence carries from step to step. NULL: none. */
    size_t (*state)(const struct layer *layer);

    /* Floats that forward saves for backward, for each sample. NULL: none. */
    size_t (*kept)(const struct layer *layer);

    /* Floats of scratch memory that a pass needs. NULL: none. */
    size_t (*scratch)(const struct layer *layer, const struct network_ops *ops, int max_batch);

    /* Prepares the layer for a backend, and frees the preparation. NULL: nothing to do. */
    void (*prepare)(struct layer *layer, const struct network_ops *ops);
    void (*release)(struct layer *layer, const struct network_ops *ops);
};

extern const struct layer_kind layer_convolution;
extern const struct layer_kind layer_dense;
extern const struct layer_kind layer_gaussian;
extern const struct layer_kind layer_identity;
extern const struct layer_kind layer_lstm;
extern const struct layer_kind layer_norm;
extern const struct layer_kind layer_pool;
extern const struct layer_kind layer_standard;
extern const struct layer_kind layer_tanh;
extern const struct layer_kind layer_units;

/* layer's tensors, see struct layer_kind; returns their number. */
int layer_tensors(const struct layer *layer, struct tensor_view views[LAYER_MAX_TENSORS]);

/* Layers in the order of the parameter array: the trunk, then the heads. */
struct network_plan {
    struct shape observation;
    int count;
    int head_count; /* value, policy; or Q alone */
    int value_end;  /* the layer that the value's head reads, if the trunk has one for it */
    int width; /* factor for the channels of a trunk's convolutions, if the trunk supports it */
    bool is_normed; /* each ReLU has a layer of normalisation before it */
    bool failed;    /* a layer did not fit */
    size_t param_count;
    size_t state_count;
    struct layer layers[NETWORK_MAX_LAYERS];
};

/* False when spec cannot be built: an observation too small for its trunk, a size out of bounds. */
bool network_plan_make(const struct network_spec *spec, struct network_plan *plan);

/* A kernel's layout in memory: the weight of input i for output o is at o * out_stride + i *
 * in_stride. */
struct kernel_layout {
    int outs;
    int ins;
    int out_stride;
    int in_stride;
};

/* Fills a kernel as network_initialize says; false: out of memory. */
bool initialize_kernel(enum layer_role role, enum network_init init, struct kernel_layout layout,
                       float *kernel, struct rng *rng);

#endif
