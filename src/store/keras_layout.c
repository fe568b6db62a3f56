#include "store/keras_layout.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* ---- Metadata -------------------------------------------------------------------------------- */

#define WORD(member)                                                                               \
    {                                                                                              \
        "asyncrl_" #member, offsetof(struct weights_metadata, member),                             \
            sizeof(((struct weights_metadata *)0)->member)                                         \
    }
const struct keras_word keras_words[] = {WORD(method),       WORD(game),        WORD(observation),
                                         WORD(network),      WORD(actions),     WORD(atari),
                                         WORD(action_names), WORD(environment), WORD(env_kwargs),
                                         WORD(env_wrappers), WORD(state),       {0}};
#undef WORD

/* ---- Roles ----------------------------------------------------------------------------------- */

static int layer_outputs(const struct keras_layer *layer) {
    return layer->rank == KERAS_CONV_RANK ? layer->shape[0] : layer->shape[1];
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
    const int inputs = above->rank == KERAS_CONV_RANK ? above->shape[1] : above->shape[0];
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
        if (layer->rank == KERAS_CONV_RANK) {
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
                         "found %d inputs of layer '%s', which no square observation gives with "
                         "strides of 4, 2 and 1 and without padding",
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
    const char *slash = strrchr(view->name, '/');
    return slash && strcmp(slash, "/bias") == 0;
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
        conv_count += views[i].rank == KERAS_CONV_RANK;
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
