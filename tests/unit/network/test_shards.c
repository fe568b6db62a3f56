/* A network on several threads, against the plain one on the same batch. */
#include "network_fixture.h"

enum { MAX_BATCH = 21 };

/* Only the order of the sums of the samples' gradients, in floats, differs. */
static const double tolerance = 1e-5;

static const struct network_spec specs[] = {
    {.trunk = TRUNK_A3C,
     .heads = HEADS_POLICY_VALUE,
     .channels = 3,
     .height = 84,
     .width = 84,
     .actions = 4},
    {.trunk =
         TRUNK_A3C, /* with a memory that is computed by rows behind a layer computed by parts */
     .heads = HEADS_POLICY_VALUE,
     .channels = 1,
     .height = 84,
     .width = 84,
     .actions = 4,
     .lstm = 64},
    {.trunk = TRUNK_MLP, .heads = HEADS_Q, .channels = 7, .height = 1, .width = 1, .actions = 3},
    {.trunk = TRUNK_MLP,
     .heads = HEADS_POLICY_VALUE,
     .channels = 7,
     .height = 1,
     .width = 1,
     .actions = 3,
     .lstm = 4},
    {.trunk = TRUNK_MLP,
     .heads = HEADS_POLICY_VALUE,
     .channels = 7,
     .height = 1,
     .width = 1,
     .actions = 3,
     .gaussian = true},
};
enum { SPECS = sizeof specs / sizeof *specs };

struct pass {
    float *action, *value, *gradients;
};

struct fixture {
    struct network_spec spec;
    size_t params_count;
    float *params, *d_action, *d_value, *states;
    uint8_t starts[MAX_BATCH];
    void *observations;
};

static struct fixture open_fixture(struct network_spec spec) {
    struct rng rng;
    rng_seed(&rng, 5, 0);
    const size_t count = network_param_count(&spec);
    return (struct fixture){
        .spec = spec,
        .params_count = count,
        .params = random_floats(count, 0.1, &rng),
        .d_action = random_floats((size_t)(MAX_BATCH * network_action_outputs(&spec)), 1.0, &rng),
        .d_value = spec.heads == HEADS_Q ? NULL : random_floats(MAX_BATCH, 1.0, &rng),
        .observations = random_observations(&spec, MAX_BATCH, &rng),
        .states = random_floats(MAX_BATCH * network_state_size(&spec) + 1, 1.0, &rng),
        .starts = {[3] = 1, [7] = 1, [19] = 1},
    };
}

static void close_fixture(struct fixture *fixture) {
    free(fixture->params);
    free(fixture->d_action);
    free(fixture->d_value);
    free(fixture->states);
    free(fixture->observations);
}

static float *copy(const float *values, size_t count) {
    float *copied = new_floats(count);
    memcpy(copied, values, count * sizeof *copied);
    return copied;
}

static struct pass compute_with(const struct fixture *fixture, int threads, bool by_rows,
                                int batch) {
    struct network_shards *shards = NULL;
    struct error error;
    if (network_shards_create(&fixture->spec, network_backend_default(), MAX_BATCH, threads,
                              by_rows, &shards, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    const struct network_sequences sequences = {
        .steps = batch % 7 == 0 ? 7 : 2, .states = fixture->states, .starts = fixture->starts};
    const struct network_outputs out =
        fixture->spec.lstm > 0
            ? network_shards_forward_sequences(shards, fixture->params, fixture->observations,
                                               batch, &sequences)
            : network_shards_forward(shards, fixture->params, fixture->observations, batch);
    const struct pass pass = {
        .action = copy(out.action, (size_t)(batch * network_action_outputs(&fixture->spec))),
        .value = out.value ? copy(out.value, (size_t)batch) : NULL,
        .gradients = new_floats(fixture->params_count),
    };
    assert_true((out.value == NULL) == (fixture->d_value == NULL));
    network_shards_backward(shards, fixture->params, batch, fixture->d_action, fixture->d_value,
                            pass.gradients);
    network_shards_destroy(shards);
    return pass;
}

static struct pass compute(const struct fixture *fixture, int threads, int batch) {
    return compute_with(fixture, threads, false, batch);
}

static void close_pass(struct pass *pass) {
    free(pass->action);
    free(pass->value);
    free(pass->gradients);
}

static void assert_close(const struct fixture *fixture, const struct pass *pass,
                         const struct pass *plain, int batch) {
    const size_t actions = (size_t)(batch * network_action_outputs(&fixture->spec));
    assert_true(relative_difference(pass->action, plain->action, actions) < tolerance);
    if (plain->value)
        assert_true(relative_difference(pass->value, plain->value, (size_t)batch) < tolerance);
    assert_true(relative_difference(pass->gradients, plain->gradients, fixture->params_count) <
                tolerance);
}

/* More threads than rows, too. */
static void threads_compute_the_same_as_one(void **state) {
    (void)state;
    static const int batches[] = {MAX_BATCH, 8, 2};
    for (int i = 0; i < SPECS; i++) {
        struct fixture fixture = open_fixture(specs[i]);
        for (int j = 0; j < 3; j++) {
            struct pass plain = compute(&fixture, 1, batches[j]);
            for (int threads = 2; threads <= 7; threads++) {
                struct pass pass = compute_with(&fixture, 2 + threads % 3, threads > 4, batches[j]);
                assert_close(&fixture, &pass, &plain, batches[j]);
                close_pass(&pass);
            }
            close_pass(&plain);
        }
        close_fixture(&fixture);
    }
}

static void one_thread_gives_the_plain_networks_bits(void **state) {
    (void)state;
    struct fixture fixture = open_fixture(specs[0]);
    struct network *network = new_network(&fixture.spec, network_backend_default(), MAX_BATCH);
    float *gradients = new_floats(fixture.params_count);
    struct pass pass = compute(&fixture, 1, MAX_BATCH);
    const struct network_outputs out =
        network_forward(network, fixture.params, fixture.observations, MAX_BATCH);
    network_backward(network, fixture.params, MAX_BATCH, fixture.d_action, fixture.d_value,
                     gradients);
    assert_memory_equal(pass.action, out.action, MAX_BATCH * 4 * sizeof(float));
    assert_memory_equal(pass.gradients, gradients, fixture.params_count * sizeof(float));
    network_destroy(network);
    free(gradients);
    close_pass(&pass);
    close_fixture(&fixture);
}

/* As two ranks that add their gradients. */
static void rows_give_the_bits_of_their_sum(void **state) {
    (void)state;
    enum { HALF = 10 };
    struct fixture fixture = open_fixture(specs[0]);
    struct network *network = new_network(&fixture.spec, network_backend_default(), HALF);
    float *sum = new_floats(fixture.params_count);
    float *second = new_floats(fixture.params_count);
    struct pass pass = compute_with(&fixture, 2, true, 2 * HALF);
    const uint8_t *observations = fixture.observations;
    network_forward(network, fixture.params, observations, HALF);
    network_backward(network, fixture.params, HALF, fixture.d_action, fixture.d_value, sum);
    network_forward(network, fixture.params, observations + (ptrdiff_t)HALF * 3 * 84 * 84, HALF);
    network_backward(network, fixture.params, HALF, fixture.d_action + HALF * 4,
                     fixture.d_value + HALF, second);
    for (size_t i = 0; i < fixture.params_count; i++)
        sum[i] += second[i];
    assert_memory_equal(pass.gradients, sum, fixture.params_count * sizeof *sum);
    network_destroy(network);
    free(sum);
    free(second);
    close_pass(&pass);
    close_fixture(&fixture);
}

static void equal_threads_give_equal_bits(void **state) {
    (void)state;
    struct fixture fixture = open_fixture(specs[0]);
    struct pass one = compute(&fixture, 3, MAX_BATCH);
    for (int i = 0; i < 3; i++) {
        struct pass again = compute(&fixture, 3, MAX_BATCH);
        assert_memory_equal(again.gradients, one.gradients, fixture.params_count * sizeof(float));
        close_pass(&again);
    }
    close_pass(&one);
    close_fixture(&fixture);
}

/* The calls of a watcher: the first complete gradient, and copies of the
 * complete ones. */
struct heard {
    const float *gradients;
    size_t first;
    float *complete;
    int calls;
};

static void hear(void *context, size_t first) {
    struct heard *heard = context;
    heard->calls++;
    assert_true(first <= heard->first);
    memcpy(heard->complete + first, heard->gradients + first,
           (heard->first - first) * sizeof *heard->gradients);
    heard->first = first;
}

/* Gradients that were reported complete do not change any more; in the end all are complete. */
static void a_watcher_hears_complete_gradients(void **state) {
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        struct fixture fixture = open_fixture(specs[0]);
        const size_t params = fixture.params_count;
        struct network_shards *shards = NULL;
        struct error error;
        float *gradients = new_floats(params);
        struct heard heard = {
            .gradients = gradients, .first = params, .complete = new_floats(params)};
        assert_int_equal(network_shards_create(&fixture.spec, network_backend_default(), MAX_BATCH,
                                               threads, false, &shards, &error),
                         STATUS_OK);
        network_shards_watch(shards, &(struct network_watcher){.done = hear, .context = &heard});
        network_shards_forward(shards, fixture.params, fixture.observations, MAX_BATCH);
        network_shards_backward(shards, fixture.params, MAX_BATCH, fixture.d_action,
                                fixture.d_value, gradients);
        assert_true(heard.first == 0 && (heard.calls > 2) == (threads == 1));
        assert_memory_equal(heard.complete, gradients, params * sizeof *gradients);
        network_shards_destroy(shards);
        free(gradients);
        free(heard.complete);
        close_fixture(&fixture);
    }
}

static void an_impossible_network_is_an_error(void **state) {
    (void)state;
    struct network_spec spec = specs[0];
    struct network_shards *shards;
    struct error error = {0};
    spec.height = 2;
    assert_int_equal(
        network_shards_create(&spec, network_backend_default(), 8, 3, false, &shards, &error),
        STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "no network for 3 channels of 2x84"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_compute_the_same_as_one),
        cmocka_unit_test(one_thread_gives_the_plain_networks_bits),
        cmocka_unit_test(rows_give_the_bits_of_their_sum),
        cmocka_unit_test(equal_threads_give_equal_bits),
        cmocka_unit_test(a_watcher_hears_complete_gradients),
        cmocka_unit_test(an_impossible_network_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
