#include "store/keras_description.h"

#include "store/keras_graph.h"

#include <math.h>
#include <string.h>

/* ---- Ways from layer to layer ---------------------------------------------------------------- */

static enum status check_activation(const struct keras_graph *graph, const struct keras_way *way,
                                    int layer, const char *wanted, struct error *error) {
    if (strcmp(way->activation, wanted) == 0)
        return STATUS_OK;
    const struct keras_node *node = way->activated ? way->activated : &graph->nodes[layer];
    return error_set(error, STATUS_BAD_INPUT, "found layer '%s' with activation '%s'; wanted '%s'",
                     node->name, way->activation, wanted);
}

/* Our networks take pictures as 0 to 1; a model may take 0 to 255 and divide. */
static enum status check_rescaling(const struct keras_way *way, bool is_picture,
                                   struct error *error) {
    double scale = 1;
    double offset = 0;
    if (!way->rescaling)
        return STATUS_OK;
    const struct json *config = way->rescaling->config;
    const bool is_number = config && json_get_real(config, "scale", &scale);
    if (config && json_has(config, "offset") && !json_get_real(config, "offset", &offset))
        offset = NAN;
    if (is_picture && is_number && fabs(scale * 255 - 1) < 1e-6 && offset == 0)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "found layer '%s', which scales by %g and adds %g; wanted %s",
                     way->rescaling->name, scale, offset,
                     is_picture ? "1/255 and 0" : "no such layer on a vector");
}

/* Checks that layer follows below (NULL: the input), with a ReLU between. */
static enum status check_joint(const struct keras_graph *graph, const struct keras_layer *layer,
                               const struct keras_layer *below, bool is_picture,
                               struct error *error) {
    struct keras_way way;
    const int index = keras_find_node(graph, layer->name);
    const int wanted = below ? keras_find_node(graph, below->name) : KERAS_OUTSIDE;
    if (index == KERAS_NOT_FOUND || wanted == KERAS_NOT_FOUND)
        return error_set(error, STATUS_BAD_INPUT,
                         "found weights of layer '%s', which the model's description lacks",
                         index == KERAS_NOT_FOUND ? layer->name : below->name);
    const struct keras_node *node = &graph->nodes[index];
    if (keras_follow(graph, node->source, &way, error) != STATUS_OK)
        return STATUS_BAD_INPUT;
    if (way.end != wanted)
        return error_set(error, STATUS_BAD_INPUT, "found layer '%s' on %s%s%s; wanted it on %s%s%s",
                         node->name, way.end == KERAS_OUTSIDE ? "the input" : "'",
                         way.end == KERAS_OUTSIDE ? "" : graph->nodes[way.end].name,
                         way.end == KERAS_OUTSIDE ? "" : "'", below ? "'" : "the input",
                         below ? below->name : "", below ? "'" : "");
    if (way.rescaling && below)
        return keras_refuse_node(way.rescaling,
                                 "between layers with weights; wanted it on the input", error);
    const enum status status = check_rescaling(&way, is_picture, error);
    return status == STATUS_OK
               ? check_activation(graph, &way, wanted, below ? "relu" : "linear", error)
               : status;
}

/* ---- Layers ---------------------------------------------------------------------------------- */

/* Checks that the pair of numbers under either of two keys, if present, is (wanted, wanted). */
static enum status check_pair(const struct keras_node *node, const char *key, const char *old_key,
                              int wanted, struct error *error) {
    const struct json *pair = json_get_array(node->config, key);
    if (!pair)
        pair = json_get_array(node->config, old_key);
    int64_t found[2] = {wanted, wanted};
    for (size_t i = 0; pair && i < 2; i++)
        if (!json_as_int(json_at(pair, i), &found[i]))
            found[i] = 0;
    if (found[0] == wanted && found[1] == wanted)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT, "found layer '%s' with %s of %lldx%lld; wanted %dx%d",
                     node->name, key, (long long)found[0], (long long)found[1], wanted, wanted);
}

static enum status check_word(const struct keras_node *node, const char *key, const char *old_key,
                              const char *wanted, const char *old_wanted, struct error *error) {
    char found[KERAS_WORD_SIZE];
    keras_read_word(node->config, key, found, sizeof found);
    if (!found[0])
        keras_read_word(node->config, old_key, found, sizeof found);
    if (!found[0] || strcmp(found, wanted) == 0 || strcmp(found, old_wanted) == 0)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT, "found layer '%s' with %s '%s'; wanted '%s'",
                     node->name, key, found, wanted);
}

static enum status check_conv(const struct keras_graph *graph, const struct keras_model *model,
                              const struct keras_layer *layer, int stride, struct error *error) {
    const int index = keras_find_node(graph, layer->name);
    const struct keras_node *node = &graph->nodes[index];
    int64_t groups;
    if (strcmp(node->class, "Conv2D") != 0 && strcmp(node->class, "Convolution2D") != 0)
        return keras_refuse_node(node, "with a convolution's weights, but of another class", error);
    enum status status = check_pair(node, "strides", "subsample", stride, error);
    if (status == STATUS_OK)
        status = check_pair(node, "dilation_rate", "dilation_rate", 1, error);
    if (status == STATUS_OK)
        status = check_word(node, "padding", "border_mode", "valid", "valid", error);
    if (status == STATUS_OK)
        status = check_word(node, "data_format", "dim_ordering",
                            model->channels_last ? "channels_last" : "channels_first",
                            model->channels_last ? "tf" : "th", error);
    if (status == STATUS_OK && json_get_int(node->config, "groups", &groups) && groups != 1)
        status = keras_refuse_node(node, "with groups of channels; wanted none", error);
    return status;
}

/* Checks the input picture's shape, if the layer states one. */
static enum status check_input(const struct keras_node *node, const struct keras_model *model,
                               int side, struct error *error) {
    const struct json *shape =
        node->config ? json_get_array(node->config, "batch_input_shape") : NULL;
    if (!shape && node->config)
        shape = json_get_array(node->config, "batch_shape");
    if (!shape || json_count(shape) != 4)
        return STATUS_OK;
    for (size_t i = 0; i < 2; i++) {
        int64_t found;
        if (json_as_int(json_at(shape, i + (model->channels_last ? 1 : 2)), &found) &&
            found != side)
            return error_set(error, STATUS_BAD_INPUT,
                             "found layer '%s' for pictures of %lld pixels; wanted %dx%d",
                             node->name, (long long)found, side, side);
    }
    return STATUS_OK;
}

static enum status check_nodes(const struct keras_graph *graph, const struct keras_model *model,
                               int side, struct error *error) {
    enum status status = STATUS_OK;
    for (int i = 0; i < graph->count && status == STATUS_OK; i++) {
        const struct keras_node *node = &graph->nodes[i];
        if (keras_node_kind(node) == KERAS_KIND_FLATTEN && model->channels_last)
            status = check_word(node, "data_format", "data_format", "channels_last", "", error);
        if (status == STATUS_OK)
            status = check_input(node, model, side, error);
    }
    return status;
}

/* ---- Heads ----------------------------------------------------------------------------------- */

/* We apply softmax to a policy's outputs ourselves, so it does not matter whether the model
 * does. */
static enum status check_output(const struct keras_graph *graph, const struct keras_roles *roles,
                                int index, struct error *error) {
    struct keras_way way;
    if (keras_follow(graph, index, &way, error) != STATUS_OK)
        return STATUS_BAD_INPUT;
    const bool is_policy = roles->policy && way.end == keras_find_node(graph, roles->policy->name);
    if (way.rescaling)
        return keras_refuse_node(way.rescaling, "above a head; wanted it on the input", error);
    if (is_policy && strcmp(way.activation, "softmax") == 0)
        return STATUS_OK;
    return check_activation(graph, &way, way.end, "linear", error);
}

/* Outputs are the nodes that no other node takes as input. */
static enum status check_outputs(const struct keras_graph *graph, const struct keras_roles *roles,
                                 struct error *error) {
    enum status status = STATUS_OK;
    for (int i = 0; i < graph->count && status == STATUS_OK; i++) {
        bool is_output = true;
        for (int j = 0; j < graph->count; j++)
            is_output = is_output && graph->nodes[j].source != i;
        if (is_output)
            status = check_output(graph, roles, i, error);
    }
    return status;
}

enum status keras_check_description(const struct json *description, const struct keras_model *model,
                                    const struct keras_roles *roles, int side,
                                    struct error *error) {
    const bool is_picture = roles->conv_count > 0;
    const struct keras_layer *below = NULL;
    struct keras_graph graph;
    enum status status = keras_read_graph(description, &graph, error);
    for (int i = 0; i < roles->conv_count && status == STATUS_OK; i++) {
        status = check_joint(&graph, roles->conv[i], below, is_picture, error);
        if (status == STATUS_OK)
            status = check_conv(&graph, model, roles->conv[i], keras_stride(i), error);
        below = roles->conv[i];
    }
    for (int i = 0; i < roles->hidden_count && status == STATUS_OK; i++) {
        status = check_joint(&graph, roles->hidden[i], below, is_picture, error);
        below = roles->hidden[i];
    }
    const struct keras_layer *const heads[] = {roles->q, roles->value, roles->policy};
    for (int i = 0; i < 3 && status == STATUS_OK; i++)
        if (heads[i])
            status = check_joint(&graph, heads[i], below, is_picture, error);
    if (status == STATUS_OK)
        status = check_nodes(&graph, model, side, error);
    return status == STATUS_OK ? check_outputs(&graph, roles, error) : status;
}
