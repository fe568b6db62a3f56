#include "store/keras_layout.h"

#include <stdio.h>
#include <string.h>

enum { CONV_RANK = 4, DENSE_RANK = 2 };

/* ---- Conventions ----------------------------------------------------------------------------- */

/* The text of key in the configuration of the model's first layer of that class; "" if absent. */
static void layer_setting(const struct json *model, const char *layer_class, const char *key,
                          char *out, size_t size) {
    out[0] = '\0';
    if (!model)
        return;
    const struct json *layer = json_find_object(model, "class_name", layer_class);
    const struct json *config = layer ? json_get_object(layer, "config") : NULL;
    if (config && !json_get_text(config, key, out, size))
        out[0] = '\0';
}

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static const struct keras_layer *first_conv(const struct keras_model *model) {
    for (int i = 0; i < model->layer_count; i++)
        if (model->layers[i].rank == CONV_RANK)
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

/* From the description; without one, from which two sides of the kernel are equal. */
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

static enum status settle_keras1(struct keras_model *model, const struct keras_origin *origin,
                                 const struct keras_layer *conv, enum channels_order asked,
                                 struct error *error) {
    const enum status status =
        choose_order(keras1_order(conv, origin), asked, &model->channels_last, error);
    model->out_first = !model->channels_last;
    model->rows_transposed = model->channels_last;
    model->flipped = model->out_first && !ends_with(conv->kernel_path, ":0");
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
    /* Like Keras 2, takes a file without keras_version for one of Keras 1. */
    const bool keras1 = !origin->native && (!origin->version[0] || origin->version[0] == '1');
    const struct keras_layer *conv = first_conv(model);
    if (!conv)
        return STATUS_OK;
    const enum status status = keras1 ? settle_keras1(model, origin, conv, asked, error)
                                      : settle_keras2(model, origin, asked, error);
    for (int i = 0; i < model->layer_count; i++)
        if (model->layers[i].rank == CONV_RANK && !model->out_first)
            to_out_first(model->layers[i].shape);
    return status;
}

/* ---- Roles ----------------------------------------------------------------------------------- */

static int layer_outputs(const struct keras_layer *layer) {
    return layer->rank == CONV_RANK ? layer->shape[0] : layer->shape[1];
}

static enum status find_heads(const struct keras_layer *const heads[], int count,
                              struct keras_roles *roles, struct error *error) {
    if (count == 1) {
        roles->q = heads[0];
        return STATUS_OK;
    }
    const bool named =
        strcmp(heads[0]->name, "value") == 0 || strcmp(heads[1]->name, "policy") == 0;
    const bool named_swapped =
        strcmp(heads[1]->name, "value") == 0 || strcmp(heads[0]->name, "policy") == 0;
    const bool swapped = named || named_swapped ? named_swapped : layer_outputs(heads[0]) != 1;
    roles->value = heads[swapped];
    roles->policy = heads[!swapped];
    if (layer_outputs(roles->value) != 1)
        return error_set(error, STATUS_BAD_INPUT,
                         "found the heads '%s' with %d outputs and '%s' with %d; wanted a value "
                         "head with 1 output and a policy head",
                         heads[0]->name, layer_outputs(heads[0]), heads[1]->name,
                         layer_outputs(heads[1]));
    return STATUS_OK;
}

static enum status check_joint(const struct keras_layer *below, const struct keras_layer *above,
                               bool flattened, struct error *error) {
    const int outputs = layer_outputs(below);
    const int inputs = above->rank == CONV_RANK ? above->shape[1] : above->shape[0];
    if (flattened ? inputs % outputs == 0 : inputs == outputs)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "found layer '%s' with %d inputs on layer '%s' with %d outputs; wanted %s%d",
                     above->name, inputs, below->name, outputs, flattened ? "a multiple of " : "",
                     outputs);
}

static enum status check_joints(const struct keras_roles *roles, struct error *error) {
    enum status status = STATUS_OK;
    for (int i = 1; i < roles->conv_count && status == STATUS_OK; i++)
        status = check_joint(roles->conv[i - 1], roles->conv[i], false, error);
    if (status == STATUS_OK && roles->conv_count > 0)
        status = check_joint(roles->conv[roles->conv_count - 1], roles->hidden[0], true, error);
    for (int i = 1; i < roles->hidden_count && status == STATUS_OK; i++)
        status = check_joint(roles->hidden[i - 1], roles->hidden[i], false, error);
    const struct keras_layer *const heads[] = {roles->q, roles->value, roles->policy};
    for (int i = 0; i < 3 && status == STATUS_OK; i++)
        if (heads[i])
            status = check_joint(roles->hidden[roles->hidden_count - 1], heads[i], false, error);
    return status;
}

static enum status check_biases(const struct keras_model *model, struct error *error) {
    for (int i = 0; i < model->layer_count; i++) {
        const struct keras_layer *layer = &model->layers[i];
        if (layer->bias_size != layer_outputs(layer))
            return error_set(error, STATUS_BAD_INPUT,
                             "found layer '%s' with %d biases for its %d outputs; wanted one each",
                             layer->name, layer->bias_size, layer_outputs(layer));
    }
    return STATUS_OK;
}

enum status keras_find_roles(const struct keras_model *model, struct keras_roles *roles,
                             struct error *error) {
    enum { MAX_HEADS = 2, MAX_DENSE = KERAS_MAX_HIDDEN + MAX_HEADS };
    const struct keras_layer *dense[MAX_DENSE];
    int dense_count = 0;
    memset(roles, 0, sizeof *roles);
    for (int i = 0; i < model->layer_count; i++) {
        const struct keras_layer *layer = &model->layers[i];
        if (layer->rank == CONV_RANK) {
            if (roles->conv_count < KERAS_MAX_CONVS)
                roles->conv[roles->conv_count] = layer;
            roles->conv_count++;
        } else {
            if (dense_count < MAX_DENSE)
                dense[dense_count] = layer;
            dense_count++;
        }
    }
    roles->hidden_count = roles->conv_count > 0 ? 1 : KERAS_MAX_HIDDEN;
    const int heads = dense_count - roles->hidden_count;
    if (roles->conv_count > KERAS_MAX_CONVS || heads < 1 || heads > MAX_HEADS)
        return error_set(
            error, STATUS_BAD_INPUT,
            "found %d convolution and %d dense layers; wanted 2, 3 or 15 convolutions and "
            "a dense layer, or 2 dense layers alone, and heads: value and policy, or "
            "Q",
            roles->conv_count, dense_count);
    for (int i = 0; i < roles->hidden_count; i++)
        roles->hidden[i] = dense[i];
    enum status status = find_heads(dense + roles->hidden_count, heads, roles, error);
    if (status == STATUS_OK)
        status = check_biases(model, error);
    return status == STATUS_OK ? check_joints(roles, error) : status;
}

/* ---- Description ----------------------------------------------------------------------------- */

/* The trunk impala pools its planes to half of each side, rounded up, after its first convolution
 * and two others; all its convolutions are padded. */
enum { TRUNK_MAX_CONVS = 3, IMPALA_CONVS = 15, IMPALA_POOLS = 3 };

int keras_stride(int index) {
    static const int strides[TRUNK_MAX_CONVS] = {4, 2, 1}; /* by trunk, as in network.h */
    return strides[index < TRUNK_MAX_CONVS ? index : TRUNK_MAX_CONVS - 1];
}

/* The side of a square plane after the trunk's convolutions; 0: too small. */
static int trunk_output_side(const struct keras_roles *roles, int side) {
    if (roles->conv_count == IMPALA_CONVS) {
        for (int i = 0; i < IMPALA_POOLS; i++)
            side = (side + 1) / 2;
        return side;
    }
    for (int i = 0; i < roles->conv_count && i < TRUNK_MAX_CONVS; i++) {
        const int kernel = roles->conv[i]->shape[2];
        if (side < kernel)
            return 0;
        side = (side - kernel) / keras_stride(i) + 1;
    }
    return side;
}

/* The observation's side that yields the dense layer's number of inputs; 0: there is none. */
static int observation_side(const struct keras_roles *roles) {
    enum { USUAL_SIDE = 84, LARGEST_SIDE = 1024 };
    const struct keras_layer *last = roles->conv[roles->conv_count - 1];
    const int plane = roles->hidden[0]->shape[0] / layer_outputs(last);
    const int usual = trunk_output_side(roles, USUAL_SIDE);
    if (usual * usual == plane)
        return USUAL_SIDE;
    for (int side = 1; side <= LARGEST_SIDE; side++) {
        const int output = trunk_output_side(roles, side);
        if (output * output == plane)
            return side;
    }
    return 0;
}

static enum status check_trunk(const struct keras_roles *roles, struct error *error) {
    static const int kernels[TRUNK_MAX_CONVS] = {8, 4, 3};
    const bool is_impala = roles->conv_count == IMPALA_CONVS;
    if (roles->conv_count == 0)
        return STATUS_OK;
    if (!is_impala && (roles->conv_count < 2 || roles->conv_count > TRUNK_MAX_CONVS))
        return error_set(error, STATUS_BAD_INPUT,
                         "found %d convolution layers; wanted 2 (trunk a3c), 3 (trunk nature) or "
                         "%d (trunk impala)",
                         roles->conv_count, IMPALA_CONVS);
    for (int i = 0; i < roles->conv_count; i++) {
        const struct keras_layer *conv = roles->conv[i];
        const int kernel = is_impala ? 3 : kernels[i];
        if (conv->shape[2] != kernel || conv->shape[3] != kernel)
            return error_set(error, STATUS_BAD_INPUT,
                             "found kernels of %dx%d in layer '%s'; wanted %dx%d", conv->shape[2],
                             conv->shape[3], conv->name, kernel, kernel);
    }
    return STATUS_OK;
}

enum status keras_describe(const struct keras_model *model, const struct keras_roles *roles,
                           struct weights_layout *layout, struct error *error) {
    const enum status status = check_trunk(roles, error);
    if (status != STATUS_OK)
        return status;
    const bool is_vector = roles->conv_count == 0;
    const int side = is_vector ? 1 : observation_side(roles);
    if (side == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "found %d inputs of layer '%s', which no square observation gives",
                         roles->hidden[0]->shape[0], roles->hidden[0]->name);
    *layout = (struct weights_layout){
        .metadata = model->metadata,
        .convolutions = roles->conv_count,
        .q_heads = roles->q != NULL,
        .channels = is_vector ? roles->hidden[0]->shape[0] : roles->conv[0]->shape[1],
        .actions = layer_outputs(roles->q ? roles->q : roles->policy),
        .height = side,
        .width = side,
    };
    return STATUS_OK;
}

/* ---- Tensors --------------------------------------------------------------------------------- */

static bool has_role(const struct tensor_view *view, const char *role) {
    const size_t length = strlen(role);
    return strncmp(view->name, role, length) == 0 && view->name[length] == '/';
}

static bool is_bias(const struct tensor_view *view) {
    return ends_with(view->name, "/bias");
}

static const struct tensor_view *find_kernel(const struct tensor_view *views, int count,
                                             const char *role) {
    for (int i = 0; i < count; i++)
        if (has_role(&views[i], role) && !is_bias(&views[i]))
            return &views[i];
    return NULL;
}

enum status keras_check_views(const struct keras_roles *roles, const struct tensor_view *views,
                              int view_count, struct error *error) {
    const struct tensor_view *q = find_kernel(views, view_count, "q");
    const struct tensor_view *policy = find_kernel(views, view_count, "policy");
    if (q && !roles->q)
        return error_set(error, STATUS_BAD_INPUT,
                         "found value and policy heads ('%s', '%s'); wanted one Q head",
                         roles->value->name, roles->policy->name);
    if (policy && !roles->policy)
        return error_set(error, STATUS_BAD_INPUT,
                         "found one head ('%s'), so a Q network; wanted value and policy heads",
                         roles->q->name);

    int conv_count = 0;
    for (int i = 0; i < view_count; i++)
        conv_count += views[i].rank == CONV_RANK;
    if (conv_count != roles->conv_count)
        return error_set(error, STATUS_BAD_INPUT, "found %d convolution layers; wanted %d",
                         roles->conv_count, conv_count);

    const struct tensor_view *wanted = q ? q : policy;
    const int actions = layer_outputs(roles->q ? roles->q : roles->policy);
    if (wanted && wanted->shape[1] != actions)
        return error_set(error, STATUS_BAD_INPUT,
                         "found a network for %d actions; wanted one for %d", actions,
                         wanted->shape[1]);
    return STATUS_OK;
}

static const struct keras_layer *layer_of(const struct keras_roles *roles,
                                          const struct tensor_view *view) {
    int conv;
    if (sscanf(view->name, "conv%d/", &conv) == 1)
        return conv >= 1 && conv <= roles->conv_count ? roles->conv[conv - 1] : NULL;
    if (has_role(view, "dense"))
        return roles->hidden[0];
    int hidden;
    if (sscanf(view->name, "dense%d/", &hidden) == 1)
        return hidden >= 1 && hidden <= roles->hidden_count ? roles->hidden[hidden - 1] : NULL;
    if (has_role(view, "value"))
        return roles->value;
    if (has_role(view, "policy"))
        return roles->policy;
    return has_role(view, "q") ? roles->q : NULL;
}

const char *keras_shape_text(int rank, const int *shape, char text[KERAS_SHAPE_TEXT_SIZE]) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < rank && used < KERAS_SHAPE_TEXT_SIZE; i++)
        used += (size_t)snprintf(text + used, KERAS_SHAPE_TEXT_SIZE - used, "%s%d", i ? "x" : "",
                                 shape[i]);
    return text;
}

enum status keras_find_tensor(const struct keras_model *model, const struct keras_roles *roles,
                              const struct tensor_view *view, struct keras_tensor *tensor,
                              struct error *error) {
    const struct keras_layer *layer = layer_of(roles, view);
    if (!layer)
        return error_set(error, STATUS_BAD_INPUT, "found no layer for '%s'", view->name);
    const int rank = is_bias(view) ? 1 : layer->rank;
    const int *shape = is_bias(view) ? &layer->bias_size : layer->shape;
    if (view->rank != rank || memcmp(view->shape, shape, (size_t)rank * sizeof *shape) != 0) {
        char found[KERAS_SHAPE_TEXT_SIZE];
        char wanted[KERAS_SHAPE_TEXT_SIZE];
        return error_set(error, STATUS_BAD_INPUT, "found %s of layer '%s' with shape %s; wanted %s",
                         is_bias(view) ? "the bias" : "the kernel", layer->name,
                         keras_shape_text(rank, shape, found),
                         keras_shape_text(view->rank, view->shape, wanted));
    }
    *tensor = (struct keras_tensor){
        .layer = layer, .is_bias = is_bias(view), .size = tensor_size(view), .plane = 1};
    if (model->rows_transposed && roles->conv_count > 0 && layer == roles->hidden[0] &&
        !tensor->is_bias)
        tensor->plane = layer->shape[0] / layer_outputs(roles->conv[roles->conv_count - 1]);
    return STATUS_OK;
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
    if (!tensor->is_bias && tensor->layer->rank == CONV_RANK)
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
