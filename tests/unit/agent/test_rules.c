/* The rules that a weight file names, and whole games played by them. */
#include "model_file.h"

enum { CHANNELS = 3, ACTIONS = 4, ALL_ACTIONS = 18 };

/* Weights of zeros: their policy gives all actions the same probability. */
static void write_model(const struct weights_metadata *about) {
    const int actions = strstr(about->atari, "full_action_space") ? ALL_ACTIONS : ACTIONS;
    const struct network_spec spec =
        spec_on_pictures(TRUNK_A3C, HEADS_POLICY_VALUE, CHANNELS, actions);
    save_model(&spec, about, NULL, NULL);
}

static void make_model(const char *environment) {
    struct weights_metadata about = {.game = "Breakout-v0", .steps = -1};
    snprintf(about.environment, sizeof about.environment, "%s", environment);
    write_model(&about);
}

static struct environment_options rules_of(const char *environment, const char *asked) {
    struct agent *agent;
    struct error error;
    make_model(environment);
    const struct agent_request request = {.model = model_path, .rules = asked};
    if (agent_open(&request, &agent, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    const struct environment_options rules = agent_get_info(agent)->environment;
    agent_close(agent);
    return rules;
}

static void the_file_names_the_rules(void **state) {
    (void)state;
    struct environment_options rules = rules_of("", NULL);
    assert_true(rules.sticky == -1 && rules.noop_max == 0 && !rules.fire_on_reset &&
                !rules.life_loss_ends && rules.step_limit == -1 && rules.reward_scale == 1);
    rules = rules_of("--noop_max=30 --fire_on_reset=true --sticky=0.25", NULL);
    assert_true(rules.sticky == 0.25 && rules.noop_max == 30 && rules.fire_on_reset &&
                !rules.life_loss_ends);
}

static void requested_rules_replace_them(void **state) {
    (void)state;
    const struct environment_options rules =
        rules_of("--noop_max=30 --fire_on_reset=true", "--noop_max=0 --sticky=0");
    assert_true(rules.sticky == 0 && rules.noop_max == 0 && rules.fire_on_reset);
}

static void unknown_rules_are_refused(void **state) {
    (void)state;
    const char *const bad[] = {"--noop_max=-1", "--lr=1", "fire", "--fire_on_reset=maybe"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct agent *agent;
        struct error error;
        make_model(bad[i]);
        const struct agent_request request = {.model = model_path};
        assert_int_equal(agent_open(&request, &agent, &error), STATUS_BAD_INPUT);
        assert_non_null(strstr(error.message, "the rules that"));
    }
}

/* ---- Arguments of a Gymnasium environment ---------------------------------------------------- */

static const char lake[] = "gym:FrozenLake-v1";

static enum status open_lake(const char *kwargs, const struct agent_request *request,
                             struct agent **agent, struct error *error) {
    struct weights_metadata about = {.game = "gym:FrozenLake-v1", .steps = -1};
    snprintf(about.env_kwargs, sizeof about.env_kwargs, "%s", kwargs);
    snprintf(about.env_wrappers, sizeof about.env_wrappers, "ClipReward");
    write_model(&about);
    struct agent_request full = *request;
    full.model = model_path;
    return agent_open(&full, agent, error);
}

static void check_kwargs(const char *kwargs, const struct agent_request *request,
                         const char *expected, const char *expected_wrappers) {
    struct agent *agent;
    struct error error;
    if (open_lake(kwargs, request, &agent, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    const struct game_overrides *overrides = &agent_get_info(agent)->game.overrides;
    assert_string_equal(overrides->env_kwargs, expected);
    assert_string_equal(overrides->env_wrappers, expected_wrappers);
    agent_close(agent);
}

static void the_file_names_the_arguments(void **state) {
    (void)state;
    static const char plain[] = "{\"map_name\": \"8x8\", \"is_slippery\": false}";
    static const char file[] = "{\"desc\": \"/etc/passwd\"}";
    const struct game_overrides other = {.env_kwargs = "{}"};
    check_kwargs(plain, &(struct agent_request){.game = NULL}, plain, "ClipReward");
    check_kwargs(plain, &(struct agent_request){.game = lake}, plain, "ClipReward");
    check_kwargs(plain, &(struct agent_request){.game = "gym:CartPole-v1"}, "", "");
    check_kwargs(plain, &(struct agent_request){.overrides = &other}, "{}", "ClipReward");
    check_kwargs(file, &(struct agent_request){.overrides = &other}, "{}", "ClipReward");
    check_kwargs(file, &(struct agent_request){.trusts_model = true}, file, "ClipReward");
}

static void a_file_passes_no_paths(void **state) {
    (void)state;
    struct agent *agent;
    struct error error;
    const struct agent_request requests[] = {{.game = NULL}, {.game = lake}};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(open_lake("{\"desc\": \"/etc/passwd\"}", &requests[i], &agent, &error),
                         STATUS_BAD_INPUT);
        assert_non_null(strstr(error.message, "more than numbers and words to its game: give "
                                              "--env_kwargs='{\"desc\": \"/etc/passwd\"}'"));
    }
    assert_int_equal(open_lake("[3]", &requests[0], &agent, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "is not a JSON object"));
}

/* ---- Choices of an Atari game ---------------------------------------------------------------- */

/* An agent goes on with the actions that it was trained with. */
static void the_file_names_the_actions(void **state) {
    (void)state;
    struct weights_metadata about = {
        .game = "Breakout-v0", .atari = "--full_action_space=true", .steps = -1};
    const struct agent_request request = {.model = model_path};
    struct episode episode;
    struct error error;
    write_model(&about);
    if (episode_open(&episode, &request, NULL, 0, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    episode_start(&episode, 7, 0);
    for (int i = 0; i < 100 && !episode.over; i++)
        episode_step(&episode);
    episode_close(&episode);

    struct agent *agent;
    snprintf(about.atari, sizeof about.atari, "--full_action_space=some");
    write_model(&about);
    assert_int_equal(agent_open(&request, &agent, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "the choices that"));
}

/* Skiing takes points away in each frame, also in the no-ops before the agent's first step. */
static void scores_count_a_games_first_frames(void **state) {
    (void)state;
    enum { SKIING_ACTIONS = 3 };
    const struct weights_metadata about = {
        .game = "Skiing-v4", .environment = "--noop_max=30", .steps = -1};
    const struct agent_request request = {.model = model_path};
    const struct network_spec spec =
        spec_on_pictures(TRUNK_A3C, HEADS_POLICY_VALUE, CHANNELS, SKIING_ACTIONS);
    struct episode episode;
    struct error error;
    save_model(&spec, &about, NULL, NULL);
    if (episode_open(&episode, &request, NULL, 0, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    episode_start(&episode, 7, 0);
    const double score = episode.score;
    environment_seed(episode.environment, 7, 0);
    assert_true(score < 0 && score == environment_reset(episode.environment));
    episode_close(&episode);
}

static void the_file_names_mode_and_difficulty(void **state) {
    (void)state;
    struct weights_metadata about = {
        .game = "Breakout-v0", .atari = "--mode=4 --difficulty=1", .steps = -1};
    const struct game_overrides asked = {.difficulty = "0"};
    const struct agent_request requests[] = {{.model = model_path},
                                             {.model = model_path, .overrides = &asked}};
    write_model(&about);
    for (int i = 0; i < 2; i++) {
        struct agent *agent;
        struct error error;
        if (agent_open(&requests[i], &agent, &error) != STATUS_OK)
            fail_msg("%s", error.message);
        const struct game_overrides *overrides = &agent_get_info(agent)->game.overrides;
        assert_string_equal(overrides->mode, "4");
        assert_string_equal(overrides->difficulty, i == 0 ? "1" : "0");
        agent_close(agent);
    }
}

/* ---- Start state of a console's game --------------------------------------------------------- */

static void the_file_names_the_start_state(void **state) {
    (void)state;
    const struct weights_metadata about = {
        .game = "Airstriker-Genesis-v0", .state = "Level2", .steps = -1};
    const struct game_overrides asked = {.state = "Level3"};
    const struct {
        struct agent_request request;
        const char *expected;
    } cases[] = {
        {{.game = NULL}, "Level2"},
        {{.game = "Airstriker-Genesis-v0"}, "Level2"},
        {{.overrides = &asked}, "Level3"},
        {{.game = "Pong-v4"}, ""},
    };
    write_model(&about);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct agent_request request = cases[i].request;
        struct agent *agent;
        struct error error;
        request.model = model_path;
        if (agent_open(&request, &agent, &error) != STATUS_OK)
            fail_msg("%s", error.message);
        assert_string_equal(agent_get_info(agent)->game.overrides.state, cases[i].expected);
        agent_close(agent);
    }
}

/* ---- Games ----------------------------------------------------------------------------------- */

/* If a life ends the agent's episode, its game goes on up to the last life, with fire pressed after
 * each: without fire the game would wait forever. */
static void a_game_lasts_all_its_lives(void **state) {
    (void)state;
    make_model("--life_loss_ends=true --fire_on_reset=true");
    const struct agent_request request = {.model = model_path};
    struct episode episode;
    struct error error;
    if (episode_open(&episode, &request, NULL, 0, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    for (uint64_t game = 0; game < 3; game++) {
        double rewards = 0;
        int lives_lost = 0;
        episode_start(&episode, 7, game);
        while (!episode.over) {
            const struct environment_step step = episode_step(&episode);
            rewards += step.raw_reward;
            lives_lost += step.terminated;
        }
        assert_int_equal(lives_lost, 5);
        assert_true(episode.score >= rewards); /* and the rewards between two lives */
    }
    episode_close(&episode);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_names_the_rules),
        cmocka_unit_test(requested_rules_replace_them),
        cmocka_unit_test(unknown_rules_are_refused),
        cmocka_unit_test(the_file_names_the_arguments),
        cmocka_unit_test(a_file_passes_no_paths),
        cmocka_unit_test(the_file_names_the_actions),
        cmocka_unit_test(scores_count_a_games_first_frames),
        cmocka_unit_test(the_file_names_mode_and_difficulty),
        cmocka_unit_test(the_file_names_the_start_state),
        cmocka_unit_test(a_game_lasts_all_its_lives),
    };
    return cmocka_run_group_tests_name("agent rules", tests, make_model_folder,
                                       remove_model_folder);
}
