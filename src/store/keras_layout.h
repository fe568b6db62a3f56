/*
 * What the layers of a Keras file mean: which is which, and how its arrays become ours. Pure logic
 * on what keras_read.c found in a file; it touches no file. Inside of the store room; any thread.
 *
 * The conventions of a file, and where they are known from:
 *
 * - Kernel order. Keras 2 and 3 keep (height, width, in, out). Keras 1 keeps (out, in, height,
 * width), or (height, width, in, out) with dim_ordering "tf": told by the model's description, else
 * by which two sides of the first kernel are equal.
 * - Flip. Theano convolves where the others correlate. Keras 2 says so in `backend` (and flips
 * likewise: keras 2.3.1, engine/saving.py); Keras 1 does not, but names TensorFlow's weights with a
 * ":0".
 * - Rows of the first dense kernel, which follow the Flatten: (channel, row, column) as in our
 * networks, or (row, column, channel) when the model was channels last, or when Flatten itself was
 * told that its input is channels first (it then transposes: keras 3, layers/reshaping/flatten.py).
 * Only a file with the model's description (model.save), one of ours, or Keras 1's order of kernels
 * tells; of any other whoever has it must.
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

/* What a file says about who wrote it; empty: not said. */
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
    int plane; /* positions of each channel before the Flatten; 1 where rows need no reordering */
};

/*
 * Decides a model's conventions and brings its layers' shapes into our order. asked: the order of
 * channels that whoever has the file says; STATUS_BAD_INPUT where that is wanted and not said, or
 * where the file says another one.
 */
enum status keras_settle(struct keras_model *model, const struct keras_origin *origin,
                         enum channels_order asked, struct error *error);

/* The stride of convolution index, from 0, in our trunks. */
int keras_stride(int index);

/* Finds the roles, and that the layers fit onto each other. */
enum status keras_find_roles(const struct keras_model *model, struct keras_roles *roles,
                             struct error *error);

/* What network the roles make. */
enum status keras_describe(const struct keras_model *model, const struct keras_roles *roles,
                           struct weights_layout *layout, struct error *error);

/* Finds the array that belongs into view, and that its shape is view's. */
enum status keras_find_tensor(const struct keras_model *model, const struct keras_roles *roles,
                              const struct tensor_view *view, struct keras_tensor *tensor,
                              struct error *error);

/* That the network of roles has just the layers and actions of views; to be asked before
 * keras_find_tensor. */
enum status keras_check_views(const struct keras_roles *roles, const struct tensor_view *views,
                              int view_count, struct error *error);

/* Writes the file's array raw as ours: out, tensor->size floats each. */
void keras_convert(const struct keras_model *model, const struct keras_tensor *tensor,
                   const float *raw, float *out);

/* A shape for a message, "16x3x8x8"; returns text. */
const char *keras_shape_text(int rank, const int *shape, char text[KERAS_SHAPE_TEXT_SIZE]);

/* The values raw of Keras 2's kernel as view has them: keras_kernel_to_file's way back. */
void keras_kernel_from_file(const struct tensor_view *view, const float *raw, float *out);

/* Writes our convolution kernel (out, in, height, width) as Keras 2's (height, width, in, out). */
void keras_kernel_to_file(const struct tensor_view *view, float *out);

#endif
