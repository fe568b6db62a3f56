#include "store/keras_named.h"

#include "store/keras_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONV_RANK = 4, ROOM = 2 * TENSOR_NAME_SIZE };

/* The path at which we write the array of that name: "dense/dense/kernel". */
static void array_path(const char *tensor, char path[ROOM]) {
    snprintf(path, ROOM, "%.*s/%.39s", (int)strcspn(tensor, "/"), tensor, tensor);
}

/* The shape in our order: kernels of convolutions are (height, width, in, out) in the file. */
static int array_shape(const struct hdf5_file *file, const char *tensor,
                       int shape[TENSOR_MAX_RANK]) {
    char path[ROOM];
    int stored[TENSOR_MAX_RANK];
    array_path(tensor, path);
    const int rank = hdf5_array_shape(file, path, stored);
    static const int kernel_order[CONV_RANK] = {3, 2, 0, 1};
    for (int i = 0; i < rank; i++)
        shape[i] = stored[rank == CONV_RANK ? kernel_order[i] : i];
    return rank;
}

bool keras_is_named(const struct weights_metadata *metadata) {
    static const char *const by_structure[] = {"", "a3c", "nature", "mlp", "impala"};
    for (size_t i = 0; i < sizeof by_structure / sizeof *by_structure; i++)
        if (strcmp(metadata->network, by_structure[i]) == 0)
            return false;
    return true;
}

/* The inputs per pixel of the first layer with a kernel, or the length of its vector; 0: there is
 * none. A layer before it may normalise observations. */
static int count_inputs(const struct hdf5_file *file, const struct hdf5_texts *layers,
                        bool *is_vector) {
    char kernel[TENSOR_NAME_SIZE];
    int shape[TENSOR_MAX_RANK];
    int rank = 0;
    for (size_t i = 0; rank <= 0 && i < 2 && i < layers->count; i++) {
        snprintf(kernel, sizeof kernel, "%.30s/kernel", hdf5_text(layers, i));
        rank = array_shape(file, kernel, shape);
    }
    *is_vector = rank == 2;
    return rank == CONV_RANK ? shape[1] : rank == 2 ? shape[0] : 0;
}

enum status keras_named_describe(const struct hdf5_file *file,
                                 const struct weights_metadata *metadata,
                                 struct weights_layout *layout, struct error *error) {
    enum { USUAL_SIDE = 84 };
    struct hdf5_texts layers;
    int head[TENSOR_MAX_RANK];
    bool is_vector;
    if (!hdf5_read_texts(file, "", "layer_names", &layers))
        return error_set(error, STATUS_BAD_INPUT, "found no sound list layer_names");
    const int inputs = count_inputs(file, &layers, &is_vector);
    free(layers.data);
    const bool is_q = array_shape(file, "q/kernel", head) == 2;
    if (inputs == 0 || (!is_q && array_shape(file, "policy/kernel", head) != 2))
        return error_set(error, STATUS_BAD_INPUT,
                         "found a network '%s' without a sound first layer and a head, policy or q",
                         metadata->network);
    *layout = (struct weights_layout){.metadata = *metadata,
                                      .convolutions = is_vector ? 0 : 1,
                                      .q_heads = is_q,
                                      .channels = inputs,
                                      .actions = head[1],
                                      .height = is_vector ? 1 : USUAL_SIDE,
                                      .width = is_vector ? 1 : USUAL_SIDE};
    return STATUS_OK;
}

static enum status read_array(const struct hdf5_file *file, const struct tensor_view *view,
                              float *raw, float *out, struct error *error) {
    char path[ROOM];
    int shape[TENSOR_MAX_RANK];
    const int rank = array_shape(file, view->name, shape);
    if (rank != view->rank || memcmp(shape, view->shape, (size_t)rank * sizeof *shape) != 0) {
        char found[KERAS_SHAPE_TEXT_SIZE];
        char wanted[KERAS_SHAPE_TEXT_SIZE];
        return error_set(error, STATUS_BAD_INPUT, "found '%s' with shape %s; wanted %s", view->name,
                         rank > 0 ? keras_shape_text(rank, shape, found) : "of nothing",
                         keras_shape_text(view->rank, view->shape, wanted));
    }
    array_path(view->name, path);
    if (!hdf5_read_floats(file, path, raw))
        return error_set(error, STATUS_BAD_INPUT, "found '%s' damaged or cut short", view->name);
    if (!floats_are_finite(raw, tensor_size(view)))
        return error_set(error, STATUS_BAD_INPUT,
                         "found a weight in '%s' that is not a finite number", view->name);
    if (rank == CONV_RANK)
        keras_kernel_from_file(view, raw, out);
    else
        memcpy(out, raw, tensor_size(view) * sizeof *out);
    return STATUS_OK;
}

enum status keras_named_read(const struct hdf5_file *file, const struct tensor_view *views,
                             int view_count, float *raw, float *staged, struct error *error) {
    for (int i = 0; i < view_count; i++) {
        const enum status status = read_array(file, &views[i], raw, staged, error);
        if (status != STATUS_OK)
            return status;
        staged += tensor_size(&views[i]);
    }
    return STATUS_OK;
}
