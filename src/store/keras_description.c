#include "store/keras_description.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_NODES = 64, WORD_SIZE = 32, OUTSIDE = -1, NOT_FOUND = -2 };

/* A layer of the description. */
struct node {
    char name[KERAS_NAME_SIZE];
    char class[WORD_SIZE];
    const struct json *layer;
    const struct json *config; /* may be NULL */
    int source;                /* the node below it; OUTSIDE: the model's input */
};

struct graph {
    int count;
    struct node nodes[MAX_NODES];
};

enum kind {
    KIND_UNKNOWN,
    KIND_INPUT,
    KIND_WEIGHTS,
    KIND_FLATTEN,
    KIND_PASSED,
    KIND_ACTIVATION,
    KIND_RESCALING
};

static enum kind kind_of(const struct node *node) {
    static const struct {
        const char *class;
        enum kind kind;
    } classes[] = {
        {"InputLayer", KIND_INPUT},
        {"Conv2D", KIND_WEIGHTS},
        {"Convolution2D", KIND_WEIGHTS},
        {"Dense", KIND_WEIGHTS},
        {"Flatten", KIND_FLATTEN},
        {"Dropout", KIND_PASSED}, /* these act only in training */
        {"SpatialDropout2D", KIND_PASSED},
        {"GaussianNoise", KIND_PASSED},
        {"GaussianDropout", KIND_PASSED},
        {"ActivityRegularization", KIND_PASSED},
        {"Activation", KIND_ACTIVATION},
        {"ReLU", KIND_ACTIVATION},
        {"Softmax", KIND_ACTIVATION},
        {"Rescaling", KIND_RESCALING},
    };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i].class, node->class) == 0)
            return classes[i].kind;
    return KIND_UNKNOWN;
}

/* ---- The graph ------------------------------------------------------------------------------- */

static void take_word(const struct json *object, const char *key, char *out, size_t size) {
    if (!object || !json_get_text(object, key, out, size))
        out[0] = '\0';
    printable(out);
}

static int find_node(const struct graph *graph, const char *name) {
    for (int i = 0; name && i < graph->count; i++)
        if (strcmp(graph->nodes[i].name, name) == 0)
            return i;
    return NOT_FOUND;
}

/* The name of the layer below, taken from inbound's only node; NULL if it names none. */
static const char *inbound_name(const struct json *inbound) {
    const struct json *node = json_at(inbound, 0);
    const struct json *arguments = node ? json_get_array(node, "args") : NULL;
    if (arguments) { /* Keras 3 */
        const struct json *tensor = json_at(arguments, 0);
        const struct json *config = tensor ? json_get_object(tensor, "config") : NULL;
        const struct json *history = config ? json_get_array(config, "keras_history") : NULL;
        return history ? json_as_text(json_at(history, 0)) : NULL;
    }
    while (node && json_is_list(node)) /* Keras 1 and 2: [[["dense", 0, 0, {}]]] */
        node = json_at(node, 0);
    return json_as_text(node);
}

static enum status refuse(const struct node *node, const char *what, struct error *error) {
    return error_set(error, STATUS_BAD_INPUT, "found layer '%s' %s", node->name, what);
}

static enum status link_node(struct graph *graph, int index, bool is_sequence,
                             struct error *error) {
    struct node *node = &graph->nodes[index];
    const struct json *inbound = json_get_array(node->layer, "inbound_nodes");
    node->source = OUTSIDE;
    if (is_sequence) {
        node->source = index - 1;
        return STATUS_OK;
    }
    if (!inbound || json_count(inbound) == 0)
        return STATUS_OK;
    if (json_count(inbound) > 1)
        return refuse(node, "used more than once; wanted each layer once", error);
    node->source = find_node(graph, inbound_name(inbound));
    return node->source == NOT_FOUND ? refuse(node, "on a layer that the description lacks", error)
                                     : STATUS_OK;
}

static enum status read_graph(const struct json *description, struct graph *graph,
                              struct error *error) {
    char class[WORD_SIZE];
    take_word(description, "class_name", class, sizeof class);
    const struct json *config = json_get_object(description, "config");
    const struct json *layers =
        config ? json_get_array(config, "layers") : json_get_array(description, "config");
    const size_t count = layers ? json_count(layers) : 0;
    graph->count = 0;
    if (count == 0 || count > MAX_NODES)
        return error_set(error, STATUS_BAD_INPUT,
                         "found a model's description without its 1 to %d layers", MAX_NODES);
    for (size_t i = 0; i < count; i++) {
        struct node *node = &graph->nodes[graph->count++];
        node->layer = json_at(layers, i);
        node->config = json_get_object(node->layer, "config");
        take_word(node->layer, "class_name", node->class, sizeof node->class);
        take_word(node->config, "name", node->name, sizeof node->name);
        if (!node->name[0])
            take_word(node->layer, "name", node->name, sizeof node->name);
        if (kind_of(node) == KIND_UNKNOWN)
            return error_set(error, STATUS_BAD_INPUT,
                             "found layer '%s' of class '%s', which is not computed here",
                             node->name, node->class);
    }
    for (int i = 0; i < graph->count; i++) {
        const enum status status = link_node(graph, i, strcmp(class, "Sequential") == 0, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* ---- Ways from layer to layer ---------------------------------------------------------------- */

/* The path from a layer down to the next one with weights. */
struct way {
    int end; /* that layer; OUTSIDE: there is none */
    char activation[WORD_SIZE];
    const struct node *activated; /* the layer that has it */
    bool flattened;
    const struct node *rescaling; /* NULL: there is none */
};

static void activation_of(const struct node *node, char out[WORD_SIZE]) {
    const struct json *object = node->config ? json_get_object(node->config, "activation") : NULL;
    if (strcmp(node->class, "ReLU") == 0 || strcmp(node->class, "Softmax") == 0)
        snprintf(out, WORD_SIZE, "%s", strcmp(node->class, "ReLU") == 0 ? "relu" : "softmax");
    else if (object) /* Keras 3 writes functions as {"class_name": "function", "config": "relu"} */
        take_word(object, "config", out, WORD_SIZE);
    else
        take_word(node->config, "activation", out, WORD_SIZE);
    if (!out[0])
        snprintf(out, WORD_SIZE, object ? "one of its own" : "linear");
}

/* A ReLU may have a slope, a ceiling and a threshold of its own. */
static enum status check_relu(const struct node *node, struct error *error) {
    static const char *const settings[] = {"negative_slope", "max_value", "threshold"};
    double value;
    for (size_t i = 0; node->config && i < sizeof settings / sizeof settings[0]; i++)
        if (json_get_real(node->config, settings[i], &value) && value != 0)
            return error_set(error, STATUS_BAD_INPUT,
                             "found layer '%s' with a %s of %g; wanted none", node->name,
                             settings[i], value);
    return STATUS_OK;
}

/* Adds node's activation below those of way. */
static enum status add_activation(struct way *way, const struct node *node, struct error *error) {
    char below[WORD_SIZE];
    activation_of(node, below);
    if (strcmp(node->class, "ReLU") == 0 && check_relu(node, error) != STATUS_OK)
        return STATUS_BAD_INPUT;
    if (strcmp(below, "linear") == 0 || strcmp(below, way->activation) == 0)
        return STATUS_OK;
    if (strcmp(way->activation, "linear") != 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "found layer '%s' with activation '%s' below another, '%s'", node->name,
                         below, way->activation);
    memcpy(way->activation, below, sizeof below);
    way->activated = node;
    return STATUS_OK;
}

/* Walks down from the node at index, which is included. */
static enum status follow(const struct graph *graph, int index, struct way *way,
                          struct error *error) {
    *way = (struct way){.end = OUTSIDE, .activation = "linear"};
    for (int steps = 0; index != OUTSIDE; index = graph->nodes[index].source) {
        const struct node *node = &graph->nodes[index];
        const enum kind kind = kind_of(node);
        if (steps++ == graph->count)
            return refuse(node, "below itself", error);
        if (kind == KIND_RESCALING)
            way->rescaling = node;
        way->flattened |= kind == KIND_FLATTEN;
        if ((kind == KIND_ACTIVATION || kind == KIND_WEIGHTS) &&
            add_activation(way, node, error) != STATUS_OK)
            return STATUS_BAD_INPUT;
        if (kind == KIND_WEIGHTS)
            way->end = index;
        if (kind == KIND_WEIGHTS || kind == KIND_INPUT)
            break;
    }
    return STATUS_OK;
}

static enum status check_activation(const struct graph *graph, const struct way *way, int layer,
                                    const char *wanted, struct error *error) {
    if (strcmp(way->activation, wanted) == 0)
        return STATUS_OK;
    const struct node *node = way->activated ? way->activated : &graph->nodes[layer];
    return error_set(error, STATUS_BAD_INPUT, "found layer '%s' with activation '%s'; wanted '%s'",
                     node->name, way->activation, wanted);
}

/* Our networks take pictures as 0 to 1; a model may take 0 to 255 and divide. */
static enum status check_rescaling(const struct way *way, bool is_picture, struct error *error) {
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
static enum status check_joint(const struct graph *graph, const struct keras_layer *layer,
                               const struct keras_layer *below, bool is_picture,
                               struct error *error) {
    struct way way;
    const int index = find_node(graph, layer->name);
    const int wanted = below ? find_node(graph, below->name) : OUTSIDE;
    if (index == NOT_FOUND || wanted == NOT_FOUND)
        return error_set(error, STATUS_BAD_INPUT,
                         "found weights of layer '%s', which the model's description lacks",
                         index == NOT_FOUND ? layer->name : below->name);
    const struct node *node = &graph->nodes[index];
    if (follow(graph, node->source, &way, error) != STATUS_OK)
        return STATUS_BAD_INPUT;
    if (way.end != wanted)
        return error_set(error, STATUS_BAD_INPUT, "found layer '%s' on %s%s%s; wanted it on %s%s%s",
                         node->name, way.end == OUTSIDE ? "the input" : "'",
                         way.end == OUTSIDE ? "" : graph->nodes[way.end].name,
                         way.end == OUTSIDE ? "" : "'", below ? "'" : "the input",
                         below ? below->name : "", below ? "'" : "");
    if (way.rescaling && below)
        return refuse(way.rescaling, "between layers with weights; wanted it on the input", error);
    const enum status status = check_rescaling(&way, is_picture, error);
    return status == STATUS_OK
               ? check_activation(graph, &way, wanted, below ? "relu" : "linear", error)
               : status;
}

/* ---- Layers ---------------------------------------------------------------------------------- */

/* Checks that the pair of numbers under either of two keys, if present, is (wanted, wanted). */
static enum status check_pair(const struct node *node, const char *key, const char *old_key,
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

static enum status check_word(const struct node *node, const char *key, const char *old_key,
                              const char *wanted, const char *old_wanted, struct error *error) {
    char found[WORD_SIZE];
    take_word(node->config, key, found, sizeof found);
    if (!found[0])
        take_word(node->config, old_key, found, sizeof found);
    if (!found[0] || strcmp(found, wanted) == 0 || strcmp(found, old_wanted) == 0)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT, "found layer '%s' with %s '%s'; wanted '%s'",
                     node->name, key, found, wanted);
}

static enum status check_conv(const struct graph *graph, const struct keras_model *model,
                              const struct keras_layer *layer, int stride, struct error *error) {
    const int index = find_node(graph, layer->name);
    const struct node *node = &graph->nodes[index];
    int64_t groups;
    if (strcmp(node->class, "Conv2D") != 0 && strcmp(node->class, "Convolution2D") != 0)
        return refuse(node, "with a convolution's weights, but of another class", error);
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
        status = refuse(node, "with groups of channels; wanted none", error);
    return status;
}

/* Checks the input picture's shape, if the layer states one. */
static enum status check_input(const struct node *node, const struct keras_model *model, int side,
                               struct error *error) {
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

static enum status check_nodes(const struct graph *graph, const struct keras_model *model, int side,
                               struct error *error) {
    enum status status = STATUS_OK;
    for (int i = 0; i < graph->count && status == STATUS_OK; i++) {
        const struct node *node = &graph->nodes[i];
        if (kind_of(node) == KIND_FLATTEN && model->channels_last)
            status = check_word(node, "data_format", "data_format", "channels_last", "", error);
        if (status == STATUS_OK)
            status = check_input(node, model, side, error);
    }
    return status;
}

/* ---- Heads ----------------------------------------------------------------------------------- */

/* We apply softmax to a policy's outputs ourselves, so it does not matter whether the model
 * does. */
static enum status check_output(const struct graph *graph, const struct keras_roles *roles,
                                int index, struct error *error) {
    struct way way;
    if (follow(graph, index, &way, error) != STATUS_OK)
        return STATUS_BAD_INPUT;
    const bool is_policy = roles->policy && way.end == find_node(graph, roles->policy->name);
    if (way.rescaling)
        return refuse(way.rescaling, "above a head; wanted it on the input", error);
    if (is_policy && strcmp(way.activation, "softmax") == 0)
        return STATUS_OK;
    return check_activation(graph, &way, way.end, "linear", error);
}

/* Outputs are the nodes that no other node takes as input. */
static enum status check_outputs(const struct graph *graph, const struct keras_roles *roles,
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
    struct graph graph;
    enum status status = read_graph(description, &graph, error);
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
