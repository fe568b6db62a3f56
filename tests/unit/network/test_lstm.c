/* The layer kind of memory: one step by hand, a segment by finite differences, state in and out. */
#include "network_fixture.h"

#include "network/layer.h"

enum { IN = 5, HIDDEN = 3, STEPS = 4, SEQUENCES = 2, BATCH = STEPS * SEQUENCES };
enum { GATES = 4 * HIDDEN, PARAMS = (IN + HIDDEN + 1) * GATES, STATE = 2 * HIDDEN };

/* A game begins at the second sequence's third step. */
static const uint8_t starts[BATCH] = {[STEPS + 2] = 1};

/* A pass over arrays of its own. */
struct fixture {
    struct layer layer;
    struct network_ops ops;
    float *params, *gradients, *in, *out, *d_in, *d_out, *kept, *scratch, *state, *state_out;
    float *states; /* NULL at first */
};

static struct fixture open_fixture(void **state) {
    struct rng rng;
    rng_seed(&rng, 3, 0);
    struct fixture fixture = {
        .layer = {.kind = &layer_lstm, .in = {IN, 1, 1}, .lstm = {.hidden = HIDDEN}},
        .params = random_floats(PARAMS, 1.0, &rng),
        .gradients = random_floats(PARAMS, 1.0, &rng),
        .in = random_floats(BATCH * IN, 1.0, &rng),
        .out = new_floats(BATCH * HIDDEN),
        .d_in = new_floats(BATCH * IN),
        .d_out = random_floats(BATCH * HIDDEN, 1.0, &rng),
        .state = random_floats(SEQUENCES * STATE, 1.0, &rng),
        .state_out = new_floats(SEQUENCES * STATE),
    };
    network_ops_of(backend_of(state), &fixture.ops);
    assert_true(layer_lstm.plan(&fixture.layer));
    assert_int_equal(layer_lstm.state(&fixture.layer), STATE);
    fixture.kept = new_floats(BATCH * layer_lstm.kept(&fixture.layer));
    fixture.scratch = new_floats(layer_lstm.scratch(&fixture.layer, &fixture.ops, BATCH));
    for (int i = 0; i < BATCH * IN; i++)
        fixture.d_in[i] = 1; /* backward adds to it */
    return fixture;
}

static void close_fixture(struct fixture *fixture) {
    float *const arrays[] = {fixture->params, fixture->gradients, fixture->in,    fixture->out,
                             fixture->d_in,   fixture->d_out,     fixture->kept,  fixture->scratch,
                             fixture->state,  fixture->state_out, fixture->states};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
}

static struct layer_pass pass_of(const struct fixture *fixture) {
    return (struct layer_pass){.ops = &fixture->ops,
                               .batch = BATCH,
                               .params = fixture->params,
                               .gradients = fixture->gradients,
                               .in = {.f32 = fixture->in},
                               .out = fixture->out,
                               .d_in = fixture->d_in,
                               .d_out = fixture->d_out,
                               .kept = fixture->kept,
                               .scratch = fixture->scratch,
                               .steps = STEPS,
                               .state_stride = STATE,
                               .state = fixture->state,
                               .state_out = fixture->state_out,
                               .states = fixture->states,
                               .starts = starts};
}

/* i, f, g, o = sigmoid(0.5), sigmoid(1), tanh(1.5), sigmoid(2) with c = 2 before. */
static void test_by_hand(void **state) {
    struct network_ops ops;
    network_ops_of(backend_of(state), &ops);
    struct layer layer = {.kind = &layer_lstm, .in = {1, 1, 1}, .lstm = {.hidden = 1}};
    static const float params[] = {0.25f, 0.5f, 0.75f, 1, 0.5f, 1, 1.5f, 2, 0.25f, 0.5f, 0.75f, 1};
    static const float in[] = {-1};
    static const float before[] = {1, 2};
    float out[1], kept[5], after[2], scratch[64];
    assert_true(layer_lstm.plan(&layer));
    const struct layer_pass pass = {.ops = &ops,
                                    .batch = 1,
                                    .params = params,
                                    .in = {.f32 = in},
                                    .out = out,
                                    .kept = kept,
                                    .scratch = scratch,
                                    .steps = 1,
                                    .state_stride = 2,
                                    .state = before,
                                    .state_out = after};
    layer_lstm.forward(&layer, &pass);
    const double cell = 2 / (1 + exp(-1)) + tanh(1.5) / (1 + exp(-0.5));
    const double hidden = tanh(cell) / (1 + exp(-2));
    assert_float_equal(out[0], hidden, 1e-6);
    assert_float_equal(after[0], hidden, 1e-6);
    assert_float_equal(after[1], cell, 1e-6);
}

static double loss_of(const void *context) {
    const struct fixture *fixture = context;
    const struct layer_pass pass = pass_of(fixture);
    layer_lstm.forward(&fixture->layer, &pass);
    return weighted_sum(fixture->out, fixture->d_out, BATCH * HIDDEN);
}

static void check_backward(struct fixture fixture) {
    const struct layer_pass pass = pass_of(&fixture);
    layer_lstm.forward(&fixture.layer, &pass);
    layer_lstm.backward(&fixture.layer, &pass);
    for (int i = 0; i < BATCH * IN; i++)
        fixture.d_in[i] -= 1;
    const struct probed_loss probed = {
        .loss = loss_of, .context = &fixture, .step = 0.01f, .tolerance = 2e-4};
    check_differences(&probed, fixture.in, fixture.d_in, BATCH * IN);
    check_differences(&probed, fixture.params, fixture.gradients, PARAMS);
    close_fixture(&fixture);
}

/* Through a whole segment, and not past a game's beginning within it. */
static void test_backward(void **state) {
    check_backward(open_fixture(state));
}

/* The same if starts have states of their own. */
static void test_backward_of_states(void **state) {
    struct rng rng;
    rng_seed(&rng, 5, 0);
    struct fixture fixture = open_fixture(state);
    fixture.states = random_floats(BATCH * STATE, 1.0, &rng);
    check_backward(fixture);
}

/* ---- Networks -------------------------------------------------------------------------------- */

static const struct network_spec spec = {.trunk = TRUNK_MLP,
                                         .heads = HEADS_POLICY_VALUE,
                                         .channels = IN,
                                         .height = 1,
                                         .width = 1,
                                         .actions = 2,
                                         .lstm = HIDDEN};

static void test_tensors(void **state) {
    (void)state;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    float *params = new_floats(network_param_count(&spec));
    struct rng rng;
    rng_seed(&rng, 1, 0);
    assert_int_equal(network_state_size(&spec), STATE);
    assert_int_equal(network_tensors(&spec, params, views), 4 + 3 + 4);
    assert_string_equal(views[4].name, "lstm/kernel");
    assert_memory_equal(views[4].shape, ((const int[]){64, GATES}), 2 * sizeof(int));
    assert_string_equal(views[5].name, "lstm/recurrent_kernel");
    assert_memory_equal(views[5].shape, ((const int[]){HIDDEN, GATES}), 2 * sizeof(int));
    assert_string_equal(views[6].name, "lstm/bias");
    assert_true(network_initialize(&spec, params, &rng));
    for (int i = 0; i < GATES; i++)
        assert_true(views[6].data[i] == (i / HIDDEN == 1 ? 1 : 0)); /* forget gates begin open */
    free(params);
}

/* Steps one by one, with the state passed on, give the same as a whole segment; a start forgets the
 * state. */
static void test_state_goes_on(void **state) {
    struct rng rng;
    rng_seed(&rng, 4, 0);
    struct network *network = new_network(&spec, backend_of(state), STEPS);
    float *params = random_floats(network_param_count(&spec), 0.5, &rng);
    float *observations = random_floats(STEPS * IN, 1.0, &rng);
    float *memory = random_floats(STATE, 1.0, &rng);
    const uint8_t starts_at_2[STEPS] = {0, 0, 1, 0};
    float expected[STEPS], after[STATE];
    const struct network_sequences segment = {
        .steps = STEPS, .state = memory, .starts = starts_at_2, .state_out = after};
    memcpy(expected,
           network_forward_sequences(network, params, observations, STEPS, &segment).value,
           sizeof expected);
    for (int t = 0; t < STEPS; t++) {
        const struct network_sequences step = {
            .steps = 1, .state = memory, .starts = starts_at_2 + t, .state_out = memory};
        const struct network_outputs out =
            network_forward_sequences(network, params, observations + (ptrdiff_t)t * IN, 1, &step);
        assert_float_equal(out.value[0], expected[t], 1e-6);
    }
    for (int i = 0; i < STATE; i++)
        assert_float_equal(memory[i], after[i], 1e-6);
    network_destroy(network);
    free(params);
    free(observations);
    free(memory);
}

/* If each step has a state, sequences and starts begin with theirs; the others are not read. */
static void test_states(void **state) {
    struct rng rng;
    rng_seed(&rng, 4, 0);
    struct network *network = new_network(&spec, backend_of(state), BATCH);
    float *params = random_floats(network_param_count(&spec), 0.5, &rng);
    float *observations = random_floats(BATCH * IN, 1.0, &rng);
    float *states = random_floats(BATCH * STATE, 1.0, &rng);
    static const int firsts[] = {0, STEPS, STEPS + 2, BATCH};
    float values[BATCH];
    const struct network_sequences sequences = {.steps = STEPS, .states = states, .starts = starts};
    memcpy(values,
           network_forward_sequences(network, params, observations, BATCH, &sequences).value,
           sizeof values);
    for (int i = 0; i < 3; i++) {
        const int count = firsts[i + 1] - firsts[i];
        const struct network_sequences alone = {.steps = count,
                                                .state = states + (ptrdiff_t)firsts[i] * STATE};
        const float *value =
            network_forward_sequences(network, params, observations + (ptrdiff_t)firsts[i] * IN,
                                      count, &alone)
                .value;
        for (int t = 0; t < count; t++)
            assert_float_equal(values[firsts[i] + t], value[t], 1e-6);
    }
    network_destroy(network);
    free(params);
    free(observations);
    free(states);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH_BACKENDS(test_by_hand),
        BOTH_BACKENDS(test_backward),
        BOTH_BACKENDS(test_backward_of_states),
        cmocka_unit_test(test_tensors),
        BOTH_BACKENDS(test_state_goes_on),
        BOTH_BACKENDS(test_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
