/*
 * Every op of every backend: forwards against numbers worked out by hand, backwards by finite
 * differences.
 *
 * Convolution and dense are linear in each of their arguments, so a central difference has only
 * rounding errors for any step: the step can be large and the tolerance tight.
 */
#include "network_fixture.h"

#include "network/ops.h"

static const float step = 0.5f;
static const double tolerance = 2e-5; /* on gradients of about 1 to 5 */

static const struct convolution small_convolution = {.in_channels = 2,
                                                     .in_height = 8,
                                                     .in_width = 10,
                                                     .out_channels = 3,
                                                     .kernel = 4,
                                                     .stride = 2,
                                                     .out_height = 3,
                                                     .out_width = 4};
/* The same inputs, padded with zeros. */
static const struct convolution padded_convolution = {.in_channels = 2,
                                                      .in_height = 8,
                                                      .in_width = 10,
                                                      .out_channels = 3,
                                                      .kernel = 4,
                                                      .stride = 3,
                                                      .padding = 2,
                                                      .out_height = 3,
                                                      .out_width = 4};
enum { BATCH = 3, IN_SIZE = 2 * 8 * 10, OUT_SIZE = 3 * 3 * 4, KERNEL_SIZE = 3 * 2 * 16 };

static struct network_ops ops_of(void **state) {
    struct network_ops ops;
    network_ops_of(backend_of(state), &ops);
    return ops;
}

/* The loss sum(out * d_out) of some op, as a function of arrays that the test moves. */
struct probe {
    double (*loss)(const void *probe);
    const struct network_ops *ops;
    const struct convolution *convolution;
    const struct dense *dense;
    int batch;
    float *in, *kernel, *bias, *d_out, *out, *scratch;
};

static double convolution_loss(const void *context) {
    const struct probe *probe = context;
    probe->ops->convolution_forward(probe->out, (struct pixels){.f32 = probe->in}, probe->kernel,
                                    probe->bias, probe->convolution, probe->batch, probe->scratch);
    return weighted_sum(probe->out, probe->d_out,
                        (size_t)probe->batch * convolution_out_size(probe->convolution));
}

static double dense_loss(const void *context) {
    const struct probe *probe = context;
    probe->ops->dense_forward(probe->out, probe->in, probe->kernel, probe->bias, probe->dense,
                              probe->batch);
    return weighted_sum(probe->out, probe->d_out, (size_t)probe->batch * (size_t)probe->dense->out);
}

static void free_probe(struct probe *probe) {
    free(probe->in);
    free(probe->kernel);
    free(probe->bias);
    free(probe->d_out);
    free(probe->out);
    free(probe->scratch);
}

/* Ops add to d_in, so it starts with ones, which must still be there afterwards. */
static float *filled_with_one(size_t count) {
    float *floats = new_floats(count);
    for (size_t i = 0; i < count; i++)
        floats[i] = 1.0f;
    return floats;
}

static void take_one_away(float *floats, size_t count) {
    for (size_t i = 0; i < count; i++)
        floats[i] -= 1.0f;
}

static struct probe convolution_probe(const struct network_ops *ops,
                                      const struct convolution *convolution, struct rng *rng) {
    return (struct probe){.loss = convolution_loss,
                          .ops = ops,
                          .convolution = convolution,
                          .batch = BATCH,
                          .in = random_floats(BATCH * IN_SIZE, 1.0, rng),
                          .kernel = random_floats(KERNEL_SIZE, 1.0, rng),
                          .bias = random_floats(3, 1.0, rng),
                          .d_out = random_floats(BATCH * OUT_SIZE, 1.0, rng),
                          .out = new_floats(BATCH * OUT_SIZE),
                          .scratch = new_floats(ops->convolution_scratch(convolution) + 1)};
}

static void check_convolution_backward(void **state, const struct convolution *convolution) {
    struct network_ops ops = ops_of(state);
    struct rng rng;
    rng_seed(&rng, 3, 0);
    struct probe probe = convolution_probe(&ops, convolution, &rng);
    float *d_in = filled_with_one(BATCH * IN_SIZE);
    float *d_kernel = filled_with_one(KERNEL_SIZE);
    float d_bias[3] = {1.0f, 1.0f, 1.0f};
    ops.convolution_backward(d_in, d_kernel, d_bias, probe.d_out, (struct pixels){.f32 = probe.in},
                             probe.kernel, probe.convolution, BATCH, probe.scratch);
    take_one_away(d_in, BATCH * IN_SIZE);
    const struct probed_loss probed = {
        .loss = probe.loss, .context = &probe, .step = step, .tolerance = tolerance};
    check_differences(&probed, probe.in, d_in, BATCH * IN_SIZE);
    check_differences(&probed, probe.kernel, d_kernel, KERNEL_SIZE);
    check_differences(&probed, probe.bias, d_bias, 3);

    float *same_kernel = new_floats(KERNEL_SIZE);
    ops.convolution_backward(NULL, same_kernel, d_bias, probe.d_out,
                             (struct pixels){.f32 = probe.in}, probe.kernel, probe.convolution,
                             BATCH, probe.scratch);
    assert_memory_equal(same_kernel, d_kernel, KERNEL_SIZE * sizeof(float));
    free(same_kernel);
    free(d_in);
    free(d_kernel);
    free_probe(&probe);
}

static void test_convolution_backward(void **state) {
    check_convolution_backward(state, &small_convolution);
    check_convolution_backward(state, &padded_convolution);
}

/* Bytes must be seen as value / 255, in both directions. */
static void check_convolution_of_bytes(void **state, const struct convolution *convolution) {
    struct network_ops ops = ops_of(state);
    struct rng rng;
    rng_seed(&rng, 4, 0);
    struct probe probe = convolution_probe(&ops, convolution, &rng);
    uint8_t *bytes = random_bytes(BATCH * IN_SIZE, &rng);
    for (int i = 0; i < BATCH * IN_SIZE; i++)
        probe.in[i] = (float)bytes[i] / 255.0f;
    convolution_loss(&probe);
    float *out = new_floats(BATCH * OUT_SIZE);
    ops.convolution_forward(out, (struct pixels){.u8 = bytes}, probe.kernel, probe.bias,
                            probe.convolution, BATCH, probe.scratch);
    assert_true(relative_difference(out, probe.out, BATCH * OUT_SIZE) < 1e-6);

    float gradients[2][KERNEL_SIZE];
    float d_bias[3];
    ops.convolution_backward(NULL, gradients[0], d_bias, probe.d_out, (struct pixels){.u8 = bytes},
                             probe.kernel, probe.convolution, BATCH, probe.scratch);
    ops.convolution_backward(NULL, gradients[1], d_bias, probe.d_out,
                             (struct pixels){.f32 = probe.in}, probe.kernel, probe.convolution,
                             BATCH, probe.scratch);
    assert_true(relative_difference(gradients[0], gradients[1], KERNEL_SIZE) < 1e-6);
    free(out);
    free(bytes);
    free_probe(&probe);
}

static void test_convolution_of_bytes(void **state) {
    check_convolution_of_bytes(state, &small_convolution);
    check_convolution_of_bytes(state, &padded_convolution);
}

/* A cross-correlation: the kernel's first element meets the window's first pixel, nothing is
 * turned. */
static void test_convolution_by_hand(void **state) {
    struct network_ops ops = ops_of(state);
    static const struct convolution layer = {1, 3, 4, 1, 2, 1, 0, 2, 3, NULL};
    static const float in[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const float kernel[] = {1, 10, 100, 1000};
    static const float bias[] = {0.5f};
    static const float expected[] = {6521.5f, 7632.5f, 8743.5f, 10965.5f, 12076.5f, 13187.5f};
    float out[6];
    float *scratch = new_floats(ops.convolution_scratch(&layer) + 1);
    ops.convolution_forward(out, (struct pixels){.f32 = in}, kernel, bias, &layer, 1, scratch);
    for (int i = 0; i < 6; i++)
        assert_float_equal(out[i], expected[i], 0.01f);
    free(scratch);
}

/* Outside of the plane, windows read zeros. */
static void test_padding_by_hand(void **state) {
    struct network_ops ops = ops_of(state);
    static const struct convolution layer = {1, 2, 2, 1, 3, 1, 1, 2, 2, NULL};
    static const float in[] = {1, 2, 3, 4};
    static const float kernel[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const float bias[] = {100};
    static const float expected[] = {177, 167, 147, 137};
    float out[4];
    float *scratch = new_floats(ops.convolution_scratch(&layer) + 1);
    ops.convolution_forward(out, (struct pixels){.f32 = in}, kernel, bias, &layer, 1, scratch);
    for (int i = 0; i < 4; i++)
        assert_float_equal(out[i], expected[i], 1e-4f);
    free(scratch);
}

/* A plan computes the same as the op without one: for bytes and floats, in any order. */
static void check_prepared(const struct network_ops *ops, struct convolution *layer) {
    struct rng rng;
    rng_seed(&rng, 6, 0);
    const size_t ins = BATCH * convolution_in_size(layer);
    const size_t outs = BATCH * convolution_out_size(layer);
    const int window = layer->in_channels * layer->kernel * layer->kernel;
    float *kernel = random_floats((size_t)(layer->out_channels * window), 1.0, &rng);
    float *bias = random_floats((size_t)layer->out_channels, 1.0, &rng);
    float *floats = random_floats(ins, 1.0, &rng);
    uint8_t *bytes = random_bytes(ins, &rng);
    float *scratch = new_floats(ops->convolution_scratch(layer) + 1);
    float *out = new_floats(outs);
    float *expected = new_floats(outs);
    struct convolution unprepared = *layer;
    unprepared.plan = NULL;
    const struct pixels inputs[] = {{.u8 = bytes}, {.f32 = floats}, {.u8 = bytes}};
    for (int i = 0; i < 3; i++) {
        kernel[0] += 1.0f; /* parameters change between calls */
        bias[0] += 1.0f;
        ops->convolution_forward(expected, inputs[i], kernel, bias, &unprepared, BATCH, scratch);
        ops->convolution_forward(out, inputs[i], kernel, bias, layer, BATCH, scratch);
        assert_true(relative_difference(out, expected, outs) < 1e-6);
    }
    free(kernel);
    free(bias);
    free(floats);
    free(bytes);
    free(scratch);
    free(out);
    free(expected);
}

static void test_prepared_convolution(void **state) {
    struct network_ops ops = ops_of(state);
    struct convolution layers[] = {
        {3, 84, 84, 16, 8, 4, 0, 20, 20, NULL},  {16, 20, 20, 32, 4, 2, 0, 9, 9, NULL},
        {4, 84, 84, 32, 8, 4, 0, 20, 20, NULL},  {32, 20, 20, 64, 4, 2, 0, 9, 9, NULL},
        {64, 9, 9, 64, 3, 1, 0, 7, 7, NULL},     {64, 4, 3, 64, 3, 1, 0, 2, 1, NULL},
        {1, 41, 62, 16, 8, 4, 0, 9, 14, NULL},   {4, 84, 84, 16, 3, 1, 1, 84, 84, NULL},
        {16, 21, 21, 32, 3, 1, 1, 21, 21, NULL},
    };
    int planned = 0;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        ops.convolution_prepare(&layers[i]);
        planned += layers[i].plan != NULL;
        check_prepared(&ops, &layers[i]);
        ops.convolution_release(&layers[i]);
        assert_null(layers[i].plan);
    }
    if (!planned) {
        print_message("this processor computes all of them without a plan\n");
        skip();
    }
}

static void check_dense_backward(const struct network_ops *ops, struct dense layer, int batch) {
    struct rng rng;
    rng_seed(&rng, 5, (uint64_t)batch);
    size_t ins = (size_t)(batch * layer.in);
    size_t outs = (size_t)(batch * layer.out);
    size_t kernel = (size_t)(layer.in * layer.out);
    struct probe probe = {.loss = dense_loss,
                          .ops = ops,
                          .dense = &layer,
                          .batch = batch,
                          .in = random_floats(ins, 1.0, &rng),
                          .kernel = random_floats(kernel, 1.0, &rng),
                          .bias = random_floats((size_t)layer.out, 1.0, &rng),
                          .d_out = random_floats(outs, 1.0, &rng),
                          .out = new_floats(outs)};
    probe.in[1] = 0.0f; /* as a ReLU gives them */
    float *d_in = filled_with_one(ins);
    float *d_kernel = filled_with_one(kernel);
    float *d_bias = filled_with_one((size_t)layer.out);
    ops->dense_backward(d_in, d_kernel, d_bias, probe.d_out, probe.in, probe.kernel, &layer, batch);
    take_one_away(d_in, ins);
    const struct probed_loss probed = {
        .loss = probe.loss, .context = &probe, .step = step, .tolerance = tolerance};
    check_differences(&probed, probe.in, d_in, ins);
    check_differences(&probed, probe.kernel, d_kernel, kernel);
    check_differences(&probed, probe.bias, d_bias, (size_t)layer.out);
    free(d_in);
    free(d_kernel);
    free(d_bias);
    free_probe(&probe);
}

static void test_dense_backward(void **state) {
    struct network_ops ops = ops_of(state);
    check_dense_backward(&ops, (struct dense){.in = 11, .out = 7}, 1);
    check_dense_backward(&ops, (struct dense){.in = 11, .out = 7}, 5);
    check_dense_backward(&ops, (struct dense){.in = 6, .out = 1}, 4);
}

static void test_dense_by_hand(void **state) {
    struct network_ops ops = ops_of(state);
    static const struct dense layer = {.in = 3, .out = 2};
    static const float in[] = {1, 2, 3, 0, -1, 0};
    static const float kernel[] = {1, 10, 2, 20, 3, 30};
    static const float bias[] = {0.5f, -0.5f};
    static const float expected[] = {14.5f, 139.5f, -1.5f, -20.5f};
    float out[4];
    for (int batch = 1; batch <= 2; batch++) {
        ops.dense_forward(out, in, kernel, bias, &layer, batch);
        for (int i = 0; i < 2 * batch; i++)
            assert_float_equal(out[i], expected[i], 1e-4f);
    }
}

/* Parts of the outputs forward, of the inputs backward, against the whole layer. */
static void test_dense_parts(void **state) {
    enum { INS = 7, OUTS = 5, SAMPLES = 6, AT_IN = 3, AT_OUT = 2 };
    struct network_ops ops = ops_of(state);
    struct rng rng;
    rng_seed(&rng, 3, 0);
    static const struct dense whole = {.in = INS, .out = OUTS};
    float *in = random_floats(SAMPLES * INS, 1.0, &rng);
    float *kernel = random_floats(INS * OUTS, 1.0, &rng);
    float *d_out = random_floats(SAMPLES * OUTS, 1.0, &rng);
    const float bias[OUTS] = {1, 2, 3, 4, 5};
    float out[2][SAMPLES * OUTS], d_in[2][SAMPLES * INS] = {{0}}, d_kernel[2][INS * OUTS];
    float d_bias[2][OUTS];
    ops.dense_forward(out[0], in, kernel, bias, &whole, SAMPLES);
    ops.dense_backward(d_in[0], d_kernel[0], d_bias[0], d_out, in, kernel, &whole, SAMPLES);
    for (int i = 0; i < 2; i++) {
        const int first_out = i * AT_OUT;
        const int first_in = i * AT_IN;
        const struct dense outs = {INS, i == 0 ? AT_OUT : OUTS - AT_OUT, INS, OUTS};
        const struct dense ins = {i == 0 ? AT_IN : INS - AT_IN, OUTS, INS, OUTS};
        ops.dense_forward(out[1] + first_out, in, kernel + first_out, bias + first_out, &outs,
                          SAMPLES);
        ops.dense_backward(d_in[1] + first_in, d_kernel[1] + first_in * OUTS,
                           i == 0 ? d_bias[1] : NULL, d_out, in + first_in,
                           kernel + first_in * OUTS, &ins, SAMPLES);
    }
    assert_true(relative_difference(out[1], out[0], SAMPLES * OUTS) < tolerance);
    assert_true(relative_difference(d_in[1], d_in[0], SAMPLES * INS) < tolerance);
    assert_true(relative_difference(d_kernel[1], d_kernel[0], INS * OUTS) < tolerance);
    assert_memory_equal(d_bias[1], d_bias[0], sizeof d_bias[0]);
    free(in);
    free(kernel);
    free(d_out);
}

static void test_relu(void **state) {
    struct network_ops ops = ops_of(state);
    float values[] = {-1.0f, 0.0f, 2.0f, -0.5f, 3.0f};
    float gradients[] = {1.0f, 2.0f, 3.0f, 4.0f, 5.0f};
    static const float expected_values[] = {0.0f, 0.0f, 2.0f, 0.0f, 3.0f};
    static const float expected_gradients[] = {0.0f, 0.0f, 3.0f, 0.0f, 5.0f};
    ops.relu_forward(values, 5);
    ops.relu_backward(gradients, values, 5);
    assert_memory_equal(values, expected_values, sizeof values);
    assert_memory_equal(gradients, expected_gradients, sizeof gradients);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_BACKENDS(test_convolution_backward),
        BOTH_BACKENDS(test_convolution_of_bytes),
        BOTH_BACKENDS(test_convolution_by_hand),
        BOTH_BACKENDS(test_padding_by_hand),
        BOTH_BACKENDS(test_dense_backward),
        BOTH_BACKENDS(test_dense_by_hand),
        BOTH_BACKENDS(test_dense_parts),
        BOTH_BACKENDS(test_relu),
        BACKEND_TEST(test_prepared_convolution, onednn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
