/* golden/forward: the published networks' outputs for real Breakout screens (PyTorch, float32). */
#include "golden.h"

#include "algorithm/algorithm.h"

static const double tolerance = 1e-4;

static void check_answer(const json_t *expected, const char *key, const float *actual) {
    for (size_t i = 0; i < ACTIONS; i++) {
        double wanted = element(expected, key, i);
        if (!(fabs((double)actual[i] - wanted) <= tolerance))
            fail_msg("%s[%zu] is %.7f, expected %.7f", key, i, (double)actual[i], wanted);
    }
}

static uint8_t *sample_observation(const json_t *sample) {
    char name[256];
    snprintf(name, sizeof name, "golden/forward/%s",
             json_string_value(json_object_get(sample, "observation_u8")));
    return read_golden(name, OBSERVATION_SIZE);
}

static void test_a3c(void **state) {
    struct network_spec spec = golden_spec(HEADS_POLICY_VALUE);
    float *params = load_weights(&spec, "weights/a3c-Breakout-v0-91750000.h5");
    json_t *samples = read_golden_json("golden/forward/expected.json");
    struct network *network = golden_network(&spec, state, 1);
    assert_int_equal(json_array_size(samples), 4);
    for (size_t i = 0; i < json_array_size(samples); i++) {
        const json_t *sample = json_array_get(samples, i);
        const json_t *expected = json_object_get(sample, "a3c");
        uint8_t *observation = sample_observation(sample);
        struct network_outputs out = network_forward(network, params, observation, 1);
        float policy[ACTIONS];
        softmax(policy, out.action, ACTIONS);
        check_answer(expected, "policy", policy);
        double value = number(expected, "value");
        if (!(fabs((double)out.value[0] - value) <= tolerance))
            fail_msg("value is %.7f, expected %.7f", (double)out.value[0], value);
        free(observation);
    }
    network_destroy(network);
    json_decref(samples);
    free(params);
}

static void test_q1_18h(void **state) {
    struct network_spec spec = golden_spec(HEADS_Q);
    float *params = load_weights(&spec, "weights/q1-Breakout-v0-18h.h5");
    json_t *samples = read_golden_json("golden/forward/expected.json");
    struct network *network = golden_network(&spec, state, 1);
    assert_int_equal(json_array_size(samples), 4);
    for (size_t i = 0; i < json_array_size(samples); i++) {
        const json_t *sample = json_array_get(samples, i);
        uint8_t *observation = sample_observation(sample);
        struct network_outputs out = network_forward(network, params, observation, 1);
        check_answer(json_object_get(sample, "q1_18h"), "q", out.action);
        free(observation);
    }
    network_destroy(network);
    json_decref(samples);
    free(params);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH_BACKENDS(test_a3c), BOTH_BACKENDS(test_q1_18h)};
    if (skip_without_weights())
        return 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
