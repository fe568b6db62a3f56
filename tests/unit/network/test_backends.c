/* oneDNN against the reference: outputs and every gradient, at the batch sizes that
 * programs use. */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "network_fixture.h"

enum { MAX_BATCH = 20 };

/* Sums of up to 3136 products in float against double. */
static const double tolerance = 1e-5;

struct pair {
    struct network_spec spec;
    struct network *onednn;
    struct network *reference;
    float *params;
    void *observations;
    float *d_action;
    float *d_value;
    float *gradients;
    float *reference_gradients;
};

static int allocations; /* of oneDNN, which calls the function below */
static int failing_allocation;

/* As the C library's, but that one call fails. */
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the library's are reserved
int posix_memalign(void **memory, size_t alignment, size_t size) {
    *memory = ++allocations == failing_allocation
                  ? NULL
                  : aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    return *memory ? 0 : ENOMEM;
}

static size_t pixels_of(const struct network_spec *spec) {
    return (size_t)spec->channels * (size_t)spec->height * (size_t)spec->width;
}

static struct pair open_pair(struct network_spec spec) {
    struct rng rng;
    rng_seed(&rng, 21, 0);
    size_t count = network_param_count(&spec);
    struct pair pair = {.spec = spec,
                        .onednn = new_network(&spec, BACKEND_ONEDNN, MAX_BATCH),
                        .reference = new_network(&spec, BACKEND_REFERENCE, MAX_BATCH),
                        .params = random_floats(count, 0.1, &rng),
                        .observations = random_observations(&spec, MAX_BATCH, &rng),
                        .d_action = random_floats((size_t)(MAX_BATCH * spec.actions), 1.0, &rng),
                        .gradients = random_floats(count, 1.0, &rng),
                        .reference_gradients = random_floats(count, 1.0, &rng)};
    if (spec.heads == HEADS_POLICY_VALUE)
        pair.d_value = random_floats(MAX_BATCH, 1.0, &rng);
    return pair;
}

static void close_pair(struct pair *pair) {
    network_destroy(pair->onednn);
    network_destroy(pair->reference);
    free(pair->params);
    free(pair->observations);
    free(pair->d_action);
    free(pair->d_value);
    free(pair->gradients);
    free(pair->reference_gradients);
}

static void check_forward(struct pair *pair, int batch) {
    struct network_outputs out =
        network_forward(pair->onednn, pair->params, pair->observations, batch);
    struct network_outputs expected =
        network_forward(pair->reference, pair->params, pair->observations, batch);
    assert_true(relative_difference(out.action, expected.action,
                                    (size_t)(batch * pair->spec.actions)) < tolerance);
    assert_true((out.value != NULL) == (pair->spec.heads == HEADS_POLICY_VALUE));
    if (out.value)
        assert_true(relative_difference(out.value, expected.value, (size_t)batch) < tolerance);
}

static void check_backward(struct pair *pair, int batch) {
    network_backward(pair->onednn, pair->params, batch, pair->d_action, pair->d_value,
                     pair->gradients);
    network_backward(pair->reference, pair->params, batch, pair->d_action, pair->d_value,
                     pair->reference_gradients);
    struct tensor_view views[NETWORK_MAX_TENSORS];
    struct tensor_view expected[NETWORK_MAX_TENSORS];
    int count = network_tensors(&pair->spec, pair->gradients, views);
    network_tensors(&pair->spec, pair->reference_gradients, expected);
    for (int i = 0; i < count; i++) {
        double difference =
            relative_difference(views[i].data, expected[i].data, tensor_size(&views[i]));
        if (!(difference < tolerance))
            fail_msg("batch %d, %s differs by %.3g", batch, views[i].name, difference);
    }
}

static void check_spec(struct network_spec spec) {
    /* The reference is slow under sanitizers, and 4 samples take the same paths as 20. */
    const int batches[] = {1, 2, getenv("ASYNCRL_SHORT") ? 4 : MAX_BATCH};
    struct pair pair = open_pair(spec);
    for (int i = 0; i < 3; i++) {
        check_forward(&pair, batches[i]);
        check_backward(&pair, batches[i]);
    }
    close_pair(&pair);
}

static void test_a3c(void **state) {
    (void)state;
    check_spec(spec_on_pictures(TRUNK_A3C, HEADS_POLICY_VALUE, 3, 4));
}

static void test_nature(void **state) {
    (void)state;
    check_spec(spec_on_pictures(TRUNK_NATURE, HEADS_Q, 4, 6));
}

static void test_mlp(void **state) {
    (void)state;
    check_spec(spec_on_vectors(HEADS_POLICY_VALUE, 4, 2));
    check_spec(spec_on_vectors(HEADS_Q, 131, 18));
}

static void test_layer_norm(void **state) {
    (void)state;
    check_spec((struct network_spec){.trunk = TRUNK_A3C,
                                     .heads = HEADS_POLICY_VALUE,
                                     .channels = 2,
                                     .height = 41,
                                     .width = 62,
                                     .actions = 4,
                                     .layer_norm = true});
    check_spec((struct network_spec){.trunk = TRUNK_MLP,
                                     .heads = HEADS_Q,
                                     .channels = 11,
                                     .height = 1,
                                     .width = 1,
                                     .actions = 3,
                                     .layer_norm = true});
}

static void test_impala(void **state) {
    (void)state;
    struct network_spec spec = {.trunk = TRUNK_IMPALA,
                                .heads = HEADS_POLICY_VALUE,
                                .channels = 2,
                                .height = 15,
                                .width = 22,
                                .actions = 4};
    check_spec(spec);
    spec.layer_norm = true;
    spec.trunk_width = 2;
    check_spec(spec);
}

static void test_odd_sizes(void **state) {
    (void)state;
    check_spec((struct network_spec){.trunk = TRUNK_A3C,
                                     .heads = HEADS_Q,
                                     .channels = 1,
                                     .height = 41,
                                     .width = 62,
                                     .actions = 18});
    check_spec((struct network_spec){.trunk = TRUNK_NATURE,
                                     .heads = HEADS_POLICY_VALUE,
                                     .channels = 2,
                                     .height = 53,
                                     .width = 38,
                                     .actions = 1});
}

static void test_float_observations(void **state) {
    (void)state;
    struct pair pair = open_pair(spec_on_pictures(TRUNK_A3C, HEADS_Q, 3, 4));
    size_t count = 2 * pixels_of(&pair.spec);
    float *floats = new_floats(count);
    const uint8_t *bytes = pair.observations;
    for (size_t i = 0; i < count; i++)
        floats[i] = (float)bytes[i] / 255.0f;
    struct network_outputs expected =
        network_forward(pair.reference, pair.params, pair.observations, 2);
    struct network_outputs out = network_forward_f32(pair.onednn, pair.params, floats, 2);
    assert_true(relative_difference(out.action, expected.action, 8) < tolerance);
    check_forward(&pair, 2);
    network_forward_f32(pair.onednn, pair.params, floats, 2);
    check_backward(&pair, 2);
    free(floats);
    close_pair(&pair);
}

/* The same batch gives the same bits after any other computation. */
static void test_repeats_exactly(void **state) {
    (void)state;
    struct pair pair = open_pair(spec_on_pictures(TRUNK_A3C, HEADS_POLICY_VALUE, 3, 4));
    size_t bytes = network_param_count(&pair.spec) * sizeof(float);
    float action[MAX_BATCH * 4];
    struct network_outputs out =
        network_forward(pair.onednn, pair.params, pair.observations, MAX_BATCH);
    memcpy(action, out.action, sizeof action);
    network_backward(pair.onednn, pair.params, MAX_BATCH, pair.d_action, pair.d_value,
                     pair.gradients);
    network_forward(pair.onednn, pair.params, (const uint8_t *)pair.observations + 100, 3);
    out = network_forward(pair.onednn, pair.params, pair.observations, MAX_BATCH);
    assert_memory_equal(out.action, action, sizeof action);
    network_backward(pair.onednn, pair.params, MAX_BATCH, pair.d_action, pair.d_value,
                     pair.reference_gradients);
    assert_memory_equal(pair.gradients, pair.reference_gradients, bytes);
    close_pair(&pair);
}

/* Opens a pair and computes once with it; the n-th allocation fails. Returns the number of
 * allocations.
 */
static int compute_with_failure(int n, float action[MAX_BATCH * 4], float **gradients) {
    struct pair pair = open_pair(spec_on_pictures(TRUNK_A3C, HEADS_POLICY_VALUE, 3, 4));
    allocations = 0;
    failing_allocation = n;
    struct network_outputs out =
        network_forward(pair.onednn, pair.params, pair.observations, MAX_BATCH);
    memcpy(action, out.action, MAX_BATCH * 4 * sizeof *action);
    network_backward(pair.onednn, pair.params, MAX_BATCH, pair.d_action, pair.d_value,
                     pair.gradients);
    const int count = allocations;
    failing_allocation = 0;
    *gradients = pair.gradients;
    pair.gradients = NULL;
    close_pair(&pair);
    return count;
}

/* An allocation that fails once changes no bit: plain loops would round differently. */
static void test_failed_allocation(void **state) {
    (void)state;
    struct network_spec spec = spec_on_pictures(TRUNK_A3C, HEADS_POLICY_VALUE, 3, 4);
    size_t bytes = network_param_count(&spec) * sizeof(float);
    float action[MAX_BATCH * 4];
    float expected_action[MAX_BATCH * 4];
    float *gradients;
    float *expected;
    const int count = compute_with_failure(0, expected_action, &expected);
    assert_true(count > 10);
    const int tries = getenv("ASYNCRL_SHORT") ? 4 : 12;
    for (int n = 1; n <= count; n += 1 + count / tries) {
        compute_with_failure(n, action, &gradients);
        assert_memory_equal(action, expected_action, sizeof action);
        assert_memory_equal(gradients, expected, bytes);
        free(gradients);
    }
    free(expected);
}

/* A process that was forked after a warm-up computes the same, on several threads, too. */
static void test_warm_up(void **state) {
    (void)state;
    enum { ACTIONS = 4, SHARED = MAX_BATCH * ACTIONS };
    const struct network_spec spec = spec_on_pictures(TRUNK_A3C, HEADS_POLICY_VALUE, 3, ACTIONS);
    struct arena arena;
    struct error error;
    assert_int_equal(arena_create(&arena, SHARED * sizeof(float), &error), STATUS_OK);
    float *shared = arena_take(&arena, SHARED * sizeof *shared);
    network_warm_up(&spec, BACKEND_ONEDNN);
    struct pair pair = open_pair(spec);
    const pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0) {
        struct network *network;
        if (network_create(&spec, BACKEND_ONEDNN, MAX_BATCH, 2, &network, &error) != STATUS_OK)
            _exit(1);
        memcpy(shared, network_forward(network, pair.params, pair.observations, MAX_BATCH).action,
               SHARED * sizeof *shared);
        _exit(0);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
    const struct network_outputs out =
        network_forward(pair.reference, pair.params, pair.observations, MAX_BATCH);
    assert_true(relative_difference(shared, out.action, SHARED) < tolerance);
    close_pair(&pair);
    arena_destroy(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a3c),
        cmocka_unit_test(test_nature),
        cmocka_unit_test(test_mlp),
        cmocka_unit_test(test_layer_norm),
        cmocka_unit_test(test_impala),
        cmocka_unit_test(test_odd_sizes),
        cmocka_unit_test(test_float_observations),
        cmocka_unit_test(test_repeats_exactly),
        cmocka_unit_test(test_failed_allocation),
        cmocka_unit_test(test_warm_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
