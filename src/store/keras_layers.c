#include "store/keras_layers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char layer_names[] = "layer_names";
static const char weight_names[] = "weight_names";
static const char model_weights[] = "model_weights";
static const char native_layers[] = "layers";

/* Room for any name that fits in a line; unprintable bytes become '?'. */
static void show_name(char shown[KERAS_NAME_SIZE], const char *name) {
    snprintf(shown, KERAS_NAME_SIZE, "%s", name);
    printable(shown);
}

/* Writes "folder/name" (an empty folder is the root); false if that is too long. */
static bool join(char path[KERAS_PATH_SIZE], const char *folder, const char *name) {
    const int length =
        snprintf(path, KERAS_PATH_SIZE, "%s%s%s", folder, folder[0] ? "/" : "", name);
    return length < KERAS_PATH_SIZE;
}

/* ---- Keras 1 and 2: lists of names ----------------------------------------------------------- */

static enum status refuse_biasless(const char *name, struct error *error) {
    return error_set(error, STATUS_BAD_INPUT,
                     "found layer '%s' with one array; wanted two, a kernel and a bias", name);
}

/* Adds a layer whose arrays lie at "folder/kernel" and "folder/bias". */
static enum status add_layer(const struct hdf5_file *file, struct keras_model *model,
                             const char *name, const char *folder, const char *kernel,
                             const char *bias, struct error *error) {
    if (model->layer_count == KERAS_MAX_LAYERS)
        return error_set(error, STATUS_BAD_INPUT, "found more than %d layers", KERAS_MAX_LAYERS);
    struct keras_layer *layer = &model->layers[model->layer_count];
    show_name(layer->name, name);
    if (!join(layer->kernel_path, folder, kernel) || !join(layer->bias_path, folder, bias))
        return error_set(error, STATUS_BAD_INPUT, "found layer '%s' with a name far too long",
                         layer->name);

    int bias_shape[TENSOR_MAX_RANK];
    layer->rank = hdf5_array_shape(file, layer->kernel_path, layer->shape);
    if ((layer->rank != 2 && layer->rank != 4) ||
        hdf5_array_shape(file, layer->bias_path, bias_shape) != 1)
        return error_set(error, STATUS_BAD_INPUT,
                         "found no sound kernel and bias in layer '%s'; wanted those of a "
                         "two-dimensional convolution or a dense layer",
                         layer->name);
    layer->bias_size = bias_shape[0];
    model->layer_count++;
    return STATUS_OK;
}

static enum status read_legacy_layer(const struct hdf5_file *file, const char *group,
                                     const char *name, struct keras_model *model,
                                     struct error *error) {
    char shown[KERAS_NAME_SIZE];
    char folder[KERAS_PATH_SIZE];
    struct hdf5_texts arrays;
    show_name(shown, name);
    if (!join(folder, group, name) || !hdf5_read_texts(file, folder, weight_names, &arrays))
        return error_set(error, STATUS_BAD_INPUT,
                         "found layer '%s' in %s, but no group with its %s", shown, layer_names,
                         weight_names);
    enum status status = STATUS_OK;
    if (arrays.count == 2)
        status = add_layer(file, model, name, folder, hdf5_text(&arrays, 0), hdf5_text(&arrays, 1),
                           error);
    else if (arrays.count == 1)
        status = refuse_biasless(shown, error);
    else if (arrays.count != 0)
        status = error_set(error, STATUS_BAD_INPUT,
                           "found layer '%s' with %zu arrays; wanted a kernel and a bias", shown,
                           arrays.count);
    free(arrays.data);
    return status;
}

static enum status read_legacy_layers(const struct hdf5_file *file, const char *group,
                                      struct keras_model *model, struct error *error) {
    struct hdf5_texts names;
    if (!hdf5_read_texts(file, group, layer_names, &names))
        return error_set(error, STATUS_BAD_INPUT, "found no sound list %s", layer_names);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < names.count && status == STATUS_OK; i++)
        status = read_legacy_layer(file, group, hdf5_text(&names, i), model, error);
    free(names.data);
    return status;
}

/* ---- Keras 3: names with numbers ------------------------------------------------------------- */

/* A name of Keras 3's own layout: a class and a number; the first of a class has no number. */
struct native_name {
    size_t stem; /* characters before the number */
    long number;
};

static struct native_name split_native_name(const char *name) {
    const char *underscore = strrchr(name, '_');
    if (underscore && underscore[1] >= '1' && underscore[1] <= '9') {
        char *end;
        const long number = strtol(underscore + 1, &end, 10);
        if (*end == '\0')
            return (struct native_name){(size_t)(underscore - name), number};
    }
    return (struct native_name){strlen(name), 0};
}

/* The order of the model: "dense" before "dense_1", "dense_9" before "dense_10". For qsort. */
static int compare_native_names(const void *left, const void *right) {
    const struct native_name a = split_native_name(left);
    const struct native_name b = split_native_name(right);
    const int order = strncmp(left, right, a.stem < b.stem ? a.stem : b.stem);
    if (order != 0)
        return order;
    if (a.stem != b.stem)
        return a.stem < b.stem ? -1 : 1;
    return (a.number > b.number) - (a.number < b.number);
}

/* A model used as a layer has layers of its own, whose place in the network nothing tells. */
static enum status refuse_inner_model(const struct hdf5_file *file, const char *name,
                                      struct error *error) {
    char inner[KERAS_PATH_SIZE];
    char shown[KERAS_NAME_SIZE];
    snprintf(inner, sizeof inner, "%s/%s/%s", native_layers, name, native_layers);
    if (!hdf5_exists(file, inner))
        return STATUS_OK;
    show_name(shown, name);
    return error_set(error, STATUS_BAD_INPUT,
                     "found a model within the model, '%s'; wanted all layers in one model", shown);
}

/* "layers/dense_2/vars" holds the arrays "0" and "1", and the layer's name as an attribute. */
static enum status read_native_layer(const struct hdf5_file *file, const char *name,
                                     struct keras_model *model, struct error *error) {
    char folder[KERAS_PATH_SIZE];
    snprintf(folder, sizeof folder, "%s/%s/vars", native_layers, name);
    char kernel[KERAS_PATH_SIZE];
    if (!join(kernel, folder, "0") || !hdf5_exists(file, kernel))
        return refuse_inner_model(file, name, error); /* or a layer without weights */
    char own_name[KERAS_NAME_SIZE];
    char bias[KERAS_PATH_SIZE];
    hdf5_read_word(file, folder, "name", own_name, sizeof own_name);
    if (!own_name[0])
        show_name(own_name, name);
    if (join(bias, folder, "1") && !hdf5_exists(file, bias))
        return refuse_biasless(own_name, error);
    return add_layer(file, model, own_name, folder, "0", "1", error);
}

static enum status read_native_layers(const struct hdf5_file *file, struct keras_model *model,
                                      struct error *error) {
    struct hdf5_texts names;
    if (!hdf5_read_names(file, native_layers, &names))
        return error_set(error, STATUS_BAD_INPUT, "found no sound group '%s'", native_layers);
    qsort(names.data, names.count, names.width, compare_native_names);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < names.count && status == STATUS_OK; i++)
        status = read_native_layer(file, hdf5_text(&names, i), model, error);
    free(names.data);
    return status;
}

/* ---- Both layouts ---------------------------------------------------------------------------- */

enum status keras_find_layers(const struct hdf5_file *file, struct keras_model *model,
                              struct keras_origin *origin, struct error *error) {
    const char *group = hdf5_has_texts(file, "", layer_names) ? "" : model_weights;
    origin->native = !hdf5_exists(file, group);
    if (!origin->native) {
        hdf5_read_word(file, group, "keras_version", origin->version, sizeof origin->version);
        hdf5_read_word(file, group, "backend", origin->backend, sizeof origin->backend);
        return read_legacy_layers(file, group, model, error);
    }
    if (!hdf5_exists(file, native_layers))
        return error_set(error, STATUS_BAD_INPUT,
                         "found an HDF5 file without %s, '%s' or '%s'; wanted Keras weights",
                         layer_names, model_weights, native_layers);
    return read_native_layers(file, model, error);
}
