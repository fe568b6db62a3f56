/*
 * Networks as ONNX models: nodes of operators that every runtime has (opset 13), over the weights
 * as they lie in memory. docs/embedding.md says what comes of it.
 */
#include "agent/agent.h"
#include "agent/onnx.pb-c.h"

#include <stdlib.h>
#include <string.h>

enum { IR_VERSION = 7, OPSET_VERSION = 13 };
enum { NORM_IR_VERSION = 8, NORM_OPSET_VERSION = 17 }; /* which LayerNormalization came with */

/* Of the format: types of numbers, and of attributes. */
enum { ONNX_FLOAT = 1, ONNX_U8 = 2, ONNX_INT = 2, ONNX_INTS = 7 };

enum {
    MAX_NODES = 3 * NETWORK_MAX_LAYERS + 28,
    MAX_ATTRIBUTES = 3,
    MAX_INTS = 4,
    MAX_CONSTANTS = 4,
    MAX_TENSORS = NETWORK_MAX_TENSORS + MAX_CONSTANTS,
    MAX_INPUTS = 2,
    MAX_OUTPUTS = 3,
    MAX_PARTS = 4, /* that a value is split into */
    MAX_PROPERTIES = 8,
    NAME_SIZE = TENSOR_NAME_SIZE + 8, /* "/linear" behind a layer's name */
    NUMBER_SIZE = 24
};

static char observation_value[] = "observation";
static char state_value[] = "state";
static char next_state[] = "next_state";
static char batch[] = "batch";

/* A node with all that it points to. */
struct node {
    Onnx__Node node;
    char *inputs[3];
    char *output;
    char *outputs[MAX_PARTS]; /* where there are several */
    Onnx__Attribute attributes[MAX_ATTRIBUTES];
    Onnx__Attribute *attribute_list[MAX_ATTRIBUTES];
    int64_t ints[MAX_ATTRIBUTES][MAX_INTS];
    char name[NAME_SIZE]; /* of its output, which is the node's, too */
    char names[MAX_PARTS][NAME_SIZE];
};

struct tensor {
    Onnx__Tensor tensor;
    int64_t dims[TENSOR_MAX_RANK];
};

/* An input or an output of the whole. */
struct value {
    Onnx__Value value;
    Onnx__Type type;
    Onnx__TensorType tensor;
    Onnx__Shape shape;
    Onnx__Dimension dims[TENSOR_MAX_RANK];
    Onnx__Dimension *dim_list[TENSOR_MAX_RANK];
};

/* A model under construction; the format wants lists of pointers beside what they point to. */
struct builder {
    Onnx__Model model;
    Onnx__Graph graph;
    Onnx__OperatorSet operators;
    Onnx__OperatorSet *operator_list[1];
    struct node nodes[MAX_NODES];
    Onnx__Node *node_list[MAX_NODES];
    struct tensor tensors[MAX_TENSORS];
    Onnx__Tensor *tensor_list[MAX_TENSORS];
    struct value inputs[MAX_INPUTS];
    struct value values[MAX_OUTPUTS];
    Onnx__Value *input_list[MAX_INPUTS];
    Onnx__Value *output_list[MAX_OUTPUTS];
    Onnx__Property properties[MAX_PROPERTIES];
    Onnx__Property *property_list[MAX_PROPERTIES];
    float constants[MAX_CONSTANTS];
    int constant_count;
    char *current; /* the value that the next node reads */
    struct layer_view layers[NETWORK_MAX_LAYERS];
    char *outputs[NETWORK_MAX_LAYERS];  /* the value that each layer ended with */
    bool is_planes[NETWORK_MAX_LAYERS]; /* it is (batch, channels, height, width) */
};

/* ---- Parts ----------------------------------------------------------------------------------- */

/* The output of a new node, which reads current and, where they are not NULL, two values more. */
static struct node *add_node(struct builder *builder, char *operator_name, const char *output,
                             char *second, char *third) {
    struct node *node = &builder->nodes[builder->graph.n_node];
    snprintf(node->name, sizeof node->name, "%s", output);
    onnx__node__init(&node->node);
    node->inputs[0] = builder->current;
    node->inputs[1] = second;
    node->inputs[2] = third;
    node->output = node->name;
    node->node.attribute = node->attribute_list;
    node->node.name = node->name;
    node->node.op_type = operator_name;
    node->node.input = node->inputs;
    node->node.n_input = third ? 3 : second ? 2 : 1;
    node->node.output = &node->output;
    node->node.n_output = 1;
    builder->node_list[builder->graph.n_node++] = &node->node;
    return node;
}

static Onnx__Attribute *add_attribute(struct node *node, char *name) {
    Onnx__Attribute *attribute = &node->attributes[node->node.n_attribute];
    onnx__attribute__init(attribute);
    attribute->name = name;
    attribute->has_type = true;
    node->attribute_list[node->node.n_attribute++] = attribute;
    return attribute;
}

static void set_int(struct node *node, char *name, int64_t value) {
    Onnx__Attribute *attribute = add_attribute(node, name);
    attribute->has_i = true;
    attribute->type = ONNX_INT;
    attribute->i = value;
}

static void set_ints(struct node *node, char *name, int count, const int *values) {
    int64_t *ints = node->ints[node->node.n_attribute];
    Onnx__Attribute *attribute = add_attribute(node, name);
    for (int i = 0; i < count; i++)
        ints[i] = values[i];
    attribute->type = ONNX_INTS;
    attribute->ints = ints;
    attribute->n_ints = (size_t)count;
}

/* The name of a tensor that stays the view's owner's. */
static char *add_tensor(struct builder *builder, const struct tensor_view *view) {
    struct tensor *tensor = &builder->tensors[builder->graph.n_initializer];
    onnx__tensor__init(&tensor->tensor);
    for (int i = 0; i < view->rank; i++)
        tensor->dims[i] = view->shape[i];
    tensor->tensor.dims = tensor->dims;
    tensor->tensor.n_dims = (size_t)view->rank;
    tensor->tensor.name = (char *)view->name;
    tensor->tensor.has_data_type = tensor->tensor.has_raw_data = true;
    tensor->tensor.data_type = ONNX_FLOAT;
    tensor->tensor.raw_data.data = (uint8_t *)view->data;
    tensor->tensor.raw_data.len = tensor_size(view) * sizeof *view->data;
    builder->tensor_list[builder->graph.n_initializer++] = &tensor->tensor;
    return tensor->tensor.name;
}

/* The name of a tensor that holds just value. */
static char *add_constant(struct builder *builder, char *name, float value) {
    float *constant = &builder->constants[builder->constant_count++];
    *constant = value;
    const struct tensor_view view = {.rank = 0, .data = constant};
    add_tensor(builder, &view);
    return builder->tensor_list[builder->graph.n_initializer - 1]->name = name;
}

/* A value of (batch, dims...). */
static Onnx__Value *describe_value(struct value *value, char *name, int32_t type, const int *dims,
                                   int count) {
    onnx__value__init(&value->value);
    onnx__type__init(&value->type);
    onnx__tensor_type__init(&value->tensor);
    onnx__shape__init(&value->shape);
    for (int i = 0; i <= count; i++) {
        Onnx__Dimension *dim = &value->dims[i];
        onnx__dimension__init(dim);
        dim->has_dim_value = i > 0;
        dim->dim_value = i > 0 ? dims[i - 1] : 0;
        dim->dim_param = i > 0 ? NULL : batch;
        value->dim_list[i] = dim;
    }
    value->shape.dim = value->dim_list;
    value->shape.n_dim = (size_t)count + 1;
    value->tensor.has_elem_type = true;
    value->tensor.elem_type = type;
    value->tensor.shape = &value->shape;
    value->type.tensor_type = &value->tensor;
    value->value.name = name;
    value->value.type = &value->type;
    return &value->value;
}

/* Omits unknown values. */
static void add_property(struct builder *builder, char *key, const char *value) {
    Onnx__Property *property = &builder->properties[builder->model.n_metadata_props];
    if (!value[0])
        return;
    onnx__property__init(property);
    property->key = key;
    property->value = (char *)value;
    builder->property_list[builder->model.n_metadata_props++] = property;
}

/* ---- The network ----------------------------------------------------------------------------- */

static void add_observation(struct builder *builder, const struct network_spec *spec) {
    const int picture[] = {spec->channels, spec->height, spec->width};
    const bool is_vector = trunk_takes_vectors(spec->trunk);
    builder->input_list[0] =
        describe_value(&builder->inputs[0], observation_value, is_vector ? ONNX_FLOAT : ONNX_U8,
                       picture, is_vector ? 1 : 3);
    builder->graph.input = builder->input_list;
    builder->graph.n_input = 1;
    if (spec->lstm > 0) {
        const int size = (int)network_state_size(spec);
        builder->input_list[builder->graph.n_input++] =
            describe_value(&builder->inputs[1], state_value, ONNX_FLOAT, &size, 1);
    }
    builder->current = observation_value;
    if (is_vector)
        return;
    struct node *levels = add_node(builder, "Cast", "levels", NULL, NULL);
    set_int(levels, "to", ONNX_FLOAT);
    builder->current = levels->output;
    char *range = add_constant(builder, "pixel_range", 255);
    builder->current = add_node(builder, "Div", "pixels", range, NULL)->output;
}

/* The node of a layer with two tensors. */
static struct node *add_weighted(struct builder *builder, char *operator_name, const char *output,
                                 const struct tensor_view *tensors) {
    char *kernel = add_tensor(builder, &tensors[0]);
    char *bias = add_tensor(builder, &tensors[1]);
    return add_node(builder, operator_name, output, kernel, bias);
}

static struct node *add_convolution(struct builder *builder, const struct layer_view *layer,
                                    const char *output, const struct tensor_view *tensors) {
    const int padding = layer->padding;
    struct node *node = add_weighted(builder, "Conv", output, tensors);
    set_ints(node, "strides", 2, (const int[]){layer->stride, layer->stride});
    if (padding > 0)
        set_ints(node, "pads", 4, (const int[]){padding, padding, padding, padding});
    return node;
}

/* Rows or columns that the windows reach beyond a side; the one more of an odd number is behind. */
static int count_missing(const struct layer_view *pool, int in, int out) {
    const int missing = (out - 1) * pool->stride + pool->kernel - in;
    return missing > 0 ? missing : 0;
}

static struct node *add_pool(struct builder *builder, const struct layer_view *layer,
                             const char *output, const struct tensor_view *tensors) {
    (void)tensors;
    const int *in = builder->layers[layer->source].out;
    const int rows = count_missing(layer, in[1], layer->out[1]);
    const int columns = count_missing(layer, in[2], layer->out[2]);
    struct node *node = add_node(builder, "MaxPool", output, NULL, NULL);
    set_ints(node, "kernel_shape", 2, (const int[]){layer->kernel, layer->kernel});
    set_ints(node, "strides", 2, (const int[]){layer->stride, layer->stride});
    set_ints(node, "pads", 4,
             (const int[]){rows / 2, columns / 2, rows - rows / 2, columns - columns / 2});
    return node;
}

/* It takes its input as one vector, even if that consists of planes. */
static struct node *add_dense(struct builder *builder, const struct layer_view *layer,
                              const char *output, const struct tensor_view *tensors) {
    if (layer->source >= 0 && builder->is_planes[layer->source]) {
        struct node *flat = add_node(builder, "Flatten", "flat", NULL, NULL);
        set_int(flat, "axis", 1);
        builder->current = flat->output;
    }
    return add_weighted(builder, "Gemm", output, tensors);
}

/* Its epsilon is ours where nothing is said. */
static struct node *add_norm(struct builder *builder, const struct layer_view *layer,
                             const char *output, const struct tensor_view *tensors) {
    (void)layer;
    struct node *node = add_weighted(builder, "LayerNormalization", output, tensors);
    set_int(node, "axis", 1);
    builder->model.ir_version = NORM_IR_VERSION;
    builder->operators.version = NORM_OPSET_VERSION;
    return node;
}

/* The nodes that make deviations of a layer's variances; the last one's output. */
static char *add_deviation(struct builder *builder, const struct layer_view *layer,
                           const struct tensor_view *variance) {
    char name[NAME_SIZE];
    char *read = builder->current;
    char *floor =
        add_constant(builder, layer->is_head ? "value_floor" : "floor", NETWORK_VARIANCE_FLOOR);
    builder->current = add_tensor(builder, variance);
    snprintf(name, sizeof name, "%.20s/floored", layer->name);
    builder->current = add_node(builder, "Add", name, floor, NULL)->output;
    snprintf(name, sizeof name, "%.20s/deviation", layer->name);
    char *deviation = add_node(builder, "Sqrt", name, NULL, NULL)->output;
    builder->current = read;
    return deviation;
}

static struct node *add_standard(struct builder *builder, const struct layer_view *layer,
                                 const char *output, const struct tensor_view *tensors) {
    char *mean = add_tensor(builder, &tensors[0]);
    char *deviation = add_deviation(builder, layer, &tensors[1]);
    builder->current = add_node(builder, "Sub", "normalization/gaps", mean, NULL)->output;
    builder->current = add_node(builder, "Div", "normalization/scaled", deviation, NULL)->output;
    char *low = add_constant(builder, "low", -NETWORK_STANDARD_BOUND);
    char *high = add_constant(builder, "high", NETWORK_STANDARD_BOUND);
    return add_node(builder, "Clip", output, low, high);
}

/* It is a head: that of the value, in units of rewards. */
static struct node *add_units(struct builder *builder, const struct layer_view *layer,
                              const char *output, const struct tensor_view *tensors) {
    char *deviation = add_deviation(builder, layer, &tensors[1]);
    builder->current = add_node(builder, "Mul", "value_units/scaled", deviation, NULL)->output;
    return add_node(builder, "Add", output, add_tensor(builder, &tensors[0]), NULL);
}

/* Splits the columns of current into as many equal parts, whose names these are. */
static struct node *add_split(struct builder *builder, const char *const *names, int count) {
    struct node *node = add_node(builder, "Split", names[0], NULL, NULL);
    for (int i = 0; i < count; i++) {
        snprintf(node->names[i], sizeof node->names[i], "%s", names[i]);
        node->outputs[i] = node->names[i];
    }
    node->node.output = node->outputs;
    node->node.n_output = (size_t)count;
    set_int(node, "axis", 1);
    return node;
}

/* A node on a value and, where it is not NULL, another; its output. */
static char *apply(struct builder *builder, char *operator_name, const char *output, char *first,
                   char *second) {
    builder->current = first;
    return add_node(builder, operator_name, output, second, NULL)->output;
}

/* One step, of operators that take the weights as they lie in memory: network/lstm.c. */
static struct node *add_lstm(struct builder *builder, const struct layer_view *layer,
                             const char *output, const struct tensor_view *tensors) {
    static const char *const state_names[] = {"lstm/output_before", "lstm/cell_before"};
    static const char *const sum_names[] = {"lstm/input_sum", "lstm/forget_sum",
                                            "lstm/candidate_sum", "lstm/output_sum"};
    (void)layer;
    char *kernel = add_tensor(builder, &tensors[0]);
    char *bias = add_tensor(builder, &tensors[2]);
    char *seen = add_node(builder, "Gemm", "lstm/seen", kernel, bias)->output;
    builder->current = state_value;
    const struct node *before = add_split(builder, state_names, 2);
    char *recalled = apply(builder, "MatMul", "lstm/recalled", before->outputs[0],
                           add_tensor(builder, &tensors[1]));
    builder->current = apply(builder, "Add", "lstm/sums", seen, recalled);
    const struct node *sums = add_split(builder, sum_names, 4);
    char *input = apply(builder, "Sigmoid", "lstm/input", sums->outputs[0], NULL);
    char *forget = apply(builder, "Sigmoid", "lstm/forget", sums->outputs[1], NULL);
    char *candidate = apply(builder, "Tanh", "lstm/candidate", sums->outputs[2], NULL);
    char *gate = apply(builder, "Sigmoid", "lstm/gate", sums->outputs[3], NULL);
    char *added = apply(builder, "Mul", "lstm/added", input, candidate);
    char *kept = apply(builder, "Mul", "lstm/kept", forget, before->outputs[1]);
    char *cell = apply(builder, "Add", "lstm/cell", added, kept);
    char *shown = apply(builder, "Tanh", "lstm/shown", cell, NULL);
    char *given = apply(builder, "Mul", output, gate, shown);
    builder->current = given;
    struct node *state = add_node(builder, "Concat", next_state, cell, NULL);
    set_int(state, "axis", 1);
    builder->current = given;
    return NULL;
}

/* Its ReLU alone is a node. */
static struct node *add_identity(struct builder *builder, const struct layer_view *layer,
                                 const char *output, const struct tensor_view *tensors) {
    (void)tensors;
    return layer->relu ? NULL : add_node(builder, "Identity", output, NULL, NULL);
}

/* The nodes of each kind of layer, the last of which gives its output; NULL: current does. */
static const struct {
    const char *kind;
    struct node *(*add)(struct builder *builder, const struct layer_view *layer, const char *output,
                        const struct tensor_view *tensors);
} operators[] = {
    {"convolution", add_convolution},
    {"dense", add_dense},
    {"identity", add_identity},
    {"lstm", add_lstm},
    {"norm", add_norm},
    {"pool", add_pool},
    {"standard", add_standard},
    {"units", add_units},
};

static struct node *add_operator(struct builder *builder, const struct layer_view *layer,
                                 const char *output, const struct tensor_view *tensors) {
    size_t i = 0;
    while (strcmp(operators[i].kind, layer->kind) != 0)
        i++;
    return operators[i].add(builder, layer, output, tensors);
}

static void add_trunk_layer(struct builder *builder, const struct layer_view *layer,
                            const struct tensor_view *tensors) {
    char name[NAME_SIZE];
    const bool is_value = strcmp(layer->name, "value") == 0; /* under its units */
    const bool is_more = layer->relu || layer->skip >= 0 || is_value;
    snprintf(name, sizeof name, "%s%s", layer->name, is_more ? "/linear" : "");
    struct node *node = add_operator(builder, layer, name, tensors);
    if (node)
        builder->current = node->output;
    if (layer->skip >= 0) {
        snprintf(name, sizeof name, "%s%s", layer->name, layer->relu ? "/sum" : "");
        builder->current =
            add_node(builder, "Add", name, builder->outputs[layer->skip], NULL)->output;
    }
    if (layer->relu)
        builder->current = add_node(builder, "Relu", layer->name, NULL, NULL)->output;
}

static void add_output(struct builder *builder, char *name, int size) {
    struct value *value = &builder->values[builder->graph.n_output];
    builder->output_list[builder->graph.n_output++] =
        describe_value(value, name, ONNX_FLOAT, &size, 1);
    builder->graph.output = builder->output_list;
}

static void add_head(struct builder *builder, const struct layer_view *layer,
                     const struct tensor_view *tensors) {
    const bool is_policy = strcmp(layer->name, "policy") == 0;
    const bool is_units = strcmp(layer->kind, "units") == 0;
    struct node *node = add_operator(builder, layer,
                                     is_policy  ? "policy/linear"
                                     : is_units ? "value"
                                                : layer->name,
                                     tensors);
    if (is_policy) {
        builder->current = node->output;
        node = add_node(builder, "Softmax", layer->name, NULL, NULL);
        set_int(node, "axis", 1);
    }
    add_output(builder, node->output, layer->out[0]);
}

static void add_layers(struct builder *builder, const struct network_spec *spec,
                       const struct tensor_view *views) {
    const int count = network_layers(spec, builder->layers);
    char *observation = builder->current;
    for (int i = 0; i < count; i++) {
        const struct layer_view *layer = &builder->layers[i];
        const int source = layer->source;
        builder->current = source < 0 ? observation : builder->outputs[source];
        (layer->is_head ? add_head : add_trunk_layer)(builder, layer, views + layer->first_tensor);
        builder->outputs[i] = builder->current;
        if (strcmp(layer->kind, "lstm") == 0)
            add_output(builder, next_state, (int)network_state_size(spec));
        builder->is_planes[i] =
            strcmp(layer->kind, "convolution") == 0 ||
            (strcmp(layer->kind, "standard") == 0 && !trunk_takes_vectors(spec->trunk)) ||
            (strcmp(layer->kind, "dense") != 0 && source >= 0 && builder->is_planes[source]);
    }
}

static void begin(struct builder *builder) {
    onnx__model__init(&builder->model);
    onnx__graph__init(&builder->graph);
    onnx__operator_set__init(&builder->operators);
    builder->operators.domain = "";
    builder->operators.has_version = true;
    builder->operators.version = OPSET_VERSION;
    builder->operator_list[0] = &builder->operators;
    builder->model.has_ir_version = true;
    builder->model.ir_version = IR_VERSION;
    builder->model.producer_name = "asyncrl";
    builder->model.graph = &builder->graph;
    builder->model.opset_import = builder->operator_list;
    builder->model.n_opset_import = 1;
    builder->model.metadata_props = builder->property_list;
    builder->graph.name = "agent";
    builder->graph.node = builder->node_list;
    builder->graph.initializer = builder->tensor_list;
}

/* ---- The file -------------------------------------------------------------------------------- */

static void add_properties(struct builder *builder, const struct agent *agent, char *frame_skip,
                           char *steps) {
    const struct agent_info *info = agent_get_info(agent);
    int min;
    int max;
    if (agent_frame_skip(agent, &min, &max))
        snprintf(frame_skip, NUMBER_SIZE, min == max ? "%d" : "%d-%d", min, max);
    if (info->weights.steps >= 0)
        snprintf(steps, NUMBER_SIZE, "%lld", (long long)info->weights.steps);
    add_property(builder, "game", info->weights.game);
    add_property(builder, "method", info->weights.method);
    add_property(builder, "observation", observation_name(info->observation));
    add_property(builder, "network", info->weights.network);
    add_property(builder, "actions", info->weights.action_names);
    add_property(builder, "action_set", info->weights.actions);
    add_property(builder, "frame_skip", frame_skip);
    add_property(builder, "steps", steps);
}

static enum status write_model(const Onnx__Model *model, const char *path, struct error *error) {
    const size_t size = onnx__model__get_packed_size(model);
    uint8_t *data = malloc(size);
    if (!data)
        return error_set(error, STATUS_FAILED, "out of memory writing '%s'", path);
    onnx__model__pack(model, data);
    const enum status status = atomic_file_write(path, data, size, error);
    free(data);
    return status;
}

enum status agent_save_onnx(const struct agent *agent, const char *path, struct error *error) {
    const struct network_spec *spec = &agent_get_info(agent)->network;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    char frame_skip[NUMBER_SIZE] = "";
    char steps[NUMBER_SIZE] = "";
    struct builder *builder = calloc(1, sizeof *builder);
    if (!builder)
        return error_set(error, STATUS_FAILED, "out of memory writing '%s'", path);
    begin(builder);
    add_properties(builder, agent, frame_skip, steps);
    add_observation(builder, spec);
    agent_tensors(agent, views);
    add_layers(builder, spec, views);
    const enum status status = write_model(&builder->model, path, error);
    free(builder);
    return status;
}
