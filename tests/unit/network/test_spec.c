/* Specs: shapes, names, counts, initialisation; what network_create refuses. */
#include "network_fixture.h"

static const struct network_spec a3c_spec = {.trunk = TRUNK_A3C,
                                             .heads = HEADS_POLICY_VALUE,
                                             .channels = 3,
                                             .height = 84,
                                             .width = 84,
                                             .actions = 4};
static const struct network_spec nature_spec = {.trunk = TRUNK_NATURE,
                                                .heads = HEADS_Q,
                                                .channels = 4,
                                                .height = 84,
                                                .width = 84,
                                                .actions = 6};
static const struct network_spec mlp_spec = {.trunk = TRUNK_MLP,
                                             .heads = HEADS_POLICY_VALUE,
                                             .channels = 5,
                                             .height = 1,
                                             .width = 1,
                                             .actions = 3};

struct expected_tensor {
    const char *name;
    int rank;
    int shape[TENSOR_MAX_RANK];
};

static void check_tensors(const struct network_spec *spec, const struct expected_tensor *expected,
                          int count) {
    float *params = new_floats(network_param_count(spec));
    struct tensor_view views[NETWORK_MAX_TENSORS];
    assert_int_equal(network_tensors(spec, params, views), count);
    const float *next = params;
    for (int i = 0; i < count; i++) {
        assert_string_equal(views[i].name, expected[i].name);
        assert_int_equal(views[i].rank, expected[i].rank);
        for (int d = 0; d < expected[i].rank; d++)
            assert_int_equal(views[i].shape[d], expected[i].shape[d]);
        assert_ptr_equal(views[i].data, next);
        next += tensor_size(&views[i]);
    }
    assert_int_equal(next - params, network_param_count(spec));
    free(params);
}

static void test_a3c_tensors(void **state) {
    (void)state;
    static const struct expected_tensor expected[] = {
        {"conv1/kernel", 4, {16, 3, 8, 8}},  {"conv1/bias", 1, {16}},
        {"conv2/kernel", 4, {32, 16, 4, 4}}, {"conv2/bias", 1, {32}},
        {"dense/kernel", 2, {2592, 256}},    {"dense/bias", 1, {256}},
        {"value/kernel", 2, {256, 1}},       {"value/bias", 1, {1}},
        {"policy/kernel", 2, {256, 4}},      {"policy/bias", 1, {4}}};
    check_tensors(&a3c_spec, expected, 10);
    assert_int_equal(network_param_count(&a3c_spec), 3088 + 8224 + 663808 + 257 + 1028);
}

static void test_nature_tensors(void **state) {
    (void)state;
    static const struct expected_tensor expected[] = {
        {"conv1/kernel", 4, {32, 4, 8, 8}},  {"conv1/bias", 1, {32}},
        {"conv2/kernel", 4, {64, 32, 4, 4}}, {"conv2/bias", 1, {64}},
        {"conv3/kernel", 4, {64, 64, 3, 3}}, {"conv3/bias", 1, {64}},
        {"dense/kernel", 2, {3136, 512}},    {"dense/bias", 1, {512}},
        {"q/kernel", 2, {512, 6}},           {"q/bias", 1, {6}}};
    check_tensors(&nature_spec, expected, 10);
    assert_int_equal(network_param_count(&nature_spec), 8224 + 32832 + 36928 + 1606144 + 3078);
}

static void test_mlp_tensors(void **state) {
    (void)state;
    static const struct expected_tensor expected[] = {
        {"dense1/kernel", 2, {5, 64}}, {"dense1/bias", 1, {64}},     {"dense2/kernel", 2, {64, 64}},
        {"dense2/bias", 1, {64}},      {"value/kernel", 2, {64, 1}}, {"value/bias", 1, {1}},
        {"policy/kernel", 2, {64, 3}}, {"policy/bias", 1, {3}}};
    check_tensors(&mlp_spec, expected, 8);
}

/* The value has a trunk of its own, whose parameters come first. */
static void test_twin_tensors(void **state) {
    (void)state;
    static const struct expected_tensor expected[] = {
        {"value_dense1/kernel", 2, {5, 64}},  {"value_dense1/bias", 1, {64}},
        {"value_dense2/kernel", 2, {64, 64}}, {"value_dense2/bias", 1, {64}},
        {"dense1/kernel", 2, {5, 64}},        {"dense1/bias", 1, {64}},
        {"dense2/kernel", 2, {64, 64}},       {"dense2/bias", 1, {64}},
        {"value/kernel", 2, {64, 1}},         {"value/bias", 1, {1}},
        {"policy/kernel", 2, {64, 3}},        {"policy/bias", 1, {3}}};
    struct network_spec spec = mlp_spec;
    spec.trunk = TRUNK_TWIN;
    check_tensors(&spec, expected, 12);
}

/* A parameter of one trunk moves the outputs of its own head alone, by the tangents' slopes. */
static void test_twin_outputs(void **state) {
    (void)state;
    struct network_spec spec = mlp_spec;
    spec.trunk = TRUNK_TWIN;
    struct rng rng;
    rng_seed(&rng, 3, 0);
    const size_t trunk = (5 + 1) * 64 + (64 + 1) * 64;
    float *params = random_floats(network_param_count(&spec), 0.3, &rng);
    float *observation = random_floats(5, 1.0, &rng);
    struct network *network = new_network(&spec, BACKEND_REFERENCE, 1);
    struct network_outputs out = network_forward(network, params, observation, 1);
    const float value = out.value[0];
    const float policy = out.action[0];
    params[0] += 1;
    out = network_forward(network, params, observation, 1);
    assert_true(out.value[0] != value && out.action[0] == policy);
    params[0] -= 1;
    params[trunk] += 1;
    out = network_forward(network, params, observation, 1);
    assert_true(out.value[0] == value && out.action[0] != policy);
    network_destroy(network);
    free(params);
    free(observation);
}

static void test_layer_norm_tensors(void **state) {
    (void)state;
    static const struct expected_tensor expected[] = {{"dense1/kernel", 2, {5, 64}},
                                                      {"dense1/bias", 1, {64}},
                                                      {"layer_normalization/gamma", 1, {64}},
                                                      {"layer_normalization/beta", 1, {64}},
                                                      {"dense2/kernel", 2, {64, 64}},
                                                      {"dense2/bias", 1, {64}},
                                                      {"layer_normalization_1/gamma", 1, {64}},
                                                      {"layer_normalization_1/beta", 1, {64}},
                                                      {"value/kernel", 2, {64, 1}},
                                                      {"value/bias", 1, {1}},
                                                      {"policy/kernel", 2, {64, 3}},
                                                      {"policy/bias", 1, {3}}};
    struct network_spec spec = mlp_spec;
    spec.layer_norm = true;
    check_tensors(&spec, expected, 12);

    spec = a3c_spec;
    spec.layer_norm = true;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    float *params = new_floats(network_param_count(&spec));
    network_tensors(&spec, params, views);
    assert_string_equal(views[2].name, "layer_normalization/gamma");
    assert_int_equal(views[2].rank, 3);
    assert_memory_equal(views[2].shape, ((const int[]){16, 20, 20}), 3 * sizeof(int));
    struct rng rng;
    rng_seed(&rng, 1, 0);
    assert_true(network_initialize(&spec, params, &rng));
    assert_true(views[2].data[0] == 1 && views[2].data[6399] == 1 && views[3].data[6399] == 0);
    free(params);
}

static void check_name(const char *name, enum trunk trunk, int width, bool layer_norm) {
    struct network_spec spec = {.channels = 3};
    char text[NETWORK_NAME_SIZE];
    assert_true(network_from_name(name, &spec));
    assert_true(spec.trunk == trunk && spec.layer_norm == layer_norm && spec.channels == 3);
    assert_int_equal(spec.trunk_width, width);
    network_name(&spec, text);
    assert_string_equal(text, name);
}

static void test_network_names(void **state) {
    (void)state;
    struct network_spec spec;
    check_name("mlp", TRUNK_MLP, 1, false);
    check_name("twin+normalize_observations", TRUNK_TWIN, 1, false);
    check_name("nature+layer_norm", TRUNK_NATURE, 1, true);
    check_name("impala+width=2", TRUNK_IMPALA, 2, false);
    check_name("impala+width=8+layer_norm", TRUNK_IMPALA, 8, true);
    check_name("mlp+normalize_observations+normalize_returns", TRUNK_MLP, 1, false);
    assert_true(network_from_name("a3c+layer_norm+normalize_returns", &spec));
    assert_true(spec.normalize_returns && !spec.normalize_observations);
    assert_false(network_from_name("a3c+normalize_returns+normalize_observations", &spec));
    check_name("mlp+layer_norm+lstm=16", TRUNK_MLP, 1, true);
    assert_true(network_from_name("a3c+lstm=256", &spec) && spec.lstm == 256);
    assert_false(network_from_name("a3c+lstm=016", &spec));
    assert_false(network_from_name("a3c+lstm=-1", &spec));
    assert_false(network_from_name("a3c+lstm=", &spec));
    assert_false(network_from_name("impala+width=1", &spec));
    assert_false(network_from_name("impala+width=9", &spec));
    assert_false(network_from_name("impala+layer_norm+width=2", &spec));
    assert_false(network_from_name("resnet", &spec));
    assert_false(network_from_name("a3c+", &spec));
    assert_false(network_from_name("a3c+layer_norm+lstm", &spec));
    assert_false(network_from_name("", &spec));
}

/* Layers without parameters have no tensors; a section pools its planes to half their side. */
/* One logit for each choice of each part; the name says which are whose. */
static void test_parts(void **state) {
    (void)state;
    struct network_spec spec = mlp_spec;
    struct network_spec read = mlp_spec;
    char name[NETWORK_NAME_SIZE];
    spec.trunk_width = 1;
    spec.actions = 18;
    spec.parts = (struct action_parts){.count = 2, .sizes = {5, 13}};
    network_name(&spec, name);
    assert_string_equal(name, "mlp+parts=5x13");
    assert_true(network_from_name(name, &read) && parts_are_equal(&read.parts, &spec.parts));
    assert_int_equal(network_action_outputs(&spec), 18);
    assert_int_equal(network_param_count(&spec), 384 + 4160 + 65 + 64 * 18 + 18);
    assert_true(network_from_name("mlp+lstm=8", &read) && read.parts.count == 0);
    assert_false(network_from_name("mlp+parts=5", &read));
    assert_false(network_from_name("mlp+parts=5x13+gaussian", &read));
    struct network_spec wrong = spec;
    wrong.actions = 65;
    assert_int_equal(network_param_count(&wrong), 0);
    wrong = spec;
    wrong.heads = HEADS_Q;
    assert_int_equal(network_param_count(&wrong), 0);
    wrong = spec;
    wrong.gaussian = true;
    assert_int_equal(network_param_count(&wrong), 0);
    spec = (struct network_spec){.trunk = TRUNK_IMPALA,
                                 .trunk_width = NETWORK_MAX_WIDTH,
                                 .layer_norm = true,
                                 .normalize_observations = true,
                                 .normalize_returns = true,
                                 .lstm = NETWORK_MAX_LSTM,
                                 .parts = {.count = 30}};
    for (int i = 0; i < 30; i++)
        spec.parts.sizes[i] = 2;
    network_name(&spec, name);
    assert_true(network_from_name(name, &read) && parts_are_equal(&read.parts, &spec.parts));
}

static void test_impala_tensors(void **state) {
    (void)state;
    struct network_spec spec = {.trunk = TRUNK_IMPALA,
                                .heads = HEADS_Q,
                                .channels = 4,
                                .height = 84,
                                .width = 84,
                                .actions = 6};
    struct tensor_view views[NETWORK_MAX_TENSORS];
    float *params = new_floats(network_param_count(&spec));
    assert_int_equal(network_tensors(&spec, params, views), 2 * (15 + 2));
    assert_string_equal(views[28].name, "conv15/kernel");
    assert_memory_equal(views[28].shape, ((const int[]){32, 32, 3, 3}), 4 * sizeof(int));
    assert_string_equal(views[30].name, "dense/kernel");
    assert_memory_equal(views[30].shape, ((const int[]){32 * 11 * 11, 256}), 2 * sizeof(int));
    assert_int_equal(network_param_count(&spec), /* as IMPALA's on 4 frames, with 6 actions */
                     (36 * 16 + 16) + 4 * (144 * 16 + 16) + (144 * 32 + 32) + 9 * (288 * 32 + 32) +
                         (3872 * 256 + 256) + (256 * 6 + 6));
    free(params);
    spec.trunk_width = 2;
    params = new_floats(network_param_count(&spec));
    network_tensors(&spec, params, views);
    assert_memory_equal(views[28].shape, ((const int[]){64, 64, 3, 3}), 4 * sizeof(int));
    free(params);
    spec.trunk_width = NETWORK_MAX_WIDTH + 1;
    assert_int_equal(network_param_count(&spec), 0);
}

/* A block's second convolution adds the block's input; the first reads that through a ReLU of its
 * own. */
static void test_impala_layers(void **state) {
    (void)state;
    const struct network_spec spec = {.trunk = TRUNK_IMPALA,
                                      .heads = HEADS_Q,
                                      .channels = 4,
                                      .height = 84,
                                      .width = 84,
                                      .actions = 6};
    struct layer_view layers[NETWORK_MAX_LAYERS];
    const int count = network_layers(&spec, layers);
    assert_int_equal(count, 3 * 8 + 3);
    assert_string_equal(layers[0].kind, "convolution");
    assert_true(layers[0].padding == 1 && layers[0].skip == -1 && !layers[0].relu);
    assert_string_equal(layers[1].kind, "pool");
    assert_true(layers[1].kernel == 3 && layers[1].stride == 2 && layers[1].tensor_count == 0);
    assert_memory_equal(layers[1].out, ((const int[]){16, 42, 42}), 3 * sizeof(int));
    assert_string_equal(layers[2].kind, "identity");
    assert_true(layers[2].relu && layers[2].source == 1);
    assert_true(layers[3].relu && layers[3].source == 2 && layers[3].skip == -1);
    assert_true(!layers[4].relu && layers[4].source == 3 && layers[4].skip == 1);
    assert_true(layers[7].source == 6 && layers[7].skip == 4);
    assert_memory_equal(layers[count - 4].out, ((const int[]){32, 11, 11}), 3 * sizeof(int));
    assert_true(layers[count - 1].is_head && layers[count - 1].source == count - 2);
}

static void test_flop(void **state) {
    (void)state;
    /* Twice the products: windows of 192 and 256 elements, then the dense layers. */
    double first = 16 * 400 * 192;
    double above = 32 * 81 * 256 + 2592 * 256 + 256 * 5;
    assert_true(network_forward_flop(&a3c_spec) == 2 * (first + above));
    assert_true(network_backward_flop(&a3c_spec) == 2 * (first + 2 * above));
    assert_true(network_forward_flop(&mlp_spec) == 2 * (5 * 64 + 64 * 64 + 64 * 4));
    assert_true(network_backward_flop(&mlp_spec) == 2 * (5 * 64 + 2 * (64 * 64 + 64 * 4)));
}

static void test_dense_alone(void **state) {
    (void)state;
    const float in[] = {1, 2, 3, 4, 5, 6};
    const float kernel[] = {1, 0, 0, 1, 1, 1};
    const float bias[] = {10, 20};
    const float expected[] = {14, 25, 20, 31};
    for (int backend = BACKEND_REFERENCE; backend <= BACKEND_ONEDNN; backend++) {
        float out[4];
        network_dense((enum backend)backend, out, in, kernel, bias, 2, 3, 2);
        assert_memory_equal(out, expected, sizeof expected);
    }
}

static void test_names(void **state) {
    (void)state;
    enum trunk trunk;
    enum backend backend;
    assert_true(trunk_from_name("nature", &trunk) && trunk == TRUNK_NATURE);
    assert_true(trunk_from_name("a3c", &trunk) && trunk == TRUNK_A3C);
    assert_true(trunk_from_name("mlp", &trunk) && trunk == TRUNK_MLP);
    assert_true(trunk_takes_vectors(TRUNK_MLP));
    assert_false(trunk_takes_vectors(TRUNK_A3C) || trunk_takes_vectors(TRUNK_NATURE));
    assert_false(trunk_from_name("resnet", &trunk));
    assert_string_equal(trunk_name(TRUNK_NATURE), "nature");
    assert_true(backend_from_name("reference", &backend) && backend == BACKEND_REFERENCE);
    assert_true(backend_from_name("onednn", &backend) && backend == BACKEND_ONEDNN);
    assert_false(backend_from_name("cuda", &backend));
    assert_string_equal(backend_name(BACKEND_ONEDNN), "onednn");
}

static void test_backend_from_environment(void **state) {
    (void)state;
    unsetenv("ASYNCRL_BACKEND");
    assert_int_equal(network_backend_default(), BACKEND_ONEDNN);
    setenv("ASYNCRL_BACKEND", "reference", 1);
    assert_int_equal(network_backend_default(), BACKEND_REFERENCE);
    setenv("ASYNCRL_BACKEND", "abacus", 1);
    struct network *network = NULL;
    struct error error;
    assert_int_equal(network_create(&a3c_spec, network_backend_default(), 1, 1, &network, &error),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "ASYNCRL_BACKEND"));
    assert_null(network);
    unsetenv("ASYNCRL_BACKEND");
}

static void check_refused(struct network_spec spec, int max_batch, int threads) {
    struct network *network = NULL;
    struct error error;
    assert_int_equal(network_create(&spec, BACKEND_REFERENCE, max_batch, threads, &network, &error),
                     STATUS_BAD_INPUT);
    assert_null(network);
}

static void test_create_refuses(void **state) {
    (void)state;
    struct network_spec spec = a3c_spec;
    check_refused(spec, 0, 1);
    check_refused(spec, 1, 0);
    check_refused(spec, NETWORK_MAX_BATCH + 1, 1);
    spec.width = 19; /* the first convolution gives 3 columns, the second wants 4 */
    check_refused(spec, 1, 1);
    assert_int_equal(network_param_count(&spec), 0);
    spec = nature_spec;
    spec.height = 35;
    check_refused(spec, 1, 1);
    spec = a3c_spec;
    spec.actions = 0;
    check_refused(spec, 1, 1);
    spec = a3c_spec;
    spec.channels = -1;
    check_refused(spec, 1, 1);
    spec = mlp_spec;
    spec.height = 84;
    check_refused(spec, 1, 1);
    spec = mlp_spec;
    spec.channels = 0;
    check_refused(spec, 1, 1);
    spec = mlp_spec;
    spec.trunk = TRUNK_TWIN;
    spec.heads = HEADS_Q;
    check_refused(spec, 1, 1);
    spec.heads = HEADS_POLICY_VALUE;
    spec.lstm = 8;
    check_refused(spec, 1, 1);
}

/* Uniform in [-limit, limit): mean 0, variance limit^2 / 3. Means are held to 5 standard errors. */
static void check_uniform(const struct tensor_view *view, double limit) {
    size_t size = tensor_size(view);
    double sum = 0.0;
    double square_sum = 0.0;
    double largest = 0.0;
    for (size_t i = 0; i < size; i++) {
        double value = (double)view->data[i];
        sum += value;
        square_sum += value * value;
        largest = fmax(largest, fabs(value));
    }
    double variance = limit * limit / 3.0;
    double square_error = limit * limit * sqrt(4.0 / 45.0); /* standard deviation of value^2 */
    assert_true(largest <= limit * (1.0 + 1e-6) && largest > 0.95 * limit);
    assert_true(fabs(sum / (double)size) < 5.0 * sqrt(variance / (double)size));
    assert_true(fabs(square_sum / (double)size - variance) <
                5.0 * square_error / sqrt((double)size));
}

/* fan_ins: of the kernels in order; the last `heads` of them belong to heads. */
static void check_initialization(const struct network_spec *spec, const double *fan_ins,
                                 int heads) {
    size_t count = network_param_count(spec);
    float *params = random_floats(count, 9.0, &(struct rng){{1, 2, 3, 4}});
    struct rng rng;
    rng_seed(&rng, 7, 0);
    assert_true(network_initialize(spec, params, &rng));
    struct tensor_view views[NETWORK_MAX_TENSORS];
    int tensors = network_tensors(spec, params, views);
    for (int i = 0; i < tensors; i += 2) {
        const double gain = i / 2 >= tensors / 2 - heads ? 0.01 : 1;
        check_uniform(&views[i], gain * sqrt(6.0 / fan_ins[i / 2]));
        assert_true(norm_of(views[i + 1].data, tensor_size(&views[i + 1])) == 0.0);
    }
    free(params);
}

static void test_initialization_is_he_uniform(void **state) {
    (void)state;
    check_initialization(&a3c_spec, (const double[]){3 * 64, 16 * 16, 2592, 256, 256}, 2);
    check_initialization(&nature_spec, (const double[]){4 * 64, 32 * 16, 64 * 9, 3136, 512}, 1);
    check_initialization(&(struct network_spec){.trunk = TRUNK_MLP,
                                                .heads = HEADS_Q,
                                                .channels = 5,
                                                .height = 1,
                                                .width = 1,
                                                .actions = 9},
                         (const double[NETWORK_MAX_TENSORS / 2]){5, 64, 64}, 1);
}

/* ---- Orthogonal kernels ---------------------------------------------------------------------- */

/* Element (output, input) of a kernel as a matrix. */
static double kernel_at(const struct tensor_view *kernel, int output, int input) {
    const int outs = kernel->shape[kernel->rank == 4 ? 0 : 1];
    const int ins = (int)tensor_size(kernel) / outs;
    return (double)kernel->data[kernel->rank == 4 ? output * ins + input : input * outs + output];
}

/* W W^T = gain^2 I, or W^T W if there are more outputs than inputs. */
static void check_orthogonal(const struct tensor_view *kernel, double gain) {
    const int outs = kernel->shape[kernel->rank == 4 ? 0 : 1];
    const int ins = (int)tensor_size(kernel) / outs;
    const int count = outs <= ins ? outs : ins;
    const int size = outs <= ins ? ins : outs;
    for (int a = 0; a < count; a += 1 + count / 12)
        for (int b = 0; b < count; b++) {
            double sum = 0;
            for (int k = 0; k < size; k++)
                sum += outs <= ins ? kernel_at(kernel, a, k) * kernel_at(kernel, b, k)
                                   : kernel_at(kernel, k, a) * kernel_at(kernel, k, b);
            if (fabs(sum / (gain * gain) - (a == b)) > 1e-6)
                fail_msg("%s: rows %d and %d: %.9g", kernel->name, a, b, sum);
        }
}

static void check_orthogonal_network(struct network_spec spec) {
    struct rng rng;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    const size_t count = network_param_count(&spec);
    float *params = random_floats(count, 9.0, &(struct rng){{1, 2, 3, 4}});
    float *again = new_floats(count);
    spec.init = INIT_ORTHOGONAL;
    rng_seed(&rng, 7, 0);
    assert_true(network_initialize(&spec, params, &rng));
    rng_seed(&rng, 7, 0);
    assert_true(network_initialize(&spec, again, &rng));
    assert_memory_equal(params, again, count * sizeof *params);
    const int tensors = network_tensors(&spec, params, views);
    for (int i = 0; i < tensors; i += 2) {
        const bool is_policy = strcmp(views[i].name, "policy/kernel") == 0;
        const bool is_head = is_policy || views[i].name[0] == 'q' || views[i].name[0] == 'v';
        check_orthogonal(&views[i], is_policy ? 0.01 : is_head ? 1 : sqrt(2));
        assert_true(norm_of(views[i + 1].data, tensor_size(&views[i + 1])) == 0.0);
    }
    free(params);
    free(again);
}

static void test_orthogonal_initialization(void **state) {
    (void)state;
    check_orthogonal_network(a3c_spec);
    check_orthogonal_network((struct network_spec){.trunk = TRUNK_NATURE,
                                                   .heads = HEADS_Q,
                                                   .channels = 4,
                                                   .height = 44,
                                                   .width = 44,
                                                   .actions = 6});
    check_orthogonal_network(mlp_spec); /* 64 outputs of 5 inputs, and of 64 */
}

/* ---- Options --------------------------------------------------------------------------------- */

static enum status apply(const char *trunk, const char *init, int width, bool is_vector,
                         struct network_spec *spec, struct error *error) {
    struct network_config config = {.trunk_width = width};
    snprintf(config.trunk, sizeof config.trunk, "%s", trunk);
    snprintf(config.init, sizeof config.init, "%s", init);
    *spec = is_vector ? mlp_spec : a3c_spec;
    return network_options_apply(&config, is_vector, "Thing-v0", spec, error);
}

static void test_options(void **state) {
    (void)state;
    struct network_spec spec;
    struct error error;
    assert_int_equal(apply("auto", "he", 1, true, &spec, &error), STATUS_OK);
    assert_true(spec.trunk == TRUNK_MLP && spec.init == INIT_HE);
    assert_int_equal(apply("auto", "orthogonal", 1, false, &spec, &error), STATUS_OK);
    assert_true(spec.trunk == TRUNK_A3C && spec.init == INIT_ORTHOGONAL);
    assert_int_equal(apply("nature", "he", 1, false, &spec, &error), STATUS_OK);
    assert_int_equal(spec.trunk, TRUNK_NATURE);
    assert_int_equal(apply("impala", "he", 2, false, &spec, &error), STATUS_OK);
    assert_true(spec.trunk == TRUNK_IMPALA && spec.trunk_width == 2);
    assert_int_equal(apply("nature", "he", 2, false, &spec, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "--network_width=2 is for --network=impala"));
    assert_int_equal(apply("twin", "he", 1, true, &spec, &error), STATUS_OK);
    assert_int_equal(spec.trunk, TRUNK_TWIN);
    spec = mlp_spec;
    const struct network_config twin = {.trunk = "twin", .trunk_width = 1, .layer_norm = true};
    assert_int_equal(network_options_apply(&twin, true, "Thing-v0", &spec, &error),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "--network=twin is for a3c and ppo, without --lstm"));
    const struct network_config memory = {.trunk = "auto", .trunk_width = 1, .lstm = 32};
    spec = a3c_spec;
    assert_int_equal(network_options_apply(&memory, false, "Thing-v0", &spec, &error), STATUS_OK);
    assert_int_equal(spec.lstm, 32);
    spec = nature_spec;
    assert_int_equal(network_options_apply(&memory, false, "Thing-v0", &spec, &error),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "--lstm is for a3c and ppo"));
    const struct network_config units = {
        .trunk = "auto", .trunk_width = 1, .normalize_returns = true};
    assert_int_equal(network_options_apply(&units, false, "Thing-v0", &spec, &error),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "--normalize_returns is for methods that learn a value"));
    assert_int_equal(apply("nature", "he", 1, true, &spec, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "--network=nature is for pictures, but Thing-v0"));
    assert_int_equal(apply("mlp", "he", 1, false, &spec, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "--network=mlp is for vectors, but Thing-v0"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a3c_tensors),
        cmocka_unit_test(test_nature_tensors),
        cmocka_unit_test(test_mlp_tensors),
        cmocka_unit_test(test_twin_tensors),
        cmocka_unit_test(test_twin_outputs),
        cmocka_unit_test(test_layer_norm_tensors),
        cmocka_unit_test(test_network_names),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_impala_tensors),
        cmocka_unit_test(test_impala_layers),
        cmocka_unit_test(test_flop),
        cmocka_unit_test(test_dense_alone),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_backend_from_environment),
        cmocka_unit_test(test_create_refuses),
        cmocka_unit_test(test_initialization_is_he_uniform),
        cmocka_unit_test(test_orthogonal_initialization),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
