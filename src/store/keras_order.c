#include "store/keras_order.h"

#include "store/keras_graph.h"

#include <string.h>

/* ---- Finding the order ----------------------------------------------------------------------- */

/* The text of key in the configuration of the model's first layer of that class; "" if absent. */
static void layer_setting(const struct json *model, const char *layer_class, const char *key,
                          char *out, size_t size) {
    const struct json *layer = model ? json_find_object(model, "class_name", layer_class) : NULL;
    keras_read_word(layer ? json_get_object(layer, "config") : NULL, key, out, size);
}

static const struct keras_layer *first_conv(const struct keras_model *model) {
    for (int i = 0; i < model->layer_count; i++)
        if (model->layers[i].rank == KERAS_CONV_RANK)
            return &model->layers[i];
    return NULL;
}

/* The order that the file states; if it states none, the one that the caller asked for. */
static enum status choose_order(enum channels_order said, enum channels_order asked, bool *last,
                                struct error *error) {
    static const char *const words[] = {
        [CHANNELS_UNSAID] = "auto", [CHANNELS_FIRST] = "first", [CHANNELS_LAST] = "last"};
    const enum channels_order order = said != CHANNELS_UNSAID ? said : asked;
    if (order == CHANNELS_UNSAID)
        return error_set(error, STATUS_BAD_INPUT,
                         "found Keras weights that do not state their model's order of channels: "
                         "give --channels=last, Keras's default, or --channels=first");
    if (asked != CHANNELS_UNSAID && asked != order)
        return error_set(
            error, STATUS_BAD_INPUT,
            "found a model that states that its channels are %s; leave out --channels=%s",
            words[said], words[asked]);
    *last = order == CHANNELS_LAST;
    return STATUS_OK;
}

/* From the description, or without one from the two equal sides of the kernel. */
static enum channels_order keras1_order(const struct keras_layer *conv,
                                        const struct keras_origin *origin) {
    char ordering[8];
    const int *shape = conv->shape;
    layer_setting(origin->description, "Convolution2D", "dim_ordering", ordering, sizeof ordering);
    if (ordering[0])
        return strcmp(ordering, "th") == 0 ? CHANNELS_FIRST : CHANNELS_LAST;
    if (shape[2] == shape[3] && shape[0] == shape[1])
        return CHANNELS_UNSAID;
    return shape[0] == shape[1] ? CHANNELS_LAST : CHANNELS_FIRST;
}

/* TensorFlow numbers what it computes: "conv/kernel:0". */
static bool is_tensorflow_name(const char *path) {
    const char *colon = strrchr(path, ':');
    return colon && strcmp(colon, ":0") == 0;
}

static enum status settle_keras1(struct keras_model *model, const struct keras_origin *origin,
                                 const struct keras_layer *conv, enum channels_order asked,
                                 struct error *error) {
    const enum status status =
        choose_order(keras1_order(conv, origin), asked, &model->channels_last, error);
    model->out_first = !model->channels_last;
    model->rows_transposed = model->channels_last;
    model->flipped = !is_tensorflow_name(conv->kernel_path); /* Theano, in either order */
    return status;
}

static enum status settle_keras2(struct keras_model *model, const struct keras_origin *origin,
                                 enum channels_order asked, struct error *error) {
    char conv[24];
    char flatten[24];
    layer_setting(origin->description, "Conv2D", "data_format", conv, sizeof conv);
    layer_setting(origin->description, "Flatten", "data_format", flatten, sizeof flatten);
    const enum channels_order said = strcmp(conv, "channels_last") == 0 ? CHANNELS_LAST
                                     : strcmp(conv, "channels_first") == 0 || origin->ours
                                         ? CHANNELS_FIRST
                                         : CHANNELS_UNSAID;
    const enum status status = choose_order(said, asked, &model->channels_last, error);
    model->out_first = false;
    model->flipped = strcmp(origin->backend, "theano") == 0;
    model->rows_transposed = model->channels_last || strcmp(flatten, "channels_first") == 0;
    return status;
}

static void to_out_first(int shape[TENSOR_MAX_RANK]) {
    const int stored[] = {shape[0], shape[1], shape[2], shape[3]};
    shape[0] = stored[3];
    shape[1] = stored[2];
    shape[2] = stored[0];
    shape[3] = stored[1];
}

enum status keras_settle(struct keras_model *model, const struct keras_origin *origin,
                         enum channels_order asked, struct error *error) {
    /* As Keras 2 does, treats a file without keras_version as one of Keras 1. */
    const bool keras1 = !origin->native && (!origin->version[0] || origin->version[0] == '1');
    const struct keras_layer *conv = first_conv(model);
    if (!conv)
        return STATUS_OK;
    const enum status status = keras1 ? settle_keras1(model, origin, conv, asked, error)
                                      : settle_keras2(model, origin, asked, error);
    for (int i = 0; i < model->layer_count; i++)
        if (model->layers[i].rank == KERAS_CONV_RANK && !model->out_first)
            to_out_first(model->layers[i].shape);
    return status;
}

/* ---- Conversion ------------------------------------------------------------------------------ */

/* Strides of the file's array for an index (out, in, row, column). */
struct kernel_strides {
    size_t out, in, row, column;
};

static struct kernel_strides file_strides(const int shape[TENSOR_MAX_RANK], bool out_first) {
    const size_t outs = (size_t)shape[0];
    const size_t ins = (size_t)shape[1];
    const size_t rows = (size_t)shape[2];
    const size_t columns = (size_t)shape[3];
    if (out_first)
        return (struct kernel_strides){ins * rows * columns, rows * columns, columns, 1};
    return (struct kernel_strides){1, outs, columns * ins * outs, ins * outs};
}

static void convert_conv(const struct keras_model *model, const int shape[TENSOR_MAX_RANK],
                         const float *raw, float *out) {
    const struct kernel_strides stride = file_strides(shape, model->out_first);
    for (int o = 0; o < shape[0]; o++)
        for (int i = 0; i < shape[1]; i++)
            for (int y = 0; y < shape[2]; y++)
                for (int x = 0; x < shape[3]; x++) {
                    const int row = model->flipped ? shape[2] - 1 - y : y;
                    const int column = model->flipped ? shape[3] - 1 - x : x;
                    *out++ = raw[(size_t)o * stride.out + (size_t)i * stride.in +
                                 (size_t)row * stride.row + (size_t)column * stride.column];
                }
}

/* Rows from (position, channel) to (channel, position). */
static void convert_dense_rows(const int shape[TENSOR_MAX_RANK], int plane, const float *raw,
                               float *out) {
    const int channels = shape[0] / plane;
    const size_t width = (size_t)shape[1];
    for (int channel = 0; channel < channels; channel++)
        for (int position = 0; position < plane; position++) {
            const size_t row = (size_t)position * (size_t)channels + (size_t)channel;
            memcpy(out, raw + row * width, width * sizeof *out);
            out += width;
        }
}

void keras_convert(const struct keras_model *model, const struct keras_tensor *tensor,
                   const float *raw, float *out) {
    if (!tensor->is_bias && tensor->layer->rank == KERAS_CONV_RANK)
        convert_conv(model, tensor->layer->shape, raw, out);
    else if (tensor->plane > 1)
        convert_dense_rows(tensor->layer->shape, tensor->plane, raw, out);
    else
        memcpy(out, raw, tensor->size * sizeof *out);
}

void keras_kernel_from_file(const struct tensor_view *view, const float *raw, float *out) {
    static const struct keras_model ours;
    convert_conv(&ours, view->shape, raw, out);
}

void keras_kernel_to_file(const struct tensor_view *view, float *out) {
    const struct kernel_strides stride = file_strides(view->shape, false);
    const float *value = view->data;
    for (int o = 0; o < view->shape[0]; o++)
        for (int i = 0; i < view->shape[1]; i++)
            for (int y = 0; y < view->shape[2]; y++)
                for (int x = 0; x < view->shape[3]; x++)
                    out[(size_t)o * stride.out + (size_t)i * stride.in + (size_t)y * stride.row +
                        (size_t)x * stride.column] = *value++;
}
