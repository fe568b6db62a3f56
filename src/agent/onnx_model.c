#include "agent/onnx_model.h"

#include "agent/onnx.pb-c.h"

#include <stdlib.h>
#include <string.h>

enum { IR_VERSION = 7, OPSET_VERSION = 13 };

/* Types of attributes, as the format counts them. */
enum { ATTRIBUTE_INT = 2, ATTRIBUTE_INTS = 7 };

enum {
    MAX_NODES = 3 * NETWORK_MAX_LAYERS + 28,
    MAX_ATTRIBUTES = 3,
    MAX_INTS = 4,
    MAX_CONSTANTS = 6,
    MAX_TENSORS = NETWORK_MAX_TENSORS + MAX_CONSTANTS,
    MAX_INPUTS = 2,
    MAX_OUTPUTS = 4,
    MAX_PARTS = 4,                   /* that a value is split into */
    MAX_PROPERTIES = 11,             /* all of add_properties in onnx.c */
    NAME_SIZE = TENSOR_NAME_SIZE + 8 /* "/linear" after a layer's name */
};

static char batch[] = "batch";

/* A node with all that it points to. */
struct onnx_node {
    Onnx__Node node;
    char *inputs[3];
    char *outputs[MAX_PARTS];
    Onnx__Attribute attributes[MAX_ATTRIBUTES];
    Onnx__Attribute *attribute_list[MAX_ATTRIBUTES];
    int64_t ints[MAX_ATTRIBUTES][MAX_INTS];
    char names[MAX_PARTS][NAME_SIZE]; /* of its outputs; the first is the node's, too */
};

struct tensor {
    Onnx__Tensor tensor;
    int64_t dims[TENSOR_MAX_RANK];
};

/* An input or an output of the whole model. */
struct value {
    Onnx__Value value;
    Onnx__Type type;
    Onnx__TensorType tensor;
    Onnx__Shape shape;
    Onnx__Dimension dims[TENSOR_MAX_RANK];
    Onnx__Dimension *dim_list[TENSOR_MAX_RANK];
};

/* The format wants lists of pointers beside what they point to. */
struct onnx_model {
    Onnx__Model model;
    Onnx__Graph graph;
    Onnx__OperatorSet operators;
    Onnx__OperatorSet *operator_list[1];
    struct onnx_node nodes[MAX_NODES];
    Onnx__Node *node_list[MAX_NODES];
    struct tensor tensors[MAX_TENSORS];
    Onnx__Tensor *tensor_list[MAX_TENSORS];
    struct value inputs[MAX_INPUTS];
    struct value outputs[MAX_OUTPUTS];
    Onnx__Value *input_list[MAX_INPUTS];
    Onnx__Value *output_list[MAX_OUTPUTS];
    Onnx__Property properties[MAX_PROPERTIES];
    Onnx__Property *property_list[MAX_PROPERTIES];
    float constants[MAX_CONSTANTS];
    int constant_count;
};

struct onnx_model *onnx_model_create(void) {
    struct onnx_model *model = calloc(1, sizeof *model);
    if (!model)
        return NULL;
    onnx__model__init(&model->model);
    onnx__graph__init(&model->graph);
    onnx__operator_set__init(&model->operators);
    model->operators.domain = "";
    model->operators.has_version = true;
    model->operator_list[0] = &model->operators;
    model->model.has_ir_version = true;
    onnx_use_operators(model, IR_VERSION, OPSET_VERSION);
    model->model.producer_name = "asyncrl";
    model->model.graph = &model->graph;
    model->model.opset_import = model->operator_list;
    model->model.n_opset_import = 1;
    model->model.metadata_props = model->property_list;
    model->graph.name = "agent";
    model->graph.input = model->input_list;
    model->graph.output = model->output_list;
    model->graph.node = model->node_list;
    model->graph.initializer = model->tensor_list;
    return model;
}

void onnx_use_operators(struct onnx_model *model, int64_t ir_version, int64_t operator_set) {
    model->model.ir_version = ir_version;
    model->operators.version = operator_set;
}

/* ---- Inputs and outputs of the model --------------------------------------------------------- */

/* A value of (batch, sizes...). */
static Onnx__Value *describe_value(struct value *value, char *name, enum onnx_type type,
                                   const int *sizes, int count) {
    onnx__value__init(&value->value);
    onnx__type__init(&value->type);
    onnx__tensor_type__init(&value->tensor);
    onnx__shape__init(&value->shape);
    for (int i = 0; i <= count; i++) {
        Onnx__Dimension *dim = &value->dims[i];
        onnx__dimension__init(dim);
        dim->has_dim_value = i > 0;
        dim->dim_value = i > 0 ? sizes[i - 1] : 0;
        dim->dim_param = i > 0 ? NULL : batch;
        value->dim_list[i] = dim;
    }
    value->shape.dim = value->dim_list;
    value->shape.n_dim = (size_t)count + 1;
    value->tensor.has_elem_type = true;
    value->tensor.elem_type = (int32_t)type;
    value->tensor.shape = &value->shape;
    value->type.tensor_type = &value->tensor;
    value->value.name = name;
    value->value.type = &value->type;
    return &value->value;
}

char *onnx_add_input(struct onnx_model *model, char *name, enum onnx_type type, const int *sizes,
                     int count) {
    const size_t index = model->graph.n_input++;
    model->input_list[index] = describe_value(&model->inputs[index], name, type, sizes, count);
    return name;
}

void onnx_add_output(struct onnx_model *model, char *value, int size) {
    const size_t index = model->graph.n_output++;
    model->output_list[index] =
        describe_value(&model->outputs[index], value, ONNX_FLOATS, &size, 1);
}

/* ---- Nodes ----------------------------------------------------------------------------------- */

struct onnx_node *onnx_add_node(struct onnx_model *model, char *operator_name, const char *output,
                                char *first, char *second, char *third) {
    struct onnx_node *node = &model->nodes[model->graph.n_node];
    snprintf(node->names[0], sizeof node->names[0], "%s", output);
    onnx__node__init(&node->node);
    node->inputs[0] = first;
    node->inputs[1] = second;
    node->inputs[2] = third;
    node->outputs[0] = node->names[0];
    node->node.attribute = node->attribute_list;
    node->node.name = node->names[0];
    node->node.op_type = operator_name;
    node->node.input = node->inputs;
    node->node.n_input = third ? 3 : second ? 2 : 1;
    node->node.output = node->outputs;
    node->node.n_output = 1;
    model->node_list[model->graph.n_node++] = &node->node;
    return node;
}

struct onnx_node *onnx_add_split(struct onnx_model *model, char *value, const char *const *names,
                                 int count) {
    struct onnx_node *node = onnx_add_node(model, "Split", names[0], value, NULL, NULL);
    for (int i = 1; i < count; i++) {
        snprintf(node->names[i], sizeof node->names[i], "%s", names[i]);
        node->outputs[i] = node->names[i];
    }
    node->node.n_output = (size_t)count;
    onnx_set_int(node, "axis", 1);
    return node;
}

char *onnx_node_output(struct onnx_node *node, int index) {
    return node->names[index];
}

static Onnx__Attribute *add_attribute(struct onnx_node *node, char *name) {
    Onnx__Attribute *attribute = &node->attributes[node->node.n_attribute];
    onnx__attribute__init(attribute);
    attribute->name = name;
    attribute->has_type = true;
    node->attribute_list[node->node.n_attribute++] = attribute;
    return attribute;
}

void onnx_set_int(struct onnx_node *node, char *name, int64_t value) {
    Onnx__Attribute *attribute = add_attribute(node, name);
    attribute->has_i = true;
    attribute->type = ATTRIBUTE_INT;
    attribute->i = value;
}

void onnx_set_ints(struct onnx_node *node, char *name, int count, const int *values) {
    int64_t *ints = node->ints[node->node.n_attribute];
    Onnx__Attribute *attribute = add_attribute(node, name);
    for (int i = 0; i < count; i++)
        ints[i] = values[i];
    attribute->type = ATTRIBUTE_INTS;
    attribute->ints = ints;
    attribute->n_ints = (size_t)count;
}

/* ---- Tensors and properties ------------------------------------------------------------------ */

char *onnx_add_tensor(struct onnx_model *model, const struct tensor_view *view) {
    struct tensor *tensor = &model->tensors[model->graph.n_initializer];
    onnx__tensor__init(&tensor->tensor);
    for (int i = 0; i < view->rank; i++)
        tensor->dims[i] = view->shape[i];
    tensor->tensor.dims = tensor->dims;
    tensor->tensor.n_dims = (size_t)view->rank;
    tensor->tensor.name = (char *)view->name;
    tensor->tensor.has_data_type = tensor->tensor.has_raw_data = true;
    tensor->tensor.data_type = ONNX_FLOATS;
    tensor->tensor.raw_data.data = (uint8_t *)view->data;
    tensor->tensor.raw_data.len = tensor_size(view) * sizeof *view->data;
    model->tensor_list[model->graph.n_initializer++] = &tensor->tensor;
    return tensor->tensor.name;
}

char *onnx_add_constant(struct onnx_model *model, char *name, float value) {
    float *constant = &model->constants[model->constant_count++];
    *constant = value;
    const struct tensor_view view = {.rank = 0, .data = constant};
    onnx_add_tensor(model, &view);
    return model->tensor_list[model->graph.n_initializer - 1]->name = name;
}

void onnx_add_property(struct onnx_model *model, char *key, const char *value) {
    Onnx__Property *property = &model->properties[model->model.n_metadata_props];
    if (!value[0])
        return;
    onnx__property__init(property);
    property->key = key;
    property->value = (char *)value;
    model->property_list[model->model.n_metadata_props++] = property;
}

/* ---- The file -------------------------------------------------------------------------------- */

enum status onnx_model_write(const struct onnx_model *model, const char *path,
                             struct error *error) {
    const size_t size = onnx__model__get_packed_size(&model->model);
    uint8_t *data = malloc(size);
    if (!data)
        return error_set(error, STATUS_FAILED, "out of memory writing '%s'", path);
    onnx__model__pack(&model->model, data);
    const enum status status = atomic_file_write(path, data, size, error);
    free(data);
    return status;
}
