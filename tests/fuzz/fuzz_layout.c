/*
 * The meaning of a Keras file's layers, for any result of HDF5: roles, shapes and conversions stay
 * in bounds. fuzz_weights reads whole files, but in a child process, where libFuzzer has no
 * coverage.
 *
 * Input: a byte of flags, then for each layer its name, rank, shape and bias.
 */
#include "fuzz.h"
#include "fuzz_file.h"

#include "store/keras_order.h"

enum { LAYER_BYTES = 7 };

static void make_layer(struct keras_layer *layer, const uint8_t *bytes) {
    static const char *const names[] = {"conv", "dense", "value", "policy"};
    memset(layer, 0, sizeof *layer);
    const char *name = names[bytes[0] & 3];
    snprintf(layer->name, sizeof layer->name, "%s", name);
    snprintf(layer->kernel_path, sizeof layer->kernel_path, "%s_W%s", name,
             bytes[0] & 4 ? ":0" : "");
    layer->rank = bytes[1] & 1 ? 4 : 2;
    for (int i = 0; i < layer->rank; i++)
        layer->shape[i] = 1 + bytes[2 + i] % 8;
    layer->bias_size = 1 + bytes[6] % 8;
}

/* A view of the layer's own shape is found and converted, each value to just one place. */
static void convert(const struct keras_model *model, const struct keras_roles *roles,
                    const char *name, const struct keras_layer *layer) {
    if (!layer)
        return;
    struct tensor_view view = {.rank = layer->rank};
    snprintf(view.name, sizeof view.name, "%s", name);
    memcpy(view.shape, layer->shape, sizeof view.shape);
    struct keras_tensor tensor;
    struct error error;
    fuzz_require(keras_find_tensor(model, roles, &view, &tensor, &error) == STATUS_OK,
                 "a layer that does not fit itself");
    float *raw = malloc(tensor.size * sizeof *raw);
    float *out = calloc(tensor.size, sizeof *out);
    fuzz_require(raw && out, "out of memory");
    for (size_t i = 0; i < tensor.size; i++)
        raw[i] = (float)i;
    keras_convert(model, &tensor, raw, out);
    double sum = 0;
    for (size_t i = 0; i < tensor.size; i++)
        sum += (double)out[i];
    const double count = (double)tensor.size;
    fuzz_require(sum == count * (count - 1) / 2, "a value lost in conversion");
    free(raw);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    const struct keras_origin origin = {
        .native = data[0] & 1,
        .version = {data[0] & 2 ? '2' : '\0'},
        .backend = {data[0] & 4 ? 't' : '\0', 'h', 'e', 'a', 'n', 'o'}};
    struct keras_model model = {.layer_count = 0};
    for (size_t at = 1; at + LAYER_BYTES <= size && model.layer_count < KERAS_MAX_LAYERS;
         at += LAYER_BYTES)
        make_layer(&model.layers[model.layer_count++], data + at);
    struct keras_roles roles;
    struct weights_layout layout;
    struct error error;
    const enum channels_order asked = data[0] & 8 ? CHANNELS_LAST : CHANNELS_FIRST;
    if (keras_settle(&model, &origin, asked, &error) != STATUS_OK)
        return 0;
    if (keras_find_roles(&model, &roles, &error) != STATUS_OK)
        return 0;
    if (keras_describe(&model, &roles, &layout, &error) == STATUS_OK)
        fuzz_require(layout.height > 0 && layout.actions > 0, "a strange network");
    convert(&model, &roles, "conv1/kernel", roles.conv[0]);
    convert(&model, &roles, "dense/kernel", roles.hidden[0]);
    convert(&model, &roles, "dense1/kernel", roles.hidden[0]);
    convert(&model, &roles, "dense2/kernel", roles.hidden[1]);
    convert(&model, &roles, "value/kernel", roles.value);
    convert(&model, &roles, "policy/kernel", roles.policy);
    convert(&model, &roles, "q/kernel", roles.q);
    return 0;
}
