/* The network that an agent makes from a weight file: the one that the file names, otherwise by its
 * layers. */
#include "model_file.h"

static void initialize(const struct network_spec *spec, float *params) {
    struct rng rng;
    rng_seed(&rng, 1, 0);
    assert_true(network_initialize(spec, params, &rng));
}

static void fill(const struct tensor_view *views, int count, const void *spec) {
    (void)count;
    initialize(spec, views[0].data);
}

static void save(const struct network_spec *spec, const char *network) {
    struct weights_metadata about = {.steps = -1};
    snprintf(about.network, sizeof about.network, "%s", network);
    save_model(spec, &about, fill, spec);
}

static enum status open_model(struct agent **agent, struct error *error) {
    const struct agent_request request = {.model = model_path, .without_game = true};
    return agent_open(&request, agent, error);
}

static void check_trunk(const struct network_spec *spec, const char *network) {
    struct agent *agent = NULL;
    struct error error;
    save(spec, network);
    if (open_model(&agent, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(agent_get_info(agent)->network.trunk, spec->trunk);
    agent_close(agent);
}

static const struct network_spec a3c = {.trunk = TRUNK_A3C,
                                        .heads = HEADS_POLICY_VALUE,
                                        .channels = 3,
                                        .height = 84,
                                        .width = 84,
                                        .actions = 3};
static const struct network_spec nature = {.trunk = TRUNK_NATURE,
                                           .heads = HEADS_Q,
                                           .channels = 4,
                                           .height = 84,
                                           .width = 84,
                                           .actions = 3};
static const struct network_spec impala = {.trunk = TRUNK_IMPALA,
                                           .heads = HEADS_POLICY_VALUE,
                                           .channels = 4,
                                           .height = 84,
                                           .width = 84,
                                           .actions = 3};
static const struct network_spec mlp = {
    .trunk = TRUNK_MLP, .heads = HEADS_Q, .channels = 5, .height = 1, .width = 1, .actions = 3};

static void test_by_its_name(void **state) {
    (void)state;
    check_trunk(&a3c, "a3c");
    check_trunk(&nature, "nature");
    check_trunk(&mlp, "mlp");
    check_trunk(&impala, "impala");
}

static void check_weights(const struct network_spec *spec, const char *network) {
    struct tensor_view views[NETWORK_MAX_TENSORS];
    struct agent *agent = NULL;
    struct error error;
    check_trunk(spec, network);
    if (open_model(&agent, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_string_equal(agent_get_info(agent)->weights.network, network);
    float *expected = calloc(network_param_count(spec), sizeof *expected);
    assert_non_null(expected);
    initialize(spec, expected);
    agent_tensors(agent, views);
    assert_memory_equal(views[0].data, expected, network_param_count(spec) * sizeof *expected);
    free(expected);
    agent_close(agent);
}

/* Every weight stays in its place, also in networks that only this program has. */
static void test_every_weight(void **state) {
    (void)state;
    struct network_spec spec = nature;
    check_weights(&spec, "nature");
    spec.layer_norm = true;
    check_weights(&spec, "nature+layer_norm");
    spec = impala;
    check_weights(&spec, "impala");
    spec.trunk_width = 2;
    check_weights(&spec, "impala+width=2");
    spec.layer_norm = true;
    check_weights(&spec, "impala+width=2+layer_norm");
}

/* The largest array that can be trained can be read again. */
static void test_the_largest_memory(void **state) {
    (void)state;
    struct network_spec spec = spec_on_vectors(HEADS_POLICY_VALUE, 2, 3);
    struct weights_metadata about = {.steps = -1};
    struct agent *agent = NULL;
    struct error error;
    spec.lstm = NETWORK_MAX_LSTM;
    network_name(&spec, about.network);
    save_model(&spec, &about, NULL, NULL);
    if (open_model(&agent, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    agent_close(agent);
}

/* As in files of other programs. */
static void test_by_its_layers(void **state) {
    (void)state;
    check_trunk(&a3c, "");
    check_trunk(&nature, "");
    check_trunk(&mlp, "");
    check_trunk(&impala, "");
}

static void check_refused(const char *network, const char *words) {
    struct agent *agent = NULL;
    struct error error;
    save(&a3c, network);
    assert_int_equal(open_model(&agent, &error), STATUS_BAD_INPUT);
    assert_null(agent);
    if (!strstr(error.message, words))
        fail_msg("%s", error.message);
}

/* The name decides: weights that do not fit the named network are an error, not another network. */
static void test_refuses_another_network(void **state) {
    (void)state;
    check_refused("resnet", "has the network 'resnet', which is unknown here");
    check_refused("nature", "found 2 convolution layers; wanted 3");
    check_refused("nature+layer_norm", "found 'conv1/kernel' with shape 16x3x8x8; wanted 32x3x8x8");
    check_refused("mlp+layer_norm", "cannot be built");
}

/* An agent with a memory remembers its decisions until an episode begins; predictions leave no
 * trace. */
static void test_remembers(void **state) {
    (void)state;
    struct network_spec spec = spec_on_vectors(HEADS_POLICY_VALUE, 2, 3);
    spec.lstm = 4;
    static const float observations[] = {1, -1, 0.5f, 2};
    struct agent *agent = NULL;
    struct error error;
    struct network *network = NULL;
    struct rng rng;
    float values[2];
    save(&spec, "mlp+lstm=4");
    if (open_model(&agent, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    struct tensor_view views[NETWORK_MAX_TENSORS];
    agent_tensors(agent, views);
    assert_int_equal(network_create(&spec, network_backend_default(), 2, 1, &network, &error),
                     STATUS_OK);
    const struct network_sequences both = {.steps = 2};
    memcpy(values, network_forward_sequences(network, views[0].data, observations, 2, &both).value,
           sizeof values);
    assert_true(agent_predict(agent, observations + 2).value != values[1]);
    rng_seed(&rng, 1, 0);
    for (int episode = 0; episode < 2; episode++) {
        agent_begin(agent);
        agent_predict(agent, observations + 2);
        for (int i = 0; i < 2; i++) {
            const double value =
                (double)agent_decide(agent, observations + (ptrdiff_t)2 * i, 0, &rng).value;
            assert_float_equal(value, (double)values[i], 1e-6);
        }
    }
    network_destroy(network);
    agent_close(agent);
}

/* The number of 50 decisions on one screen that took the action with the highest probability. */
static int count_favourites(bool greedy) {
    const struct agent_request request = {
        .model = model_path, .without_game = true, .greedy = greedy};
    static uint8_t screens[84 * 84 * 3];
    struct agent *agent = NULL;
    struct error error;
    struct rng rng;
    int count = 0;
    rng_seed(&rng, 1, 0);
    assert_int_equal(agent_open(&request, &agent, &error), STATUS_OK);
    for (int i = 0; i < 50; i++) {
        const struct agent_decision decision = agent_decide(agent, screens, 0, &rng);
        count += decision.action == argmax(decision.policy, decision.action_count);
    }
    agent_close(agent);
    return count;
}

static void test_greedy(void **state) {
    (void)state;
    save(&a3c, "");
    assert_int_equal(count_favourites(true), 50);
    assert_true(count_favourites(false) < 50);
}

static const struct network_spec gaussian = {.trunk = TRUNK_MLP,
                                             .heads = HEADS_POLICY_VALUE,
                                             .channels = 5,
                                             .height = 1,
                                             .width = 1,
                                             .actions = 2,
                                             .gaussian = true};

/* The continuous action is drawn around the means, or if the request was greedy it is the means. */
static void test_continuous(void **state) {
    (void)state;
    const float vector[] = {1, -2, 0.5F, 3, 0};
    save(&gaussian, "mlp+gaussian");
    for (int greedy = 0; greedy < 2; greedy++) {
        const struct agent_request request = {
            .model = model_path, .without_game = true, .greedy = greedy};
        struct agent *agent = NULL;
        struct error error;
        struct rng rng;
        rng_seed(&rng, 1, 0);
        assert_int_equal(agent_open(&request, &agent, &error), STATUS_OK);
        struct agent_decision decision = agent_predict(agent, vector);
        assert_true(decision.action == -1 && decision.action_count == 0 && !decision.numbers);
        assert_true(!decision.policy && !decision.q);
        decision = agent_decide(agent, vector, 0, &rng);
        assert_true(decision.action == -1 && decision.action_size == 2);
        assert_true(decision.gaussian[2] == 1 && decision.gaussian[3] == 1); /* deviations */
        for (int i = 0; i < 2; i++)
            assert_int_equal(decision.numbers[i] == decision.gaussian[i], greedy);
        agent_close(agent);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_greedy),
        cmocka_unit_test(test_continuous),
        cmocka_unit_test(test_by_its_name),
        cmocka_unit_test(test_remembers),
        cmocka_unit_test(test_every_weight),
        cmocka_unit_test(test_by_its_layers),
        cmocka_unit_test(test_the_largest_memory),
        cmocka_unit_test(test_refuses_another_network),
    };
    return cmocka_run_group_tests(tests, make_model_folder, remove_model_folder);
}
