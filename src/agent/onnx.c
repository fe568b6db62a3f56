/*
 * Networks as ONNX models: nodes of operators that every runtime has (opset 13), over the weights
 * as they lie in memory. docs/embedding.md describes the result.
 */
#include "agent/onnx_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NORM_IR_VERSION = 8, NORM_OPSET_VERSION = 17 }; /* the first with LayerNormalization */

enum {
    NAME_SIZE = TENSOR_NAME_SIZE + 8, /* "/linear" after a layer's name */
    NUMBER_SIZE = 24
};

static char observation_value[] = "observation";
static char state_value[] = "state";
static char next_state[] = "next_state";

/* A network that is being added to a model. */
struct builder {
    struct onnx_model *model;
    char *current; /* the value that the next node reads */
    struct layer_view layers[NETWORK_MAX_LAYERS];
    char *outputs[NETWORK_MAX_LAYERS];  /* the output of each layer */
    bool is_planes[NETWORK_MAX_LAYERS]; /* it is (batch, channels, height, width) */
    bool has_parts;                     /* the policy chooses in several parts */
};

/* Adds a node that reads current and, if they are not NULL, two values more. */
static struct onnx_node *add_node(struct builder *builder, char *operator_name, const char *output,
                                  char *second, char *third) {
    return onnx_add_node(builder->model, operator_name, output, builder->current, second, third);
}

/* Adds a node that reads first and, if it is not NULL, second. Returns its output. */
static char *apply(struct builder *builder, char *operator_name, const char *output, char *first,
                   char *second) {
    struct onnx_node *node =
        onnx_add_node(builder->model, operator_name, output, first, second, NULL);
    return onnx_node_output(node, 0);
}

/* Adds a node that reads current and, if it is not NULL, second. Its output becomes current. */
static void extend(struct builder *builder, char *operator_name, const char *output, char *second) {
    builder->current = apply(builder, operator_name, output, builder->current, second);
}

static void add_observation(struct builder *builder, const struct network_spec *spec) {
    const int picture[] = {spec->channels, spec->height, spec->width};
    const bool is_vector = trunk_takes_vectors(spec->trunk);
    builder->current =
        onnx_add_input(builder->model, observation_value, is_vector ? ONNX_FLOATS : ONNX_BYTES,
                       picture, is_vector ? 1 : 3);
    if (spec->lstm > 0) {
        const int size = (int)network_state_size(spec);
        onnx_add_input(builder->model, state_value, ONNX_FLOATS, &size, 1);
    }
    if (is_vector)
        return;
    struct onnx_node *levels = add_node(builder, "Cast", "levels", NULL, NULL);
    onnx_set_int(levels, "to", ONNX_FLOATS);
    builder->current = onnx_node_output(levels, 0);
    extend(builder, "Div", "pixels", onnx_add_constant(builder->model, "pixel_range", 255));
}

/* ---- Kinds of layers ------------------------------------------------------------------------- */

/* The node of a layer with two tensors. */
static struct onnx_node *add_weighted(struct builder *builder, char *operator_name,
                                      const char *output, const struct tensor_view *tensors) {
    char *kernel = onnx_add_tensor(builder->model, &tensors[0]);
    char *bias = onnx_add_tensor(builder->model, &tensors[1]);
    return add_node(builder, operator_name, output, kernel, bias);
}

static struct onnx_node *add_convolution(struct builder *builder, const struct layer_view *layer,
                                         const char *output, const struct tensor_view *tensors) {
    const int padding = layer->padding;
    struct onnx_node *node = add_weighted(builder, "Conv", output, tensors);
    onnx_set_ints(node, "strides", 2, (const int[]){layer->stride, layer->stride});
    if (padding > 0)
        onnx_set_ints(node, "pads", 4, (const int[]){padding, padding, padding, padding});
    return node;
}

/* Rows or columns by which the windows exceed the plane. If they are odd, the larger half is at
 * the end. */
static int count_missing(const struct layer_view *pool, int in, int out) {
    const int missing = (out - 1) * pool->stride + pool->kernel - in;
    return missing > 0 ? missing : 0;
}

static struct onnx_node *add_pool(struct builder *builder, const struct layer_view *layer,
                                  const char *output, const struct tensor_view *tensors) {
    (void)tensors;
    const int *in = builder->layers[layer->source].out;
    const int rows = count_missing(layer, in[1], layer->out[1]);
    const int columns = count_missing(layer, in[2], layer->out[2]);
    struct onnx_node *node = add_node(builder, "MaxPool", output, NULL, NULL);
    onnx_set_ints(node, "kernel_shape", 2, (const int[]){layer->kernel, layer->kernel});
    onnx_set_ints(node, "strides", 2, (const int[]){layer->stride, layer->stride});
    onnx_set_ints(node, "pads", 4,
                  (const int[]){rows / 2, columns / 2, rows - rows / 2, columns - columns / 2});
    return node;
}

/* The layer takes its input as one vector, even if it consists of planes. */
static struct onnx_node *add_dense(struct builder *builder, const struct layer_view *layer,
                                   const char *output, const struct tensor_view *tensors) {
    if (layer->source >= 0 && builder->is_planes[layer->source]) {
        struct onnx_node *flat = add_node(builder, "Flatten", "flat", NULL, NULL);
        onnx_set_int(flat, "axis", 1);
        builder->current = onnx_node_output(flat, 0);
    }
    return add_weighted(builder, "Gemm", output, tensors);
}

/* The operator's default epsilon is ours. */
static struct onnx_node *add_norm(struct builder *builder, const struct layer_view *layer,
                                  const char *output, const struct tensor_view *tensors) {
    (void)layer;
    struct onnx_node *node = add_weighted(builder, "LayerNormalization", output, tensors);
    onnx_set_int(node, "axis", 1);
    onnx_use_operators(builder->model, NORM_IR_VERSION, NORM_OPSET_VERSION);
    return node;
}

/* Adds the nodes that make deviations of a layer's variances; returns the last one's output. */
static char *add_deviation(struct builder *builder, const struct layer_view *layer,
                           const struct tensor_view *variance) {
    char name[NAME_SIZE];
    char *floor = onnx_add_constant(builder->model, layer->is_head ? "value_floor" : "floor",
                                    NETWORK_VARIANCE_FLOOR);
    char *variances = onnx_add_tensor(builder->model, variance);
    snprintf(name, sizeof name, "%.20s/floored", layer->name);
    char *floored = apply(builder, "Add", name, variances, floor);
    snprintf(name, sizeof name, "%.20s/deviation", layer->name);
    return apply(builder, "Sqrt", name, floored, NULL);
}

static struct onnx_node *add_standard(struct builder *builder, const struct layer_view *layer,
                                      const char *output, const struct tensor_view *tensors) {
    char *mean = onnx_add_tensor(builder->model, &tensors[0]);
    char *deviation = add_deviation(builder, layer, &tensors[1]);
    extend(builder, "Sub", "normalization/gaps", mean);
    extend(builder, "Div", "normalization/scaled", deviation);
    char *low = onnx_add_constant(builder->model, "low", -NETWORK_STANDARD_BOUND);
    char *high = onnx_add_constant(builder->model, "high", NETWORK_STANDARD_BOUND);
    return add_node(builder, "Clip", output, low, high);
}

/* A head: the value in units of rewards. */
static struct onnx_node *add_units(struct builder *builder, const struct layer_view *layer,
                                   const char *output, const struct tensor_view *tensors) {
    extend(builder, "Mul", "value_units/scaled", add_deviation(builder, layer, &tensors[1]));
    return add_node(builder, "Add", output, onnx_add_tensor(builder->model, &tensors[0]), NULL);
}

/* A head: the means are another output, which it reads. Deviations are the same in each row. */
static struct onnx_node *add_gaussian(struct builder *builder, const struct layer_view *layer,
                                      const char *output, const struct tensor_view *tensors) {
    onnx_add_output(builder->model, builder->current, layer->out[0] / 2);
    extend(builder, "Mul", "gaussian/zeros", onnx_add_constant(builder->model, "zero", 0));
    extend(builder, "Add", "gaussian/rows", onnx_add_tensor(builder->model, &tensors[0]));
    return add_node(builder, "Exp", output, NULL, NULL);
}

/* One step, of operators that take the weights as they lie in memory: network/lstm.c. */
static struct onnx_node *add_lstm(struct builder *builder, const struct layer_view *layer,
                                  const char *output, const struct tensor_view *tensors) {
    static const char *const state_names[] = {"lstm/output_before", "lstm/cell_before"};
    static const char *const sum_names[] = {"lstm/input_sum", "lstm/forget_sum",
                                            "lstm/candidate_sum", "lstm/output_sum"};
    (void)layer;
    char *kernel = onnx_add_tensor(builder->model, &tensors[0]);
    char *bias = onnx_add_tensor(builder->model, &tensors[2]);
    char *seen = onnx_node_output(add_node(builder, "Gemm", "lstm/seen", kernel, bias), 0);
    struct onnx_node *before = onnx_add_split(builder->model, state_value, state_names, 2);
    char *recalled = apply(builder, "MatMul", "lstm/recalled", onnx_node_output(before, 0),
                           onnx_add_tensor(builder->model, &tensors[1]));
    char *all_sums = apply(builder, "Add", "lstm/sums", seen, recalled);
    struct onnx_node *sums = onnx_add_split(builder->model, all_sums, sum_names, 4);
    char *input = apply(builder, "Sigmoid", "lstm/input", onnx_node_output(sums, 0), NULL);
    char *forget = apply(builder, "Sigmoid", "lstm/forget", onnx_node_output(sums, 1), NULL);
    char *candidate = apply(builder, "Tanh", "lstm/candidate", onnx_node_output(sums, 2), NULL);
    char *gate = apply(builder, "Sigmoid", "lstm/gate", onnx_node_output(sums, 3), NULL);
    char *added = apply(builder, "Mul", "lstm/added", input, candidate);
    char *kept = apply(builder, "Mul", "lstm/kept", forget, onnx_node_output(before, 1));
    char *cell = apply(builder, "Add", "lstm/cell", added, kept);
    char *shown = apply(builder, "Tanh", "lstm/shown", cell, NULL);
    builder->current = apply(builder, "Mul", output, gate, shown);
    struct onnx_node *state = add_node(builder, "Concat", next_state, cell, NULL);
    onnx_set_int(state, "axis", 1);
    return NULL;
}

/* With a ReLU, only the ReLU is a node. */
static struct onnx_node *add_identity(struct builder *builder, const struct layer_view *layer,
                                      const char *output, const struct tensor_view *tensors) {
    (void)tensors;
    return layer->relu ? NULL : add_node(builder, "Identity", output, NULL, NULL);
}

static struct onnx_node *add_tanh(struct builder *builder, const struct layer_view *layer,
                                  const char *output, const struct tensor_view *tensors) {
    (void)layer;
    (void)tensors;
    return add_node(builder, "Tanh", output, NULL, NULL);
}

/* Adds the nodes of each kind of layer; returns the one that makes the output, or NULL if current
 * is the output. */
static const struct {
    const char *kind;
    struct onnx_node *(*add)(struct builder *builder, const struct layer_view *layer,
                             const char *output, const struct tensor_view *tensors);
} operators[] = {
    {"convolution", add_convolution},
    {"dense", add_dense},
    {"gaussian", add_gaussian},
    {"identity", add_identity},
    {"lstm", add_lstm},
    {"norm", add_norm},
    {"pool", add_pool},
    {"standard", add_standard},
    {"tanh", add_tanh},
    {"units", add_units},
};

static struct onnx_node *add_operator(struct builder *builder, const struct layer_view *layer,
                                      const char *output, const struct tensor_view *tensors) {
    size_t i = 0;
    while (strcmp(operators[i].kind, layer->kind) != 0)
        i++;
    return operators[i].add(builder, layer, output, tensors);
}

/* ---- Layers ---------------------------------------------------------------------------------- */

static void add_trunk_layer(struct builder *builder, const struct layer_view *layer,
                            const struct tensor_view *tensors) {
    char name[NAME_SIZE];
    const bool is_value = strcmp(layer->name, "value") == 0; /* under its units */
    const bool is_more = layer->relu || layer->skip >= 0 || is_value;
    const bool is_mean = strcmp(layer->name, "policy") == 0; /* under its Gaussian */
    snprintf(name, sizeof name, "%s%s", is_mean ? "mean" : layer->name, is_more ? "/linear" : "");
    struct onnx_node *node = add_operator(builder, layer, name, tensors);
    if (node)
        builder->current = onnx_node_output(node, 0);
    if (layer->skip >= 0) {
        snprintf(name, sizeof name, "%s%s", layer->name, layer->relu ? "/sum" : "");
        extend(builder, "Add", name, builder->outputs[layer->skip]);
    }
    if (layer->relu)
        extend(builder, "Relu", layer->name, NULL);
}

static void add_head(struct builder *builder, const struct layer_view *layer,
                     const struct tensor_view *tensors) {
    const bool is_policy = strcmp(layer->name, "policy") == 0;
    const bool is_units = strcmp(layer->kind, "units") == 0;
    const bool is_gaussian = strcmp(layer->kind, "gaussian") == 0;
    struct onnx_node *node =
        add_operator(builder, layer,
                     is_policy     ? (builder->has_parts ? "logits" : "policy/linear")
                     : is_units    ? "value"
                     : is_gaussian ? "deviation"
                                   : layer->name,
                     tensors);
    if (is_policy && !builder->has_parts) {
        builder->current = onnx_node_output(node, 0);
        node = add_node(builder, "Softmax", layer->name, NULL, NULL);
        onnx_set_int(node, "axis", 1);
    }
    onnx_add_output(builder->model, onnx_node_output(node, 0),
                    is_gaussian ? layer->out[0] / 2 : layer->out[0]);
}

static void add_layers(struct builder *builder, const struct network_spec *spec,
                       const struct tensor_view *views) {
    const int count = network_layers(spec, builder->layers);
    builder->has_parts = parts_are_several(&spec->parts);
    char *observation = builder->current;
    for (int i = 0; i < count; i++) {
        const struct layer_view *layer = &builder->layers[i];
        const int source = layer->source;
        builder->current = source < 0 ? observation : builder->outputs[source];
        (layer->is_head ? add_head : add_trunk_layer)(builder, layer, views + layer->first_tensor);
        builder->outputs[i] = builder->current;
        if (strcmp(layer->kind, "lstm") == 0)
            onnx_add_output(builder->model, next_state, (int)network_state_size(spec));
        builder->is_planes[i] =
            strcmp(layer->kind, "convolution") == 0 ||
            (strcmp(layer->kind, "standard") == 0 && !trunk_takes_vectors(spec->trunk)) ||
            (strcmp(layer->kind, "dense") != 0 && source >= 0 && builder->is_planes[source]);
    }
}

/* ---- The file -------------------------------------------------------------------------------- */

static void add_properties(struct onnx_model *model, const struct agent *agent, char *frame_skip,
                           char *steps) {
    const struct agent_info *info = agent_get_info(agent);
    int min;
    int max;
    if (agent_frame_skip(agent, &min, &max))
        snprintf(frame_skip, NUMBER_SIZE, min == max ? "%d" : "%d-%d", min, max);
    if (info->weights.steps >= 0)
        snprintf(steps, NUMBER_SIZE, "%lld", (long long)info->weights.steps);
    onnx_add_property(model, "game", info->weights.game);
    onnx_add_property(model, "method", info->weights.method);
    onnx_add_property(model, "observation", observation_name(info->observation));
    onnx_add_property(model, "network", info->weights.network);
    onnx_add_property(model, "actions", info->weights.action_names);
    onnx_add_property(model, "action_set", info->weights.actions);
    onnx_add_property(model, "start_state", info->weights.state);
    onnx_add_property(model, "env_kwargs", info->weights.env_kwargs);
    onnx_add_property(model, "env_wrappers", info->weights.env_wrappers);
    onnx_add_property(model, "frame_skip", frame_skip);
    onnx_add_property(model, "steps", steps);
}

enum status agent_save_onnx(const struct agent *agent, const char *path, struct error *error) {
    const struct network_spec *spec = &agent_get_info(agent)->network;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    char frame_skip[NUMBER_SIZE] = "";
    char steps[NUMBER_SIZE] = "";
    struct builder builder = {.model = onnx_model_create()};
    if (!builder.model)
        return error_set(error, STATUS_FAILED, "out of memory writing '%s'", path);
    add_properties(builder.model, agent, frame_skip, steps);
    add_observation(&builder, spec);
    agent_tensors(agent, views);
    add_layers(&builder, spec, views);
    const enum status status = onnx_model_write(builder.model, path, error);
    free(builder.model);
    return status;
}
