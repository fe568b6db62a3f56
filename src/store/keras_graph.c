#include "store/keras_graph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum keras_kind keras_node_kind(const struct keras_node *node) {
    static const struct {
        const char *class;
        enum keras_kind kind;
    } classes[] = {
        {"InputLayer", KERAS_KIND_INPUT},
        {"Conv2D", KERAS_KIND_WEIGHTS},
        {"Convolution2D", KERAS_KIND_WEIGHTS},
        {"Dense", KERAS_KIND_WEIGHTS},
        {"Flatten", KERAS_KIND_FLATTEN},
        {"Dropout", KERAS_KIND_PASSED}, /* these act only in training */
        {"SpatialDropout2D", KERAS_KIND_PASSED},
        {"GaussianNoise", KERAS_KIND_PASSED},
        {"GaussianDropout", KERAS_KIND_PASSED},
        {"ActivityRegularization", KERAS_KIND_PASSED},
        {"Activation", KERAS_KIND_ACTIVATION},
        {"ReLU", KERAS_KIND_ACTIVATION},
        {"Softmax", KERAS_KIND_ACTIVATION},
        {"Rescaling", KERAS_KIND_RESCALING},
    };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i].class, node->class) == 0)
            return classes[i].kind;
    return KERAS_KIND_UNKNOWN;
}

/* ---- The graph ------------------------------------------------------------------------------- */

void keras_read_word(const struct json *object, const char *key, char *out, size_t size) {
    if (!object || !json_get_text(object, key, out, size))
        out[0] = '\0';
    printable(out);
}

int keras_find_node(const struct keras_graph *graph, const char *name) {
    for (int i = 0; name && i < graph->count; i++)
        if (strcmp(graph->nodes[i].name, name) == 0)
            return i;
    return KERAS_NOT_FOUND;
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

enum status keras_refuse_node(const struct keras_node *node, const char *what,
                              struct error *error) {
    return error_set(error, STATUS_BAD_INPUT, "found layer '%s' %s", node->name, what);
}

static enum status link_node(struct keras_graph *graph, int index, bool is_sequence,
                             struct error *error) {
    struct keras_node *node = &graph->nodes[index];
    const struct json *inbound = json_get_array(node->layer, "inbound_nodes");
    node->source = KERAS_OUTSIDE;
    if (is_sequence) {
        node->source = index - 1;
        return STATUS_OK;
    }
    if (!inbound || json_count(inbound) == 0)
        return STATUS_OK;
    if (json_count(inbound) > 1)
        return keras_refuse_node(node, "used more than once; wanted each layer once", error);
    node->source = keras_find_node(graph, inbound_name(inbound));
    return node->source == KERAS_NOT_FOUND
               ? keras_refuse_node(node, "on a layer that the description lacks", error)
               : STATUS_OK;
}

enum status keras_read_graph(const struct json *description, struct keras_graph *graph,
                             struct error *error) {
    char class[KERAS_WORD_SIZE];
    keras_read_word(description, "class_name", class, sizeof class);
    const struct json *config = json_get_object(description, "config");
    const struct json *layers =
        config ? json_get_array(config, "layers") : json_get_array(description, "config");
    const size_t count = layers ? json_count(layers) : 0;
    graph->count = 0;
    if (count == 0 || count > KERAS_MAX_NODES)
        return error_set(error, STATUS_BAD_INPUT,
                         "found a model's description without its 1 to %d layers", KERAS_MAX_NODES);
    for (size_t i = 0; i < count; i++) {
        struct keras_node *node = &graph->nodes[graph->count++];
        node->layer = json_at(layers, i);
        node->config = json_get_object(node->layer, "config");
        keras_read_word(node->layer, "class_name", node->class, sizeof node->class);
        keras_read_word(node->config, "name", node->name, sizeof node->name);
        if (!node->name[0])
            keras_read_word(node->layer, "name", node->name, sizeof node->name);
        if (keras_node_kind(node) == KERAS_KIND_UNKNOWN)
            return error_set(error, STATUS_BAD_INPUT,
                             "found layer '%s' of class '%s', which is not supported", node->name,
                             node->class);
    }
    for (int i = 0; i < graph->count; i++) {
        const enum status status = link_node(graph, i, strcmp(class, "Sequential") == 0, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* ---- Ways from layer to layer ---------------------------------------------------------------- */

static void activation_of(const struct keras_node *node, char out[KERAS_WORD_SIZE]) {
    const struct json *object = node->config ? json_get_object(node->config, "activation") : NULL;
    if (strcmp(node->class, "ReLU") == 0 || strcmp(node->class, "Softmax") == 0)
        snprintf(out, KERAS_WORD_SIZE, "%s", strcmp(node->class, "ReLU") == 0 ? "relu" : "softmax");
    else if (object) /* Keras 3 writes functions as {"class_name": "function", "config": "relu"} */
        keras_read_word(object, "config", out, KERAS_WORD_SIZE);
    else
        keras_read_word(node->config, "activation", out, KERAS_WORD_SIZE);
    if (!out[0])
        snprintf(out, KERAS_WORD_SIZE, object ? "a custom one" : "linear");
}

/* A ReLU may have a slope, a ceiling and a threshold of its own. */
static enum status check_relu(const struct keras_node *node, struct error *error) {
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
static enum status add_activation(struct keras_way *way, const struct keras_node *node,
                                  struct error *error) {
    char below[KERAS_WORD_SIZE];
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
enum status keras_follow(const struct keras_graph *graph, int index, struct keras_way *way,
                         struct error *error) {
    *way = (struct keras_way){.end = KERAS_OUTSIDE, .activation = "linear"};
    for (int steps = 0; index != KERAS_OUTSIDE; index = graph->nodes[index].source) {
        const struct keras_node *node = &graph->nodes[index];
        const enum keras_kind kind = keras_node_kind(node);
        if (steps++ == graph->count)
            return keras_refuse_node(node, "below itself", error);
        if (kind == KERAS_KIND_RESCALING)
            way->rescaling = node;
        way->flattened |= kind == KERAS_KIND_FLATTEN;
        if ((kind == KERAS_KIND_ACTIVATION || kind == KERAS_KIND_WEIGHTS) &&
            add_activation(way, node, error) != STATUS_OK)
            return STATUS_BAD_INPUT;
        if (kind == KERAS_KIND_WEIGHTS)
            way->end = index;
        if (kind == KERAS_KIND_WEIGHTS || kind == KERAS_KIND_INPUT)
            break;
    }
    return STATUS_OK;
}
