/*
 * Maps the layers of a Keras file to our networks, and converts its arrays. Pure logic on what
 * keras_read.c found in a file; touches no file. Private to the store room; any thread.
 *
 * The conventions of a file, and how they are found:
 *
 * - Kernel order. Keras 2 and 3 keep (height, width, in, out). Keras 1 keeps (out, in, height,
 * width), or (height, width, in, out) with dim_ordering "tf": the model's description says which;
 * without one, the first kernel's two equal sides do.
 * - Flip. Theano convolves; the others correlate. Keras 2 names the backend in `backend` (and flips
 * likewise: keras 2.3.1, engine/saving.py); Keras 1 does not, but names TensorFlow's weights with a
 * ":0".
 * - Rows of the first dense kernel, which follow the Flatten: (channel, row, column) as in our
 * networks, or (row, column, channel) if the model was channels last, or if its Flatten has
 * data_format channels_first (it then transposes: keras 3, layers/reshaping/flatten.py). The
 * model's description (model.save), our own attribute or Keras 1's order of kernels says which; for
 * any other file the user must (--channels).
 */
#ifndef ASYNCRL_STORE_KERAS_LAYOUT_H
#define ASYNCRL_STORE_KERAS_LAYOUT_H

#include "store/store.h"

enum {
    KERAS_MAX_LAYERS = 32,
    KERAS_MAX_CONVS = 16,
    KERAS_MAX_HIDDEN = 2,
    KERAS_NAME_SIZE = 64,
    KERAS_PATH_SIZE = 256,
    KERAS_SHAPE_TEXT_SIZE = 64
};

/* A layer with weights. */
struct keras_layer {
    char name[KERAS_NAME_SIZE];
    char kernel_path[KERAS_PATH_SIZE]; /* of the dataset in the file */
    char bias_path[KERAS_PATH_SIZE];
    int rank;                   /* of the kernel: 4 for a convolution, 2 for a dense layer */
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
    int hidden_count; /* dense layers below the heads: 1 on convolutions, else 2 */
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

/*
 * Decides a model's conventions and converts its layers' shapes to our order. asked: the order of
 * channels that the user gave; STATUS_BAD_INPUT if it is needed and missing, or contradicts the
 * file.
 */
enum status keras_settle(struct keras_model *model, const struct keras_origin *origin,
                         enum channels_order asked, struct error *error);

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

/* Converts the file's array raw to ours, out: tensor->size floats each. */
void keras_convert(const struct keras_model *model, const struct keras_tensor *tensor,
                   const float *raw, float *out);

/* A shape for a message, "16x3x8x8"; returns text. */
const char *keras_shape_text(int rank, const int *shape, char text[KERAS_SHAPE_TEXT_SIZE]);

/* Converts Keras 2's kernel raw to view's order: the inverse of keras_kernel_to_file. */
void keras_kernel_from_file(const struct tensor_view *view, const float *raw, float *out);

/* Writes our convolution kernel (out, in, height, width) as Keras 2's (height, width, in, out). */
void keras_kernel_to_file(const struct tensor_view *view, float *out);

#endif
