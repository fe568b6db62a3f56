/* libasyncrl: it observes and decides like the program's own agents, and refuses bad input. */
#include "../agent/model_file.h"

#include <asyncrl/agent.h>

#include <fcntl.h>
#include <sys/stat.h>

enum { CATCH_ACTIONS = 3, SIDE = 84, PLANE = SIDE * SIDE };

/* Random weights, with much larger heads than a new network's, so that decisions depend on
 * observations. */
static void fill_model(const struct tensor_view *views, int count, const void *spec) {
    const struct tensor_view *head = &views[count - 2];
    struct rng rng;
    rng_seed(&rng, 3, 0);
    network_initialize(spec, views[0].data, &rng);
    for (size_t i = 0; i < tensor_size(head); i++)
        head->data[i] *= 300;
}

static void make_model(const struct network_spec *spec, const struct weights_metadata *about) {
    save_model(spec, about, fill_model, spec);
}

static struct network_spec spec_of(enum trunk trunk, enum heads heads, int channels) {
    return spec_on_pictures(trunk, heads, channels, CATCH_ACTIONS);
}

static struct asyncrl_agent *open_agent(const char *observation, uint64_t seed, double eps) {
    const struct asyncrl_agent_options options = {.abi_version = ASYNCRL_AGENT_ABI,
                                                  .model = model_path,
                                                  .observation = observation,
                                                  .seed = seed,
                                                  .eps = eps};
    struct asyncrl_error error;
    struct asyncrl_agent *agent;
    if (asyncrl_agent_open(&options, &agent, &error) != ASYNCRL_OK)
        fail_msg("%s", error.message);
    return agent;
}

static void test_about(void **state) {
    (void)state;
    const struct network_spec spec = spec_of(TRUNK_A3C, HEADS_POLICY_VALUE, 3);
    const struct weights_metadata said = {.method = "a3c",
                                          .game = "Breakout-v0",
                                          .observation = "seed",
                                          .steps = 5,
                                          .action_names = "NOOP,LEFT,UP+FIRE"};
    make_model(&spec, &said);
    struct asyncrl_agent *agent = open_agent(NULL, 1, 0);
    const struct asyncrl_agent_about *about = asyncrl_agent_about(agent);
    assert_string_equal(about->game, "Breakout-v0");
    assert_string_equal(about->method, "a3c");
    assert_string_equal(about->observation, "classic"); /* by its newer name */
    assert_string_equal(about->network, "a3c");
    assert_int_equal(about->steps, 5);
    assert_int_equal(about->frame_skip_min, 2);
    assert_int_equal(about->frame_skip_max, 4);
    assert_int_equal(about->action_count, 3);
    assert_string_equal(about->action_names[0], "NOOP");
    assert_string_equal(about->action_names[2], "UP+FIRE");
    assert_int_equal(about->channels, 3);
    assert_int_equal(about->height, SIDE);
    assert_int_equal(about->width, SIDE);
    assert_true(about->has_policy);
    assert_false(about->is_vector);
    asyncrl_agent_close(agent);
}

/* The layers refer to the weights, whose sizes are those that the layers state. */
static void test_weights_and_layers(void **state) {
    (void)state;
    const struct network_spec spec = spec_of(TRUNK_NATURE, HEADS_POLICY_VALUE, 4);
    make_model(&spec, &(struct weights_metadata){.steps = -1});
    struct asyncrl_agent *agent = open_agent(NULL, 1, 0);
    int weight_count;
    int layer_count;
    const struct asyncrl_weight *weights = asyncrl_agent_weights(agent, &weight_count);
    const struct asyncrl_layer *layers = asyncrl_agent_layers(agent, &layer_count);
    assert_int_equal(weight_count, 12);
    assert_int_equal(layer_count, 6);
    assert_string_equal(weights[0].name, "conv1/kernel");
    assert_int_equal(weights[0].rank, 4);
    assert_int_equal(weights[0].shape[0], 32);
    assert_int_equal(weights[0].shape[1], 4);
    assert_int_equal(weights[0].shape[2], 8);
    assert_true(weights[1].data == weights[0].data + (ptrdiff_t)32 * 4 * 8 * 8);
    for (int i = 0; i < layer_count; i++) {
        assert_int_equal(layers[i].first_weight, 2 * i);
        assert_int_equal(layers[i].weight_count, 2);
        assert_int_equal(weights[2 * i + 1].shape[0], layers[i].out[0]);
        assert_int_equal(layers[i].source, i < 4 ? i - 1 : 3);
        assert_int_equal(layers[i].is_head, i >= 4);
        assert_int_equal(layers[i].has_relu, i < 4);
    }
    assert_string_equal(layers[0].kind, "convolution");
    assert_int_equal(layers[0].kernel, 8);
    assert_int_equal(layers[0].stride, 4);
    assert_string_equal(layers[5].name, "policy");
    asyncrl_agent_close(agent);
}

static void test_about_a_file_that_says_nothing(void **state) {
    (void)state;
    const struct network_spec spec = spec_on_vectors(HEADS_Q, 5, 3);
    const struct weights_metadata nothing = {.steps = -1, .action_names = "TOO,FEW"};
    make_model(&spec, &nothing);
    struct asyncrl_agent *agent = open_agent(NULL, 1, 0);
    const struct asyncrl_agent_about *about = asyncrl_agent_about(agent);
    assert_string_equal(about->game, "");
    assert_string_equal(about->observation, "vector");
    assert_int_equal(about->frames, -1);
    assert_int_equal(about->frame_skip_max, 0);
    assert_null(about->action_names);
    assert_int_equal(about->channels, 5);
    assert_true(about->is_vector);
    assert_false(about->has_policy);
    asyncrl_agent_close(agent);
}

static void assert_same(const struct asyncrl_decision *theirs, const struct agent_decision *ours) {
    const size_t size = (size_t)ours->action_count * sizeof(float);
    assert_int_equal(theirs->action, ours->action);
    assert_true(theirs->value == ours->value);
    assert_int_equal(theirs->policy != NULL, ours->policy != NULL);
    if (ours->policy)
        assert_memory_equal(theirs->policy, ours->policy, size);
    else
        assert_memory_equal(theirs->q, ours->q, size);
}

/* Plays as `asyncrl play` does, and shows each screen to the library; returns the steps. */
static int64_t play_beside(struct episode *episode, struct asyncrl_agent *agent, uint64_t seed,
                           uint64_t index) {
    const struct emulator_info *info = environment_emulator_info(episode->environment);
    uint8_t *rgb = malloc((size_t)info->screen_height * (size_t)info->screen_width * 3);
    assert_non_null(rgb);
    episode_start(episode, seed, index);
    asyncrl_agent_begin(agent, index);
    while (!episode->over && episode->steps < 100) {
        struct asyncrl_decision decision;
        environment_screen_rgb(episode->environment, rgb);
        assert_int_equal(
            asyncrl_agent_see(agent, rgb, info->screen_height, info->screen_width, NULL),
            ASYNCRL_OK);
        memset(rgb, 0, 3); /* it is not kept */
        assert_int_equal(asyncrl_agent_decide(agent, &decision, NULL), ASYNCRL_OK);
        episode_step(episode);
        assert_same(&decision, &episode->decision);
    }
    free(rgb);
    return episode->steps;
}

static void check_play(const char *game, const char *observation, double eps) {
    enum { EPISODES = 12 };
    const struct agent_request request = {
        .model = model_path, .game = game, .observation = observation};
    struct episode episode;
    struct error error;
    if (episode_open(&episode, &request, NULL, eps, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    struct asyncrl_agent *agent = open_agent(observation, 7, eps);
    for (uint64_t i = 0; i < EPISODES; i++)
        assert_true(play_beside(&episode, agent, 7, i) >= 9);
    asyncrl_agent_close(agent);
    episode_close(&episode);
}

static void test_plays_as_the_program_does(void **state) {
    (void)state;
    const struct weights_metadata said = {.game = "catch", .steps = -1};
    struct network_spec spec = spec_of(TRUNK_A3C, HEADS_POLICY_VALUE, 3);
    make_model(&spec, &said);
    check_play("catch", "seed", 0);
    spec = spec_of(TRUNK_NATURE, HEADS_Q, 4);
    make_model(&spec, &said);
    check_play("catch", "deepmind", 0.5);
    check_play("catch", "v4", 0);
}

/* On Atari, where the program sees palette indices, and the library their colours. */
static void test_plays_atari_as_the_program_does(void **state) {
    (void)state;
    char rom[4096];
    snprintf(rom, sizeof rom, "%s/roms/freeway.bin", getenv("ASYNCRL_DATA"));
    if (access(rom, R_OK) != 0) {
        print_message("skipped: no ROMs: run tools/install-deps\n");
        skip();
    }
    const struct weights_metadata said = {.steps = -1};
    struct network_spec spec = spec_of(TRUNK_A3C, HEADS_POLICY_VALUE, 3);
    make_model(&spec, &said);
    check_play("Freeway-v0", "classic", 0);
    spec = spec_of(TRUNK_A3C, HEADS_Q, 4);
    make_model(&spec, &said);
    check_play("Freeway-v4", "v4", 0.3);
}

static void fill(uint8_t *rgb, int level) {
    memset(rgb, level, (size_t)3 * PLANE);
}

/* The deepmind preset shows the brighter of a step's last two frames. */
static void test_pools_the_last_two_screens(void **state) {
    (void)state;
    const struct network_spec spec = spec_of(TRUNK_NATURE, HEADS_POLICY_VALUE, 4);
    make_model(&spec, &(struct weights_metadata){.steps = -1});
    static const int steps[][3] = {{90, -1, -1}, {200, 40, 60}, {10, 80, 20}, {30, -1, -1}};
    static const uint8_t expected[] = {90, 60, 80, 30};
    uint8_t *rgb = malloc((size_t)3 * PLANE);
    uint8_t *observation = malloc((size_t)4 * PLANE);
    assert_non_null(rgb);
    assert_non_null(observation);
    struct asyncrl_agent *agent = open_agent("deepmind", 1, 0);
    struct asyncrl_agent *other = open_agent("deepmind", 1, 0);
    struct asyncrl_decision seen;
    struct asyncrl_decision shown;
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 3 && steps[i][j] >= 0; j++) {
            fill(rgb, steps[i][j]);
            assert_int_equal(asyncrl_agent_see(agent, rgb, SIDE, SIDE, NULL), ASYNCRL_OK);
        }
        assert_int_equal(asyncrl_agent_decide(agent, &seen, NULL), ASYNCRL_OK);
        for (int c = 0; c < 4; c++)
            memset(observation + (ptrdiff_t)c * PLANE, expected[c + i < 3 ? 0 : c + i - 3], PLANE);
        asyncrl_agent_decide_on(other, observation, &shown);
        assert_int_equal(seen.action, shown.action);
        assert_memory_equal(seen.policy, shown.policy, CATCH_ACTIONS * sizeof(float));
    }
    asyncrl_agent_close(agent);
    asyncrl_agent_close(other);
    free(rgb);
    free(observation);
}

static void assert_refused(const struct asyncrl_agent_options *options, const char *part) {
    struct asyncrl_error error = {""};
    struct asyncrl_agent *agent = NULL;
    assert_int_equal(asyncrl_agent_open(options, &agent, &error), ASYNCRL_BAD_INPUT);
    assert_null(agent);
    if (!strstr(error.message, part))
        fail_msg("'%s' is not in '%s'", part, error.message);
    assert_int_equal(asyncrl_agent_open(options, &agent, NULL), ASYNCRL_BAD_INPUT);
}

static void test_refuses_to_open(void **state) {
    (void)state;
    const struct network_spec spec = spec_of(TRUNK_A3C, HEADS_Q, 3);
    make_model(&spec, &(struct weights_metadata){.steps = -1});
    const uint32_t abi = ASYNCRL_AGENT_ABI;
    assert_refused(&(struct asyncrl_agent_options){abi + 1, model_path, NULL, 0, 0}, "version 2");
    assert_refused(&(struct asyncrl_agent_options){abi, NULL, NULL, 0, 0}, "no model");
    assert_refused(&(struct asyncrl_agent_options){abi, "/no/such.h5", NULL, 0, 0}, "/no/such.h5");
    assert_refused(&(struct asyncrl_agent_options){abi, model_path, "v4", 0, 0},
                   "3 stacked screens");
    assert_refused(&(struct asyncrl_agent_options){abi, model_path, "blurred", 0, 0}, "blurred");
    assert_refused(&(struct asyncrl_agent_options){abi, model_path, NULL, 0, 2}, "eps");
}

/* The steps in the weights that the library opens for the folder. */
static int64_t steps_in(const char *folder) {
    const struct asyncrl_agent_options options = {.abi_version = ASYNCRL_AGENT_ABI,
                                                  .model = folder};
    struct asyncrl_error error;
    struct asyncrl_agent *agent;
    if (asyncrl_agent_open(&options, &agent, &error) != ASYNCRL_OK)
        fail_msg("%s", error.message);
    const int64_t steps = asyncrl_agent_about(agent)->steps;
    asyncrl_agent_close(agent);
    return steps;
}

static void test_run_directory(void **state) {
    (void)state;
    const struct network_spec spec = spec_of(TRUNK_A3C, HEADS_Q, 3);
    char folder[] = "/tmp/asyncrl-run-XXXXXX";
    char paths[3][64];
    static const char *const names[3] = {"model-catch-9.h5", "model-catch-10.h5", "model-best.h5"};
    assert_non_null(mkdtemp(folder));
    const struct asyncrl_agent_options options = {ASYNCRL_AGENT_ABI, folder, NULL, 0, 0};
    assert_refused(&options, "has no weight file");
    for (int i = 0; i < 3; i++) {
        const struct timespec times[2] = {{.tv_sec = 1000 + i}, {.tv_sec = 1000 + i}};
        make_model(&spec, &(struct weights_metadata){.steps = 9 + i});
        snprintf(paths[i], sizeof paths[i], "%s/%s", folder, names[i]);
        assert_int_equal(rename(model_path, paths[i]), 0);
        assert_int_equal(utimensat(AT_FDCWD, paths[i], times, 0), 0);
        assert_int_equal(steps_in(folder), 9 + i); /* the newest, then the best */
    }
    for (int i = 0; i < 3; i++)
        unlink(paths[i]);
    assert_int_equal(rmdir(folder), 0);
}

static void test_refuses_screens(void **state) {
    (void)state;
    const struct network_spec spec = spec_of(TRUNK_A3C, HEADS_Q, 3);
    make_model(&spec, &(struct weights_metadata){.steps = -1});
    struct asyncrl_agent *agent = open_agent(NULL, 1, 0);
    struct asyncrl_error error;
    struct asyncrl_decision decision;
    uint8_t *rgb = calloc(3, PLANE);
    assert_non_null(rgb);
    assert_int_equal(asyncrl_agent_decide(agent, &decision, &error), ASYNCRL_BAD_INPUT);
    assert_non_null(strstr(error.message, "asyncrl_agent_see"));
    assert_int_equal(asyncrl_agent_see(agent, rgb, 1025, 84, &error), ASYNCRL_BAD_INPUT);
    assert_int_equal(asyncrl_agent_see(agent, rgb, 84, 0, &error), ASYNCRL_BAD_INPUT);
    assert_int_equal(asyncrl_agent_see(agent, rgb, 80, 60, &error), ASYNCRL_OK);
    assert_int_equal(asyncrl_agent_see(agent, rgb, 84, 84, &error), ASYNCRL_BAD_INPUT);
    assert_non_null(strstr(error.message, "84x84 pixels comes after one of 60x80"));
    assert_int_equal(asyncrl_agent_decide(agent, &decision, &error), ASYNCRL_OK);
    assert_int_equal(asyncrl_agent_decide(agent, &decision, &error), ASYNCRL_BAD_INPUT);
    assert_int_equal(asyncrl_agent_see(agent, rgb, 84, 84, &error), ASYNCRL_BAD_INPUT);
    asyncrl_agent_begin(agent, 1);
    assert_int_equal(asyncrl_agent_see(agent, rgb, 84, 84, &error), ASYNCRL_OK);
    assert_int_equal(asyncrl_agent_decide(agent, &decision, &error), ASYNCRL_OK);
    asyncrl_agent_close(agent);
    free(rgb);
}

/* An observation that is all black helps nobody. */
static void test_refuses_screens_that_are_blackened(void **state) {
    (void)state;
    const struct network_spec spec = spec_of(TRUNK_A3C, HEADS_Q, 3);
    make_model(&spec, &(struct weights_metadata){.environment = "--blank_top=32", .steps = -1});
    struct asyncrl_agent *agent = open_agent(NULL, 1, 0);
    struct asyncrl_error error;
    uint8_t *rgb = calloc(3, PLANE);
    assert_non_null(rgb);
    assert_int_equal(asyncrl_agent_see(agent, rgb, 32, SIDE, &error), ASYNCRL_BAD_INPUT);
    assert_non_null(strstr(error.message, "--blank_top=32 blackens all 32 lines"));
    assert_int_equal(asyncrl_agent_see(agent, rgb, 33, SIDE, &error), ASYNCRL_OK);
    asyncrl_agent_close(agent);
    free(rgb);
}

static void test_vectors(void **state) {
    (void)state;
    const struct network_spec spec = spec_on_vectors(HEADS_POLICY_VALUE, 5, 3);
    make_model(&spec, &(struct weights_metadata){.steps = -1});
    struct asyncrl_agent *agent = open_agent(NULL, 1, 0);
    static const float vector[] = {1, -2, 0.5F, 3, 0};
    static const uint8_t rgb[3] = {0};
    struct asyncrl_error error;
    struct asyncrl_decision decision;
    assert_int_equal(asyncrl_agent_see(agent, rgb, 1, 1, &error), ASYNCRL_BAD_INPUT);
    assert_non_null(strstr(error.message, "asyncrl_agent_decide_on"));
    asyncrl_agent_decide_on(agent, vector, &decision);
    assert_in_range(decision.action, 0, 2);
    assert_true(decision.policy[0] > 0 && decision.policy[0] < 1);
    const float probability = decision.policy[0];
    asyncrl_agent_predict_on(agent, vector, &decision);
    assert_int_equal(decision.action, -1);
    assert_true(decision.policy[0] == probability);
    asyncrl_agent_close(agent);
    asyncrl_agent_close(NULL);
}

static void test_continuous_actions(void **state) {
    (void)state;
    struct network_spec spec = spec_on_vectors(HEADS_POLICY_VALUE, 5, 3);
    spec.gaussian = true;
    make_model(&spec, &(struct weights_metadata){.network = "mlp+gaussian", .steps = -1});
    struct asyncrl_agent *agent = open_agent(NULL, 1, 0);
    static const float vector[] = {1, -2, 0.5F, 3, 0};
    struct asyncrl_decision decision;
    assert_int_equal(asyncrl_agent_about(agent)->action_count, 0);
    assert_int_equal(asyncrl_agent_about(agent)->action_size, 3);
    assert_true(asyncrl_agent_about(agent)->has_policy);
    assert_null(asyncrl_agent_numbers(agent));
    asyncrl_agent_decide_on(agent, vector, &decision);
    assert_int_equal(decision.action, -1);
    const float *numbers = asyncrl_agent_numbers(agent);
    for (int i = 0; i < 3; i++) {
        assert_true(decision.policy[3 + i] == 1); /* deviations */
        assert_true(numbers[i] != decision.policy[i] && fabsf(numbers[i] - decision.policy[i]) < 5);
    }
    asyncrl_agent_predict_on(agent, vector, &decision);
    assert_null(asyncrl_agent_numbers(agent));
    asyncrl_agent_close(agent);
}

static void test_several_choices_at_once(void **state) {
    (void)state;
    enum { DRAWS = 2000 };
    struct network_spec spec = spec_on_vectors(HEADS_POLICY_VALUE, 5, 7);
    spec.parts = (struct action_parts){.count = 2, .sizes = {3, 4}};
    make_model(&spec, &(struct weights_metadata){.network = "mlp+parts=3x4", .steps = -1});
    struct asyncrl_agent *agent = open_agent(NULL, 1, 0);
    const struct asyncrl_agent_about *about = asyncrl_agent_about(agent);
    assert_int_equal(about->part_count, 2);
    assert_int_equal(about->part_sizes[0], 3);
    assert_int_equal(about->part_sizes[1], 4);
    assert_int_equal(about->action_count, 12);
    assert_int_equal(about->action_size, 0);
    assert_null(about->action_names);
    static const float vector[] = {1, -2, 0.5F, 3, 0};
    struct asyncrl_decision decision;
    int chosen[7] = {0};
    for (int i = 0; i < DRAWS; i++) {
        asyncrl_agent_decide_on(agent, vector, &decision);
        assert_in_range(decision.action, 0, 11);
        chosen[decision.action / 4]++;
        chosen[3 + decision.action % 4]++;
    }
    for (int i = 0; i < 7; i++)
        assert_true(fabsf((float)chosen[i] / DRAWS - decision.policy[i]) < 0.05F);
    asyncrl_agent_close(agent);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_about),
        cmocka_unit_test(test_weights_and_layers),
        cmocka_unit_test(test_about_a_file_that_says_nothing),
        cmocka_unit_test(test_plays_as_the_program_does),
        cmocka_unit_test(test_plays_atari_as_the_program_does),
        cmocka_unit_test(test_pools_the_last_two_screens),
        cmocka_unit_test(test_refuses_to_open),
        cmocka_unit_test(test_run_directory),
        cmocka_unit_test(test_refuses_screens_that_are_blackened),
        cmocka_unit_test(test_refuses_screens),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_continuous_actions),
        cmocka_unit_test(test_several_choices_at_once),
    };
    return cmocka_run_group_tests(tests, make_model_folder, remove_model_folder);
}
