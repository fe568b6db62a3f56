/* The layer kinds that hold running statistics, by hand, and their places in a network. */
#include "network_fixture.h"

#include "network/layer.h"

static const struct network_spec vector_spec = {.trunk = TRUNK_MLP,
                                                .heads = HEADS_POLICY_VALUE,
                                                .channels = 3,
                                                .height = 1,
                                                .width = 1,
                                                .actions = 2,
                                                .normalize_observations = true,
                                                .normalize_returns = true};
static const struct network_spec picture_spec = {.trunk = TRUNK_A3C,
                                                 .heads = HEADS_Q,
                                                 .channels = 2,
                                                 .height = 44,
                                                 .width = 44,
                                                 .actions = 3,
                                                 .normalize_observations = true};

static void assert_floats(const float *found, const float *expected, int count) {
    for (int i = 0; i < count; i++)
        if (!(fabs((double)found[i] - (double)expected[i]) <= 1e-5))
            fail_msg("%d: %g is not %g", i, (double)found[i], (double)expected[i]);
}

/* ---- Layers ---------------------------------------------------------------------------------- */

/* Means 10, -1 and 0; variances 4, 0.25 and (a number that never changed) 0. */
static void test_vectors(void **state) {
    (void)state;
    const struct layer layer = {.kind = &layer_standard, .in = {3, 1, 1}, .out = {3, 1, 1}};
    const float params[] = {10, -1, 0, 4, 0.25f, 0, 7};
    const float in[] = {12, -1, 0, 4, 0.5f, 1e-6f, 1000, -1000, 5};
    const float expected[] = {1, 0, 0, -3, 3, 0.01f, 10, -10, 10};
    float out[9];
    float scratch[3];
    const struct layer_pass pass = {
        .batch = 3, .params = params, .in = {.f32 = in}, .out = out, .scratch = scratch};
    layer_standard.forward(&layer, &pass);
    assert_floats(out, expected, 9);
}

/* All pixels of a channel have its statistics; as floats they are the same. */
static void test_pixels(void **state) {
    (void)state;
    const struct layer layer = {.kind = &layer_standard, .in = {2, 1, 2}, .out = {2, 1, 2}};
    const float params[] = {0.2f, 0, 0.04f, 1, 7};
    const uint8_t bytes[] = {51, 102, 0, 255, 153, 0, 51, 51};
    const float floats[] = {0.2f, 0.4f, 0, 1, 0.6f, 0, 0.2f, 0.2f};
    const float expected[] = {0, 1, 0, 1, 2, -1, 0.2f, 0.2f};
    float out[8];
    float scratch[2];
    struct layer_pass pass = {
        .batch = 2, .params = params, .in = {.u8 = bytes}, .out = out, .scratch = scratch};
    layer_standard.forward(&layer, &pass);
    assert_floats(out, expected, 8);
    pass.in = (struct pixels){.f32 = floats};
    layer_standard.forward(&layer, &pass);
    assert_floats(out, expected, 8);
}

static void test_units(void **state) {
    (void)state;
    const struct layer layer = {
        .kind = &layer_units, .in = {1, 1, 1}, .out = {1, 1, 1}, .param_count = 3};
    const float params[] = {10, 9, 7};
    const float in[] = {0, 1, -2};
    const float d_out[] = {1, 2, -1};
    float gradients[] = {5, 5, 5};
    float out[3];
    float d_in[] = {0, 0, 100};
    const struct layer_pass pass = {.batch = 3,
                                    .params = params,
                                    .gradients = gradients,
                                    .in = {.f32 = in},
                                    .out = out,
                                    .d_in = d_in,
                                    .d_out = d_out};
    layer_units.forward(&layer, &pass);
    assert_floats(out, (const float[]){10, 13, 4}, 3);
    layer_units.backward(&layer, &pass);
    assert_floats(d_in, (const float[]){3, 6, 97}, 3);
    assert_floats(gradients, (const float[]){0, 0, 0}, 3);
}

/* ---- Networks -------------------------------------------------------------------------------- */

static float *new_params(const struct network_spec *spec) {
    struct rng rng;
    float *params = new_floats(network_param_count(spec));
    rng_seed(&rng, 5, 0);
    assert_true(network_initialize(spec, params, &rng));
    return params;
}

static void test_tensors(void **state) {
    (void)state;
    static const char *const names[] = {"normalization/mean",   "normalization/variance",
                                        "normalization/count",  "dense1/kernel",
                                        "dense1/bias",          "dense2/kernel",
                                        "dense2/bias",          "value/kernel",
                                        "value/bias",           "value_units/mean",
                                        "value_units/variance", "value_units/count",
                                        "policy/kernel",        "policy/bias"};
    struct tensor_view views[NETWORK_MAX_TENSORS];
    float *params = new_params(&vector_spec);
    assert_int_equal(network_tensors(&vector_spec, params, views), 14);
    for (int i = 0; i < 14; i++)
        assert_string_equal(views[i].name, names[i]);
    const struct network_statistics seen = network_observation_statistics(&vector_spec, params);
    assert_true(seen.channels == 3 && seen.means == views[0].data &&
                seen.variances == views[1].data && seen.count == views[2].data);
    assert_floats(params, (const float[]){0, 0, 0, 1, 1, 1, 0}, 7);
    const struct network_statistics returns = network_return_statistics(&vector_spec, params);
    assert_true(returns.channels == 1 && returns.means == views[9].data &&
                returns.variances == views[10].data && returns.count == views[11].data);
    free(params);
    params = new_params(&picture_spec);
    network_tensors(&picture_spec, params, views);
    assert_int_equal(views[1].rank, 3);
    assert_memory_equal(views[1].shape, ((const int[]){2, 1, 1}), 3 * sizeof(int));
    assert_int_equal(network_return_statistics(&picture_spec, params).channels, 0);
    free(params);
}

/* The network without the layer, on the layer's outputs, computes and learns the same. */
static void check_beside_plain(const struct network_spec *spec) {
    enum { BATCH = 2 };
    struct rng rng;
    rng_seed(&rng, 6, 0);
    struct network_spec plain = *spec;
    plain.normalize_observations = false;
    const size_t size = (size_t)(spec->channels * spec->height * spec->width);
    const size_t plane = size / (size_t)spec->channels;
    const size_t count = network_param_count(&plain);
    const size_t own = 2 * (size_t)spec->channels + 1;
    float *params = new_params(spec);
    const struct network_statistics seen = network_observation_statistics(spec, params);
    float *observations = random_floats(BATCH * size, 1, &rng);
    float *standard = new_floats(BATCH * size);
    for (int c = 0; c < spec->channels; c++) {
        seen.means[c] = 0.25f * (float)(c + 1);
        seen.variances[c] = 0.25f;
    }
    for (size_t i = 0; i < BATCH * size; i++)
        standard[i] = (observations[i] - seen.means[i / plane % (size_t)spec->channels]) /
                      sqrtf(0.25f + NETWORK_VARIANCE_FLOOR);
    struct network *network = new_network(spec, BACKEND_REFERENCE, BATCH);
    struct network *other = new_network(&plain, BACKEND_REFERENCE, BATCH);
    const struct network_outputs out = network_forward_f32(network, params, observations, BATCH);
    const struct network_outputs wanted = network_forward_f32(other, params + own, standard, BATCH);
    assert_true(relative_difference(out.action, wanted.action, (size_t)(BATCH * spec->actions)) <
                1e-5);
    float *d_action = random_floats((size_t)(BATCH * spec->actions), 1, &rng);
    float *d_value = random_floats(BATCH, 1, &rng);
    const bool has_value = spec->heads == HEADS_POLICY_VALUE;
    float *gradients = random_floats(own + count, 1, &rng);
    float *expected = new_floats(count);
    network_backward(network, params, BATCH, d_action, has_value ? d_value : NULL, gradients);
    network_backward(other, params + own, BATCH, d_action, has_value ? d_value : NULL, expected);
    assert_true(norm_of(gradients, own) == 0);
    assert_true(relative_difference(gradients + own, expected, count) < 1e-5);
    network_destroy(network);
    network_destroy(other);
    float *const arrays[] = {params,  observations, standard, d_action,
                             d_value, gradients,    expected};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
}

static void test_beside_plain(void **state) {
    (void)state;
    check_beside_plain(&vector_spec);
    check_beside_plain(&picture_spec);
}

/* Other statistics of returns do not change values; afterwards the new deviation scales a step of
 * the value's head. */
static void test_returns(void **state) {
    (void)state;
    const float observations[] = {0.5f, -1, 2, 3, 1, 0};
    float before[2];
    float *params = new_params(&vector_spec);
    struct network *network = new_network(&vector_spec, BACKEND_REFERENCE, 2);
    const struct network_statistics returns = network_return_statistics(&vector_spec, params);
    memcpy(before, network_forward(network, params, observations, 2).value, sizeof before);
    assert_true(before[0] != before[1]);
    network_set_return_statistics(&vector_spec, params, 3, 400, 50);
    assert_true(returns.means[0] == 3 && returns.variances[0] == 400 && *returns.count == 50);
    assert_true(fabs((double)network_return_deviation(&returns) - 20) < 1e-5);
    assert_floats(network_forward(network, params, observations, 2).value, before, 2);
    network_set_return_statistics(&vector_spec, params, -1, 0.01f, 60);
    assert_floats(network_forward(network, params, observations, 2).value, before, 2);

    struct tensor_view views[NETWORK_MAX_TENSORS];
    float *gradients = new_floats(network_param_count(&vector_spec));
    network_tensors(&vector_spec, gradients, views);
    network_backward(network, params, 2, (const float[4]){0}, (const float[]){1, 0.5f}, gradients);
    assert_floats(views[8].data, (const float[]){0.15f}, 1); /* "value/bias" */
    assert_true(norm_of(views[9].data, 3) == 0);
    assert_true(norm_of(views[3].data, 1) > 0); /* and the trunk learns from it */
    network_destroy(network);
    free(gradients);
    free(params);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),      cmocka_unit_test(test_pixels),
        cmocka_unit_test(test_units),        cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_beside_plain), cmocka_unit_test(test_returns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
