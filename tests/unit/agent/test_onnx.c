/* ONNX models, read back part by part: the layers in their order, every weight, the properties. */
#include "../network/network_fixture.h"
#include "agent/agent.h"
#include "agent/onnx.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IR_VERSION = 7, OPSET = 13, FLOATS = 1, BYTES = 2 };

struct fixture {
    char folder[64];
    char weights[128];
    char onnx[128];
};

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/asyncrl-onnx-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->weights, sizeof fixture->weights, "%s/model.h5", fixture->folder);
    snprintf(fixture->onnx, sizeof fixture->onnx, "%s/model.onnx", fixture->folder);
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    unlink(fixture->weights);
    unlink(fixture->onnx);
    const int left = rmdir(fixture->folder); /* fails if another file was left */
    free(fixture);
    return left;
}

/* Saves new weights that say so much about themselves, and opens them. */
static struct agent *new_agent_about(const struct fixture *fixture, const struct network_spec *spec,
                                     const struct weights_metadata *about) {
    struct error error = {0};
    struct rng rng;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    float *params = calloc(network_param_count(spec), sizeof *params);
    assert_non_null(params);
    rng_seed(&rng, 1, 0);
    network_initialize(spec, params, &rng);
    const int count = network_tensors(spec, params, views);
    assert_int_equal(weights_save(fixture->weights, views, count, about, &error), STATUS_OK);
    free(params);
    const struct agent_request request = {.model = fixture->weights, .without_game = true};
    struct agent *agent = NULL;
    if (agent_open(&request, &agent, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return agent;
}

static struct agent *new_agent(const struct fixture *fixture, const struct network_spec *spec) {
    struct weights_metadata about = {
        .game = "Breakout-v0", .steps = 12, .action_names = "NOOP,FIRE,RIGHT"};
    snprintf(about.method, sizeof about.method, "%s", spec->heads == HEADS_Q ? "qn" : "a3c");
    if (spec->layer_norm || spec->normalize_observations || spec->lstm > 0 || spec->gaussian)
        network_name(spec, about.network);
    return new_agent_about(fixture, spec, &about);
}

static Onnx__Model *read_model(const char *path) {
    unsigned char *data;
    size_t size;
    struct error error;
    assert_int_equal(path_read_file(path, 1 << 26, &data, &size, &error), STATUS_OK);
    Onnx__Model *model = onnx__model__unpack(NULL, size, data);
    free(data);
    assert_non_null(model);
    return model;
}

/* Each node reads the output of the one before it; heads all read the trunk's end. */
static void check_nodes(const Onnx__Graph *graph, const char *const *operators,
                        const char *trunk_end) {
    const char *current = "observation";
    for (size_t i = 0; i < graph->n_node; i++) {
        const Onnx__Node *node = graph->node[i];
        assert_non_null(operators[i]);
        assert_string_equal(node->op_type, operators[i]);
        const bool is_head = strcmp(current, "value") == 0;
        assert_string_equal(node->input[0], is_head ? trunk_end : current);
        current = node->output[0];
    }
    assert_null(operators[graph->n_node]);
}

static const Onnx__Tensor *find_tensor(const Onnx__Graph *graph, const char *name) {
    for (size_t i = 0; i < graph->n_initializer; i++)
        if (strcmp(graph->initializer[i]->name, name) == 0)
            return graph->initializer[i];
    return NULL;
}

static void check_weights(const Onnx__Graph *graph, const struct agent *agent) {
    struct tensor_view views[NETWORK_MAX_TENSORS];
    const int count = agent_tensors(agent, views);
    int expected = count;
    for (int i = 0; i < count; i++) {
        const Onnx__Tensor *tensor = find_tensor(graph, views[i].name);
        if (strstr(views[i].name, "/count")) { /* only for training */
            assert_null(tensor);
            expected--;
            continue;
        }
        assert_non_null(tensor);
        assert_int_equal(tensor->data_type, FLOATS);
        assert_int_equal(tensor->n_dims, views[i].rank);
        for (int d = 0; d < views[i].rank; d++)
            assert_int_equal(tensor->dims[d], views[i].shape[d]);
        assert_int_equal(tensor->raw_data.len, tensor_size(&views[i]) * sizeof(float));
        assert_memory_equal(tensor->raw_data.data, views[i].data, tensor->raw_data.len);
    }
    const Onnx__Tensor *range = find_tensor(graph, "pixel_range");
    const int constants = (range ? 1 : 0) + (find_tensor(graph, "low") ? 3 : 0) +
                          (find_tensor(graph, "value_floor") ? 1 : 0) +
                          (find_tensor(graph, "zero") ? 1 : 0);
    assert_int_equal(graph->n_initializer, expected + constants);
    if (range) {
        float levels;
        assert_int_equal(range->n_dims, 0);
        memcpy(&levels, range->raw_data.data, sizeof levels);
        assert_true(levels == 255);
    }
}

/* dims ends with a 0. */
static void check_value(const Onnx__Value *value, const char *name, int type, const int *dims) {
    const Onnx__Shape *shape = value->type->tensor_type->shape;
    assert_string_equal(value->name, name);
    assert_int_equal(value->type->tensor_type->elem_type, type);
    assert_string_equal(shape->dim[0]->dim_param, "batch");
    size_t count = 1;
    for (; dims[count - 1]; count++)
        assert_int_equal(shape->dim[count]->dim_value, dims[count - 1]);
    assert_int_equal(shape->n_dim, count);
}

static const char *property(const Onnx__Model *model, const char *key) {
    for (size_t i = 0; i < model->n_metadata_props; i++)
        if (strcmp(model->metadata_props[i]->key, key) == 0)
            return model->metadata_props[i]->value;
    return "(none)";
}

static Onnx__Model *export_version(const struct fixture *fixture, const struct agent *agent,
                                   int ir_version, int opset) {
    struct error error;
    assert_int_equal(agent_save_onnx(agent, fixture->onnx, &error), STATUS_OK);
    Onnx__Model *model = read_model(fixture->onnx);
    assert_int_equal(model->ir_version, ir_version);
    assert_int_equal(model->n_opset_import, 1);
    assert_int_equal(model->opset_import[0]->version, opset);
    check_weights(model->graph, agent);
    return model;
}

static Onnx__Model *export_model(const struct fixture *fixture, const struct agent *agent) {
    return export_version(fixture, agent, IR_VERSION, OPSET);
}

struct expected_node {
    const char *operator_name;
    const char *first, *second; /* inputs; second may be NULL */
    const char *output;
};

static void check_expected_nodes(const Onnx__Graph *graph, size_t first,
                                 const struct expected_node *expected, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const Onnx__Node *node = graph->node[first + i];
        assert_string_equal(node->op_type, expected[i].operator_name);
        assert_string_equal(node->input[0], expected[i].first);
        if (expected[i].second)
            assert_string_equal(node->input[1], expected[i].second);
        assert_string_equal(node->output[0], expected[i].output);
    }
}

/* The inputs of every kind of layer: in impala's first residual block and its pooling. */
static void test_impala(void **state) {
    const struct network_spec spec = spec_on_pictures(TRUNK_IMPALA, HEADS_Q, 4, 3);
    static const struct expected_node expected[] = {
        {"Conv", "pixels", "conv1/kernel", "conv1"},
        {"MaxPool", "conv1", NULL, "pool1"},
        {"Relu", "pool1", NULL, "relu1"},
        {"Conv", "relu1", "conv2/kernel", "conv2/linear"},
        {"Relu", "conv2/linear", NULL, "conv2"},
        {"Conv", "conv2", "conv3/kernel", "conv3/linear"},
        {"Add", "conv3/linear", "pool1", "conv3"},
        {"Relu", "conv3", NULL, "relu2"},
    };
    struct agent *agent = new_agent(*state, &spec);
    Onnx__Model *model = export_model(*state, agent);
    check_expected_nodes(model->graph, 2, expected, sizeof expected / sizeof *expected);
    const Onnx__Node *pool = model->graph->node[3];
    assert_int_equal(pool->n_attribute, 3);
    assert_string_equal(pool->attribute[2]->name, "pads");
    for (int i = 0; i < 4; i++) /* 84 rows: the one that is missing lies at the end */
        assert_int_equal(pool->attribute[2]->ints[i], i > 1);
    onnx__model__free_unpacked(model, NULL);
    agent_close(agent);
}

/* Normalisation is an operator of a later opset, which other models do not use. */
static void test_layer_norm(void **state) {
    struct network_spec spec = spec_on_pictures(TRUNK_A3C, HEADS_Q, 3, 3);
    spec.layer_norm = true;
    static const char *const operators[] = {
        "Cast", "Div",     "Conv", "LayerNormalization", "Relu", "Conv", "LayerNormalization",
        "Relu", "Flatten", "Gemm", "LayerNormalization", "Relu", "Gemm", NULL};
    struct agent *agent = new_agent(*state, &spec);
    Onnx__Model *model = export_version(*state, agent, 8, 17);
    check_nodes(model->graph, operators, "layer_normalization_2");
    const Onnx__Attribute *axis = model->graph->node[3]->attribute[0];
    assert_string_equal(axis->name, "axis");
    assert_int_equal(axis->i, 1);
    assert_string_equal(property(model, "network"), "a3c+layer_norm");
    onnx__model__free_unpacked(model, NULL);
    agent_close(agent);
}

/* Statistics are nodes around the first layer and behind the value's. */
static void test_statistics(void **state) {
    struct network_spec spec = spec_on_pictures(TRUNK_A3C, HEADS_POLICY_VALUE, 4, 3);
    spec.normalize_observations = true;
    spec.normalize_returns = true;
    static const struct expected_node expected[] = {
        {"Cast", "observation", NULL, "levels"},
        {"Div", "levels", "pixel_range", "pixels"},
        {"Add", "normalization/variance", "floor", "normalization/floored"},
        {"Sqrt", "normalization/floored", NULL, "normalization/deviation"},
        {"Sub", "pixels", "normalization/mean", "normalization/gaps"},
        {"Div", "normalization/gaps", "normalization/deviation", "normalization/scaled"},
        {"Clip", "normalization/scaled", "low", "normalization"},
        {"Conv", "normalization", "conv1/kernel", "conv1/linear"},
        {"Relu", "conv1/linear", NULL, "conv1"},
        {"Conv", "conv1", "conv2/kernel", "conv2/linear"},
        {"Relu", "conv2/linear", NULL, "conv2"},
        {"Flatten", "conv2", NULL, "flat"},
        {"Gemm", "flat", "dense/kernel", "dense/linear"},
        {"Relu", "dense/linear", NULL, "dense"},
        {"Gemm", "dense", "value/kernel", "value/linear"},
        {"Add", "value_units/variance", "value_floor", "value_units/floored"},
        {"Sqrt", "value_units/floored", NULL, "value_units/deviation"},
        {"Mul", "value/linear", "value_units/deviation", "value_units/scaled"},
        {"Add", "value_units/scaled", "value_units/mean", "value"},
        {"Gemm", "dense", "policy/kernel", "policy/linear"},
        {"Softmax", "policy/linear", NULL, "policy"},
    };
    struct agent *agent = new_agent(*state, &spec);
    Onnx__Model *model = export_model(*state, agent);
    assert_int_equal(model->graph->n_node, sizeof expected / sizeof *expected);
    check_expected_nodes(model->graph, 0, expected, sizeof expected / sizeof *expected);
    assert_int_equal(find_tensor(model->graph, "normalization/mean")->n_dims, 3);
    assert_string_equal(model->graph->output[0]->name, "value");
    assert_string_equal(property(model, "network"), "a3c+normalize_observations+normalize_returns");
    onnx__model__free_unpacked(model, NULL);
    agent_close(agent);
}

/* The means of continuous actions are an output, and their deviations another. */
static void test_gaussian(void **state) {
    struct network_spec spec = spec_on_vectors(HEADS_POLICY_VALUE, 5, 3);
    spec.gaussian = true;
    static const struct expected_node expected[] = {
        {"Gemm", "dense2", "policy/kernel", "mean"},
        {"Gemm", "dense2", "value/kernel", "value"},
        {"Mul", "mean", "zero", "gaussian/zeros"},
        {"Add", "gaussian/zeros", "gaussian/log_std", "gaussian/rows"},
        {"Exp", "gaussian/rows", NULL, "deviation"},
    };
    static const char *const outputs[] = {"value", "mean", "deviation"};
    static const int sizes[] = {1, 3, 3};
    struct agent *agent = new_agent(*state, &spec);
    Onnx__Model *model = export_model(*state, agent);
    enum { TRUNK_NODES = 4, NODES = sizeof expected / sizeof *expected };
    assert_int_equal(model->graph->n_node, TRUNK_NODES + NODES);
    check_expected_nodes(model->graph, TRUNK_NODES, expected, NODES);
    assert_int_equal(model->graph->n_output, 3);
    for (size_t i = 0; i < 3; i++) {
        const Onnx__Value *output = model->graph->output[i];
        assert_string_equal(output->name, outputs[i]);
        assert_int_equal(output->type->tensor_type->shape->dim[1]->dim_value, sizes[i]);
    }
    assert_string_equal(property(model, "network"), "mlp+gaussian");
    onnx__model__free_unpacked(model, NULL);
    agent_close(agent);
}

/* A memory is one step of it, from the input state to the output next_state. */
static void test_memory(void **state) {
    struct network_spec spec = spec_on_vectors(HEADS_POLICY_VALUE, 5, 3);
    spec.lstm = 4;
    static const struct expected_node expected[] = {
        {"Gemm", "dense2", "lstm/kernel", "lstm/seen"},
        {"Split", "state", NULL, "lstm/output_before"},
        {"MatMul", "lstm/output_before", "lstm/recurrent_kernel", "lstm/recalled"},
        {"Add", "lstm/seen", "lstm/recalled", "lstm/sums"},
        {"Split", "lstm/sums", NULL, "lstm/input_sum"},
        {"Sigmoid", "lstm/input_sum", NULL, "lstm/input"},
        {"Sigmoid", "lstm/forget_sum", NULL, "lstm/forget"},
        {"Tanh", "lstm/candidate_sum", NULL, "lstm/candidate"},
        {"Sigmoid", "lstm/output_sum", NULL, "lstm/gate"},
        {"Mul", "lstm/input", "lstm/candidate", "lstm/added"},
        {"Mul", "lstm/forget", "lstm/cell_before", "lstm/kept"},
        {"Add", "lstm/added", "lstm/kept", "lstm/cell"},
        {"Tanh", "lstm/cell", NULL, "lstm/shown"},
        {"Mul", "lstm/gate", "lstm/shown", "lstm"},
        {"Concat", "lstm", "lstm/cell", "next_state"},
        {"Gemm", "lstm", "value/kernel", "value"},
        {"Gemm", "lstm", "policy/kernel", "policy/linear"},
    };
    struct agent *agent = new_agent(*state, &spec);
    Onnx__Model *model = export_model(*state, agent);
    const Onnx__Graph *graph = model->graph;
    assert_int_equal(graph->n_node, 4 + sizeof expected / sizeof *expected + 1);
    check_expected_nodes(graph, 4, expected, sizeof expected / sizeof *expected);
    assert_int_equal(graph->node[5]->n_output, 2);
    assert_int_equal(graph->node[8]->n_output, 4);
    assert_string_equal(graph->node[8]->output[3], "lstm/output_sum");
    assert_int_equal(graph->n_input, 2);
    assert_int_equal(graph->n_output, 3);
    check_value(graph->input[1], "state", FLOATS, (const int[]){8, 0});
    check_value(graph->output[0], "next_state", FLOATS, (const int[]){8, 0});
    assert_string_equal(graph->output[1]->name, "value");
    onnx__model__free_unpacked(model, NULL);
    agent_close(agent);
}

static void test_pictures_policy(void **state) {
    const struct network_spec spec = spec_on_pictures(TRUNK_NATURE, HEADS_POLICY_VALUE, 4, 3);
    static const char *const operators[] = {"Cast", "Div",  "Conv", "Relu",    "Conv",
                                            "Relu", "Conv", "Relu", "Flatten", "Gemm",
                                            "Relu", "Gemm", "Gemm", "Softmax", NULL};
    static const int64_t strides[] = {4, 2, 1};
    struct agent *agent = new_agent(*state, &spec);
    Onnx__Model *model = export_model(*state, agent);
    const Onnx__Graph *graph = model->graph;
    check_nodes(graph, operators, "dense");
    for (int i = 0; i < 3; i++) {
        const Onnx__Attribute *attribute = graph->node[2 + 2 * i]->attribute[0];
        assert_string_equal(attribute->name, "strides");
        assert_int_equal(attribute->n_ints, 2);
        assert_int_equal(attribute->ints[0], strides[i]);
        assert_int_equal(attribute->ints[1], strides[i]);
    }
    assert_int_equal(graph->n_input, 1);
    assert_int_equal(graph->n_output, 2);
    check_value(graph->input[0], "observation", BYTES, (const int[]){4, 84, 84, 0});
    check_value(graph->output[0], "value", FLOATS, (const int[]){1, 0});
    check_value(graph->output[1], "policy", FLOATS, (const int[]){3, 0});
    onnx__model__free_unpacked(model, NULL);
    agent_close(agent);
}

static void test_pictures_q(void **state) {
    const struct network_spec spec = spec_on_pictures(TRUNK_A3C, HEADS_Q, 3, 3);
    static const char *const operators[] = {"Cast",    "Div",  "Conv", "Relu", "Conv", "Relu",
                                            "Flatten", "Gemm", "Relu", "Gemm", NULL};
    struct agent *agent = new_agent(*state, &spec);
    Onnx__Model *model = export_model(*state, agent);
    check_nodes(model->graph, operators, "dense");
    assert_int_equal(model->graph->n_output, 1);
    check_value(model->graph->output[0], "q", FLOATS, (const int[]){3, 0});
    assert_string_equal(property(model, "game"), "Breakout-v0");
    assert_string_equal(property(model, "method"), "qn");
    assert_string_equal(property(model, "observation"), "classic");
    assert_string_equal(property(model, "network"), "a3c");
    assert_string_equal(property(model, "actions"), "NOOP,FIRE,RIGHT");
    assert_string_equal(property(model, "frame_skip"), "2-4");
    assert_string_equal(property(model, "steps"), "12");
    assert_string_equal(property(model, "action_set"), "(none)");
    onnx__model__free_unpacked(model, NULL);
    agent_close(agent);
}

static void test_vectors(void **state) {
    const struct network_spec spec = spec_on_vectors(HEADS_POLICY_VALUE, 5, 3);
    static const char *const operators[] = {"Gemm", "Relu", "Gemm",    "Relu",
                                            "Gemm", "Gemm", "Softmax", NULL};
    struct agent *agent = new_agent(*state, &spec);
    Onnx__Model *model = export_model(*state, agent);
    check_nodes(model->graph, operators, "dense2");
    check_value(model->graph->input[0], "observation", FLOATS, (const int[]){5, 0});
    onnx__model__free_unpacked(model, NULL);
    agent_close(agent);
}

/* Weights that say all that a file can say; no game of ours makes them, but anyone may. */
static void test_all_properties(void **state) {
    const struct network_spec spec = spec_on_vectors(HEADS_POLICY_VALUE, 5, 3);
    const struct weights_metadata about = {.method = "a3c",
                                           .game = "any",
                                           .observation = "vector",
                                           .network = "mlp",
                                           .actions = "simple",
                                           .state = "Level1",
                                           .env_kwargs = "{}",
                                           .env_wrappers = "Wrapper",
                                           .frame_skip = {2, 4},
                                           .steps = 12,
                                           .action_names = "A,B,C"};
    static const char *const values[][2] = {{"game", "any"},
                                            {"method", "a3c"},
                                            {"observation", "vector"},
                                            {"network", "mlp"},
                                            {"actions", "A,B,C"},
                                            {"action_set", "simple"},
                                            {"env_kwargs", "{}"},
                                            {"start_state", "Level1"},
                                            {"env_wrappers", "Wrapper"},
                                            {"frame_skip", "2-4"},
                                            {"steps", "12"}};
    const size_t count = sizeof values / sizeof values[0];
    struct agent *agent = new_agent_about(*state, &spec, &about);
    Onnx__Model *model = export_model(*state, agent);
    assert_int_equal(model->n_metadata_props, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(property(model, values[i][0]), values[i][1]);
    onnx__model__free_unpacked(model, NULL);
    agent_close(agent);
}

static void test_equal_weights_equal_bytes(void **state) {
    const struct fixture *fixture = *state;
    const struct network_spec spec = spec_on_pictures(TRUNK_A3C, HEADS_POLICY_VALUE, 3, 3);
    unsigned char *data[2];
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        struct error error;
        struct agent *agent = new_agent(fixture, &spec);
        assert_int_equal(agent_save_onnx(agent, fixture->onnx, &error), STATUS_OK);
        agent_close(agent);
        assert_int_equal(path_read_file(fixture->onnx, 1 << 26, &data[i], &size[i], &error),
                         STATUS_OK);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(data[0], data[1], size[0]);
    free(data[0]);
    free(data[1]);
}

static void test_a_place_that_cannot_be_written_to(void **state) {
    const struct network_spec spec = spec_on_vectors(HEADS_Q, 5, 3);
    struct agent *agent = new_agent(*state, &spec);
    struct error error = {0};
    assert_int_not_equal(agent_save_onnx(agent, "/no/such/folder/model.onnx", &error), STATUS_OK);
    assert_non_null(strstr(error.message, "/no/such/folder/model.onnx"));
    agent_close(agent);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pictures_policy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_layer_norm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_statistics, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gaussian, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_impala, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pictures_q, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_vectors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all_properties, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_equal_weights_equal_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_place_that_cannot_be_written_to, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
