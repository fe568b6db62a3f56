/*
 * Maps the layers of a Keras file to our networks. Pure logic on the layers that keras_layers.c
 * finds in a file; touches no file. Private to the store room; any thread.
 */
#ifndef ASYNCRL_STORE_KERAS_LAYOUT_H
#define ASYNCRL_STORE_KERAS_LAYOUT_H

#include "store/store.h"

enum {
    KERAS_CONV_RANK = 4, /* of kernels */
    KERAS_DENSE_RANK = 2,
    KERAS_MAX_LAYERS = 32,
    KERAS_MAX_CONVS = 16,
    KERAS_MAX_HIDDEN = 2,
    KERAS_NAME_SIZE = 64,
    KERAS_PATH_SIZE = 256,
    KERAS_SHAPE_TEXT_SIZE = 64
};

/* A text of weights_metadata and the file's attribute for it. */
struct keras_word {
    const char *key;
    size_t offset; /* in weights_metadata */
    size_t size;
};

/* All of them, in the order in which they are written; a key of NULL ends them. */
extern const struct keras_word keras_words[];

/* A layer with weights. */
struct keras_layer {
    char name[KERAS_NAME_SIZE];
    char kernel_path[KERAS_PATH_SIZE]; /* of the dataset in the file */
    char bias_path[KERAS_PATH_SIZE];
    int rank;                   /* of the kernel: KERAS_CONV_RANK or KERAS_DENSE_RANK */
    int shape[TENSOR_MAX_RANK]; /* of the kernel: the file's order until keras_settle, then ours */
    int bias_size;
};

/* A file's statement about its writer; empty: not stated. */
struct keras_origin {
    char version[32];
    char backend[32];
    bool native;              /* Keras 3's .weights.h5 */
    bool ours;                /* we wrote it: channels first */
    struct json *description; /* the model's, or NULL */
};

struct keras_model {
    struct weights_metadata metadata;
    bool out_first;       /* kernels are stored (out, in, height, width) */
    bool channels_last;   /* the model's pictures are (row, column, channel) */
    bool flipped;         /* kernels are stored for convolution, not correlation */
    bool rows_transposed; /* the first dense kernel's rows are (row, column, channel) */
    int layer_count;
    struct keras_layer layers[KERAS_MAX_LAYERS];
};

/* Which layer plays which part. Heads: q alone, or value and policy. */
struct keras_roles {
    int conv_count;
    const struct keras_layer *conv[KERAS_MAX_CONVS];
    int hidden_count; /* dense layers below the heads: 1 on convolutions, otherwise 2 */
    const struct keras_layer *hidden[KERAS_MAX_HIDDEN];
    const struct keras_layer *value;
    const struct keras_layer *policy;
    const struct keras_layer *q;
};

/* One array of a file, and how it gets into a view. */
struct keras_tensor {
    const struct keras_layer *layer;
    bool is_bias;
    size_t size;
    int plane; /* positions of each channel before the Flatten; 1: rows need no reordering */
};

/* The stride of convolution index, from 0, in our trunks. */
int keras_stride(int index);

/* Finds the roles, and checks that the layers fit together. */
enum status keras_find_roles(const struct keras_model *model, struct keras_roles *roles,
                             struct error *error);

/* Describes the network that the roles make. */
enum status keras_describe(const struct keras_model *model, const struct keras_roles *roles,
                           struct weights_layout *layout, struct error *error);

/* Finds the array for view, and checks that it has view's shape. */
enum status keras_find_tensor(const struct keras_model *model, const struct keras_roles *roles,
                              const struct tensor_view *view, struct keras_tensor *tensor,
                              struct error *error);

/* Checks that roles has exactly the layers and actions of views; call it before
 * keras_find_tensor. */
enum status keras_check_views(const struct keras_roles *roles, const struct tensor_view *views,
                              int view_count, struct error *error);

/* A shape for a message, "16x3x8x8"; returns text. */
const char *keras_shape_text(int rank, const int *shape, char text[KERAS_SHAPE_TEXT_SIZE]);

#endif
