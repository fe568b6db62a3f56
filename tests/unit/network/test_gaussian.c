/* The head of a Gaussian policy: its tensors, its outputs and its name. test_gradients.c and
 * test_shards.c have its backward. */
#include "network_fixture.h"

static const struct network_spec spec = {.trunk = TRUNK_MLP,
                                         .heads = HEADS_POLICY_VALUE,
                                         .channels = 3,
                                         .height = 1,
                                         .width = 1,
                                         .actions = 2,
                                         .gaussian = true};

static void test_tensors(void **state) {
    (void)state;
    static const char *const names[] = {
        "dense1/kernel",    "dense1/bias",          "dense2/kernel",     "dense2/bias",
        "policy/kernel",    "policy/bias",          "value/kernel",      "value/bias",
        "value_units/mean", "value_units/variance", "value_units/count", "gaussian/log_std"};
    struct network_spec with_units = spec;
    with_units.normalize_returns = true;
    float *params = new_floats(network_param_count(&with_units));
    struct rng rng;
    rng_seed(&rng, 1, 0);
    assert_true(network_initialize(&with_units, params, &rng));
    struct tensor_view views[NETWORK_MAX_TENSORS];
    assert_int_equal(network_tensors(&with_units, params, views), 12);
    for (int i = 0; i < 12; i++)
        assert_string_equal(views[i].name, names[i]);
    assert_true(views[11].rank == 1 && views[11].shape[0] == 2);
    assert_true(views[11].data[0] == 0 && views[11].data[1] == 0);
    assert_int_equal(network_return_statistics(&with_units, params).channels, 1);
    assert_int_equal(network_action_outputs(&spec), 4);
    free(params);
}

/* A row is what a network with two numbered actions answers, then the trained numbers. */
static void test_outputs(void **state) {
    (void)state;
    enum { BATCH = 3 };
    struct network_spec plain = spec;
    plain.gaussian = false;
    struct rng rng;
    rng_seed(&rng, 2, 0);
    const size_t count = network_param_count(&plain);
    const size_t value_size = 64 + 1;
    const size_t policy_size = 2 * (64 + 1);
    assert_int_equal(network_param_count(&spec), count + 2);
    float *params = random_floats(count + 2, 0.5, &rng);
    float *other = new_floats(count);
    const size_t trunk = count - value_size - policy_size;
    memcpy(other, params, trunk * sizeof *other); /* there the value's head comes first */
    memcpy(other + trunk, params + trunk + policy_size, value_size * sizeof *other);
    memcpy(other + trunk + value_size, params + trunk, policy_size * sizeof *other);
    float *observations = random_floats((size_t)(BATCH * spec.channels), 1.0, &rng);
    struct network *network = new_network(&spec, BACKEND_REFERENCE, BATCH);
    struct network *numbered = new_network(&plain, BACKEND_REFERENCE, BATCH);
    const struct network_outputs out = network_forward(network, params, observations, BATCH);
    const struct network_outputs wanted = network_forward(numbered, other, observations, BATCH);
    for (int n = 0; n < BATCH; n++) {
        assert_memory_equal(out.action + 4 * n, wanted.action + 2 * n, 2 * sizeof(float));
        assert_memory_equal(out.action + 4 * n + 2, params + count, 2 * sizeof(float));
        assert_true(out.value[n] == wanted.value[n]);
    }
    network_destroy(network);
    network_destroy(numbered);
    free(params);
    free(other);
    free(observations);
}

static void test_name(void **state) {
    (void)state;
    char name[NETWORK_NAME_SIZE];
    struct network_spec read = {0};
    network_name(&spec, name);
    assert_string_equal(name, "mlp+gaussian");
    assert_true(network_from_name("mlp+lstm=8+gaussian", &read));
    assert_true(read.gaussian && read.lstm == 8);
    assert_true(network_from_name("mlp", &read));
    assert_false(read.gaussian);
    struct network_spec of_q = spec;
    of_q.heads = HEADS_Q;
    assert_int_equal(network_param_count(&of_q), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
