#include "env/env.h"

#include "scripted_emulator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Rules with everything off; each test switches on its own. */
static const struct environment_config plain = {
    .observation = OBSERVATION_V4, .frame_skip_min = 1, .frame_skip_max = 1, .reward_scale = 1};

static struct environment *create(struct script *script, const struct environment_config *config) {
    struct environment *environment;
    struct error error;
    if (environment_create(scripted_emulator(script), config, &environment, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    environment_seed(environment, 1, 0);
    environment_reset(environment);
    script->count = 0;
    script->resets = 0;
    return environment;
}

static int last_action(const struct script *script) {
    return script->actions[script->count - 1];
}

/* ---- Frames ---------------------------------------------------------------------------------- */

static void fixed_frame_skip_plays_its_frames(void **state) {
    (void)state;
    struct script script = {.reward = 1};
    struct environment_config config = plain;
    config.frame_skip_min = config.frame_skip_max = 4;
    struct environment *environment = create(&script, &config);
    for (int i = 0; i < 10; i++) {
        const struct environment_step step = environment_act(environment, SCRIPT_RIGHT);
        assert_int_equal(step.emulator_frames, 4);
        assert_int_equal(script.count, 4 * (i + 1));
        assert_int_equal(last_action(&script), SCRIPT_RIGHT);
        assert_true(step.raw_reward == 4);
        assert_true(step.reward == 1);
    }
    environment_destroy(environment);
    assert_int_equal(script.closed, 1);
}

static void drawn_frame_skip_is_uniform(void **state) {
    (void)state;
    enum { STEPS = 6000 };
    struct script script = {0};
    struct environment_config config = plain;
    config.frame_skip_min = 2;
    config.frame_skip_max = 4;
    struct environment *environment = create(&script, &config);
    int counts[5] = {0};
    for (int i = 0; i < STEPS; i++) {
        const int frames = environment_act(environment, 0).emulator_frames;
        assert_in_range(frames, 2, 4);
        counts[frames]++;
    }
    /* Five standard deviations: 5 * sqrt(6000 * 2/9) = 183. */
    for (int frames = 2; frames <= 4; frames++)
        assert_in_range(counts[frames], STEPS / 3 - 183, STEPS / 3 + 183);
    environment_destroy(environment);
}

static void sticky_frames_repeat_the_executed_action(void **state) {
    (void)state;
    enum { STEPS = 15000, SKIP = 4 };
    struct script script = {0};
    struct environment_config config = plain;
    config.frame_skip_min = config.frame_skip_max = SKIP;
    config.sticky = 0.25;
    struct environment *environment = create(&script, &config);
    /* The chosen action differs every step, so a frame that plays another one was sticky. */
    int stuck[SKIP] = {0};
    int before = SCRIPT_NOOP;
    for (int i = 0; i < STEPS; i++) {
        const int chosen = (i + 1) % SCRIPT_ACTIONS;
        environment_act(environment, chosen);
        const int *frames = script.actions + (size_t)(i % 4000) * SKIP;
        for (int f = 0; f < SKIP; f++) {
            assert_true(frames[f] == chosen || frames[f] == before);
            stuck[f] += frames[f] != chosen;
            before = frames[f];
        }
        if (i % 4000 == 3999)
            script.count = 0;
    }
    /* Frame f is not the chosen action after f + 1 sticky draws in a row: 15000 / 4^(f+1) times,
     * plus or minus five standard deviations. (In one of 256 cases the action before is by
     * chance the chosen one.) */
    assert_in_range(stuck[0], 3470, 4015);
    assert_in_range(stuck[1], 785, 1090);
    assert_in_range(stuck[2], 155, 315);
    assert_in_range(stuck[3], 20, 98);
    environment_destroy(environment);
}

static void sticky_repeats_nothing_from_the_game_before(void **state) {
    (void)state;
    struct script script = {0};
    struct environment_config config = plain;
    config.sticky = 0.9995;
    struct environment *environment = create(&script, &config);
    do
        environment_act(environment, SCRIPT_RIGHT);
    while (last_action(&script) != SCRIPT_RIGHT && script.count < SCRIPT_LOG_SIZE);
    assert_int_equal(last_action(&script), SCRIPT_RIGHT);
    environment_reset(environment);
    environment_act(environment, SCRIPT_FIRE);
    assert_int_equal(last_action(&script), SCRIPT_NOOP);
    environment_destroy(environment);
}

static void without_sticky_plays_the_chosen_action(void **state) {
    (void)state;
    struct script script = {0};
    struct environment *environment = create(&script, &plain);
    for (int i = 0; i < 1000; i++) {
        environment_act(environment, i % SCRIPT_ACTIONS);
        assert_int_equal(last_action(&script), i % SCRIPT_ACTIONS);
    }
    environment_destroy(environment);
}

/* ---- Rewards --------------------------------------------------------------------------------- */

static void reward_is_scaled_then_clipped(void **state) {
    (void)state;
    static const double rewards[] = {0, 0.25, 2, 7, -0.5, -30};
    static const float wanted[] = {0, 0.125F, 1, 1, -0.25F, -1};
    struct script script = {0};
    struct environment_config config = plain;
    config.reward_scale = 2;
    struct environment *environment = create(&script, &config);
    for (size_t i = 0; i < sizeof rewards / sizeof rewards[0]; i++) {
        script.reward = rewards[i];
        const struct environment_step step = environment_act(environment, 0);
        assert_true(step.raw_reward == rewards[i]);
        assert_true(step.reward == wanted[i]);
    }
    environment_destroy(environment);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static void reward_follows_its_rule(void **state) {
    (void)state;
    const struct {
        enum reward_rule rule;
        double raw, scale;
        float reward;
    } cases[] = {{REWARD_CLIP, 30, 10, 1},  {REWARD_CLIP, -2, 4, -0.5f}, {REWARD_RAW, 30, 10, 3},
                 {REWARD_RAW, -25, 1, -25}, {REWARD_SIGN, 0.25, 10, 1},  {REWARD_SIGN, -7, 1, -1},
                 {REWARD_SIGN, 0, 1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct script script = {.reward = cases[i].raw};
        struct environment_config config = plain;
        config.reward = cases[i].rule;
        config.reward_scale = cases[i].scale;
        struct environment *environment = create(&script, &config);
        const struct environment_step step = environment_act(environment, SCRIPT_RIGHT);
        assert_true(step.reward == cases[i].reward);
        assert_true(step.raw_reward == cases[i].raw);
        environment_destroy(environment);
    }
}

/* The first lies beyond 10 deviations. Returns restart with an episode, their deviation does not;
 * expected numbers are those of Gymnasium's NormalizeReward. */
static void running_reward_is_over_the_deviation_of_returns(void **state) {
    (void)state;
    static const double rewards[] = {2, 0, -4, 6, 1};
    static const double wanted[] = {10, 0, -1.6721674808, 1.7753548751, 0.3125008020};
    struct script script = {.game_length = 3};
    struct environment_config config = plain;
    config.reward = REWARD_RUNNING;
    config.reward_scale = 2;
    config.reward_gamma = 0.5;
    struct environment *environment = create(&script, &config);
    for (int i = 0; i < 5; i++) {
        script.reward = rewards[i];
        const struct environment_step step = environment_act(environment, SCRIPT_RIGHT);
        assert_true(step.raw_reward == rewards[i]);
        assert_true(fabs((double)step.reward - wanted[i]) < 1e-6);
        if (step.terminated)
            environment_reset(environment);
    }
    environment_destroy(environment);
}

/* Plays a script of x positions to its end, and checks the rewards. */
static void assert_progress(struct script *script, const float *rewards, int count) {
    struct environment_config config = plain;
    config.reward = REWARD_PROGRESS;
    script->reward = 3;
    script->game_length = count;
    struct environment *environment = create(script, &config);
    for (int game = 0; game < 2; game++) {
        for (int i = 0; i < count; i++) {
            const struct environment_step step = environment_act(environment, SCRIPT_RIGHT);
            assert_true(step.reward == rewards[i]);
            assert_true(step.raw_reward == 3);
        }
        environment_reset(environment);
    }
    environment_destroy(environment);
}

/* Going back and over the same ground again is worth nothing; a death costs 25; the flag does not,
 * and a new stage starts again. */
static void progress_is_new_ground(void **state) {
    (void)state;
    static const double x[] = {40, 50, 45, 52, 80, 79};
    static const float dies[] = {10, 0, 2, 28, -25};
    static const float wins[] = {10, 0, 2, 28, 0};
    static const double stages[] = {40, 90, 41, 44};
    static const float goes_on[] = {50, 0, 3 - 25};
    struct script script = {.x = x};
    assert_progress(&script, dies, 5);
    script = (struct script){.x = x, .flag_frame = 5};
    assert_progress(&script, wins, 5);
    script = (struct script){.x = stages, .stage_frame = 2};
    assert_progress(&script, goes_on, 3);
}

static void an_ended_game_reports_its_flag(void **state) {
    (void)state;
    static const double x[8] = {0};
    struct environment_config config = plain;
    config.step_limit = 4;
    struct {
        struct script script;
        int flag;
    } games[] = {{{.x = x, .game_length = 3, .flag_frame = 3}, 1},
                 {{.x = x, .game_length = 3}, 0},
                 {{.x = x}, 0}, /* cut */
                 {{.game_length = 3}, FLAG_UNTOLD}};
    for (size_t i = 0; i < sizeof games / sizeof games[0]; i++) {
        struct environment *environment = create(&games[i].script, &config);
        struct environment_step step;
        do {
            step = environment_act(environment, SCRIPT_RIGHT);
            assert_int_equal(step.flag, step.game_ended ? games[i].flag : FLAG_UNTOLD);
        } while (!step.game_ended);
        assert_int_equal(game_tells_flag(environment_emulator_info(environment)),
                         games[i].flag != FLAG_UNTOLD);
        environment_destroy(environment);
    }
}

static void a_lost_life_costs_progress(void **state) {
    (void)state;
    static const double x[] = {40, 50, 40, 45, 50, 60};
    struct script script = {.x = x, .life_length = 2, .lives = 3};
    struct environment_config config = plain;
    config.reward = REWARD_PROGRESS;
    struct environment *environment = create(&script, &config);
    static const float rewards[] = {10, -25, 0};
    for (int i = 0; i < 3; i++)
        assert_true(environment_act(environment, SCRIPT_RIGHT).reward == rewards[i]);
    environment_destroy(environment);
}

static void game_over_terminates_in_mid_step(void **state) {
    (void)state;
    struct script script = {.reward = 1, .game_length = 6};
    struct environment_config config = plain;
    config.frame_skip_min = config.frame_skip_max = 4;
    config.step_limit = 2;
    struct environment *environment = create(&script, &config);
    struct environment_step step = environment_act(environment, 0);
    assert_false(step.terminated || step.truncated);
    step = environment_act(environment, 0);
    assert_true(step.terminated);
    assert_false(step.truncated);
    assert_int_equal(step.emulator_frames, 2);
    assert_true(step.raw_reward == 2);
    environment_reset(environment);
    assert_int_equal(script.resets, 1);
    assert_false(environment_act(environment, 0).terminated);
    environment_destroy(environment);
}

static void step_limit_truncates(void **state) {
    (void)state;
    struct script script = {0};
    struct environment_config config = plain;
    config.step_limit = 25;
    struct environment *environment = create(&script, &config);
    for (int episode = 0; episode < 3; episode++) {
        for (int i = 1; i <= 25; i++) {
            const struct environment_step step = environment_act(environment, i % 2);
            assert_false(step.terminated);
            assert_int_equal(step.truncated, i == 25);
        }
        environment_reset(environment);
    }
    environment_destroy(environment);
}

/* Plays the actions; returns the number of the step that truncated, or 0. */
static int truncated_at(struct environment *environment, int action, int steps) {
    for (int i = 1; i <= steps; i++)
        if (environment_act(environment, action).truncated)
            return i;
    return 0;
}

static void equal_actions_truncate(void **state) {
    (void)state;
    struct script script = {0};
    struct environment_config config = plain;
    config.max_equal_actions = 10;
    struct environment *environment = create(&script, &config);
    assert_int_equal(truncated_at(environment, SCRIPT_RIGHT, 9), 0);
    assert_int_equal(truncated_at(environment, SCRIPT_FIRE, 9), 0);
    assert_int_equal(truncated_at(environment, SCRIPT_RIGHT, 20), 10);
    environment_reset(environment);
    assert_int_equal(truncated_at(environment, SCRIPT_RIGHT, 20), 10);
    assert_int_equal(script.resets, 1);
    environment_destroy(environment);
}

static void noops_in_a_row_truncate(void **state) {
    (void)state;
    struct script script = {0};
    struct environment_config config = plain;
    config.max_noops = 10;
    struct environment *environment = create(&script, &config);
    assert_int_equal(truncated_at(environment, SCRIPT_RIGHT, 50), 0);
    assert_int_equal(truncated_at(environment, SCRIPT_NOOP, 9), 0);
    assert_int_equal(truncated_at(environment, SCRIPT_FIRE, 1), 0);
    assert_int_equal(truncated_at(environment, SCRIPT_NOOP, 20), 10);
    environment_destroy(environment);
}

static void life_loss_ends_only_on_request(void **state) {
    (void)state;
    struct script script = {.lives = 3, .life_length = 5, .game_length = 15};
    struct environment *environment = create(&script, &plain);
    for (int i = 1; i <= 15; i++) {
        const struct environment_step step = environment_act(environment, 1);
        assert_int_equal(step.terminated, i == 15);
        assert_int_equal(step.lives, 3 - i / 5);
    }
    environment_destroy(environment);
}

static void after_a_lost_life_the_game_goes_on(void **state) {
    (void)state;
    struct script script = {.lives = 3, .life_length = 5, .game_length = 15};
    struct environment_config config = plain;
    config.life_loss_ends = true;
    struct environment *environment = create(&script, &config);
    int lives = 3;
    for (int frames_left = 5; lives > 0; frames_left = 4) { /* a no-op goes with the reset */
        for (int i = 1; i <= frames_left; i++) {
            const struct environment_step step = environment_act(environment, 1);
            assert_int_equal(step.terminated, i == frames_left);
            assert_false(step.truncated);
        }
        lives--;
        environment_reset(environment);
        assert_int_equal(script.resets, lives == 0);
    }
    environment_destroy(environment);
}

/* Every frame of the game gives 1, the no-op and the fire of a reset as well. */
static void rewards_of_a_whole_game_add_up(void **state) {
    (void)state;
    struct script script = {.reward = 1, .lives = 3, .life_length = 5, .game_length = 15};
    struct environment_config config = plain;
    config.life_loss_ends = true;
    config.fire_on_reset = true;
    struct environment *environment = create(&script, &config);
    double score = 1; /* the fire of the reset in create */
    for (int episode = 0, ended = 0; !ended; episode++) {
        struct environment_step step;
        do {
            step = environment_act(environment, 1);
            score += step.raw_reward;
        } while (!step.terminated);
        ended = step.game_ended;
        assert_int_equal(ended, episode == 2);
        if (!ended)
            score += environment_reset(environment);
    }
    assert_true(score == 15);
    assert_true(environment_reset(environment) == 1); /* of the next game */
    environment_destroy(environment);
}

static void step_limit_counts_the_whole_game(void **state) {
    (void)state;
    struct script script = {.lives = 9, .life_length = 5};
    struct environment_config config = plain;
    config.life_loss_ends = true;
    config.step_limit = 12;
    struct environment *environment = create(&script, &config);
    int steps = 0;
    for (bool truncated = false; !truncated;) {
        const struct environment_step step = environment_act(environment, 1);
        truncated = step.truncated;
        steps++;
        if (step.terminated)
            environment_reset(environment);
    }
    assert_int_equal(steps, 12);
    assert_int_equal(script.resets, 0);
    environment_reset(environment);
    assert_int_equal(script.resets, 1);
    environment_destroy(environment);
}

/* ---- Resets ---------------------------------------------------------------------------------- */

static void noop_starts_are_uniform(void **state) {
    (void)state;
    enum { NOOP_MAX = 5, RESETS = 5000 };
    struct script script = {0};
    struct environment_config config = plain;
    config.noop_max = NOOP_MAX;
    struct environment *environment = create(&script, &config);
    int counts[NOOP_MAX + 1] = {0};
    for (int i = 0; i < RESETS; i++) {
        script.count = 0;
        environment_reset(environment);
        const int noops = script.count > 0 ? script.count - 1 : 0;
        assert_int_equal(script.actions[0], -1);
        assert_in_range(noops, 1, NOOP_MAX);
        for (int f = 1; f <= noops; f++)
            assert_int_equal(script.actions[f], SCRIPT_NOOP);
        counts[noops]++;
    }
    /* Five standard deviations: 5 * sqrt(5000 * 0.16) = 141. */
    for (int noops = 1; noops <= NOOP_MAX; noops++)
        assert_in_range(counts[noops], RESETS / NOOP_MAX - 141, RESETS / NOOP_MAX + 141);
    environment_destroy(environment);
}

static void fire_is_pressed_on_reset(void **state) {
    (void)state;
    struct script script = {0};
    struct environment_config config = plain;
    config.fire_on_reset = true;
    struct environment *environment = create(&script, &config);
    environment_reset(environment);
    assert_int_equal(script.count, 2);
    assert_int_equal(script.actions[0], -1);
    assert_int_equal(script.actions[1], SCRIPT_FIRE);
    environment_destroy(environment);
}

static void equal_seeds_give_equal_play_after_any_play(void **state) {
    (void)state;
    enum { STEPS = 400 };
    static struct script scripts[3];
    struct environment_config config = plain;
    config.frame_skip_min = 2;
    config.frame_skip_max = 4;
    config.sticky = 0.25;
    config.noop_max = 30;
    for (int e = 0; e < 3; e++) {
        scripts[e] = (struct script){.game_length = 300};
        struct environment *environment = create(&scripts[e], &config);
        for (int i = 0; i < 37 * e; i++)
            environment_act(environment, 2);
        environment_seed(environment, 5, e == 2 ? 8 : 7);
        scripts[e].count = 0;
        environment_reset(environment);
        for (int i = 0; i < STEPS; i++)
            if (environment_act(environment, i % SCRIPT_ACTIONS).terminated)
                environment_reset(environment);
        environment_destroy(environment);
    }
    assert_int_equal(scripts[0].seed, scripts[1].seed);
    assert_int_equal(scripts[0].count, scripts[1].count);
    assert_memory_equal(scripts[0].actions, scripts[1].actions,
                        (size_t)scripts[0].count * sizeof scripts[0].actions[0]);
    assert_true(scripts[0].seed != scripts[2].seed);
    assert_true(
        memcmp(scripts[0].actions, scripts[2].actions, 100 * sizeof scripts[0].actions[0]) != 0);
}

static void impossible_rules_are_refused(void **state) {
    (void)state;
    enum { CASES = 8 };
    struct environment_config configs[CASES];
    for (int i = 0; i < CASES; i++)
        configs[i] = plain;
    configs[0].frame_skip_min = 0;
    configs[1].frame_skip_min = 3;
    configs[2].sticky = 1;
    configs[3].sticky = -0.1;
    configs[4].reward_scale = 0;
    configs[5].step_limit = -1;
    configs[6].reward = REWARD_PROGRESS; /* the script has no x_pos */
    configs[7].blank_top = 84;
    for (int i = 0; i < CASES; i++) {
        struct script script = {0};
        struct environment *environment;
        struct error error;
        assert_int_equal(
            environment_create(scripted_emulator(&script), &configs[i], &environment, &error),
            STATUS_BAD_INPUT);
        assert_int_equal(script.closed, 1);
    }
}

static void game_gives_its_rules(void **state) {
    (void)state;
    struct game game;
    struct error error;
    assert_int_equal(game_find("Breakout-v0", NULL, &game, &error), STATUS_OK);
    const struct environment_config config = game_environment_config(&game, OBSERVATION_CLASSIC);
    assert_int_equal(config.observation, OBSERVATION_CLASSIC);
    assert_int_equal(config.frame_skip_min, 2);
    assert_int_equal(config.frame_skip_max, 4);
    assert_true(config.sticky == 0.25);
    assert_int_equal(config.step_limit, 10000);
    assert_int_equal(config.max_equal_actions, 0);
    assert_true(config.reward_scale == 1);
    assert_false(config.life_loss_ends || config.fire_on_reset);
    assert_int_equal(config.noop_max, 0);
}

static void options_change_the_rules(void **state) {
    (void)state;
    const struct option_part parts[] = {
        {.options = environment_rule_options}, {.options = environment_learning_options}, {0}};
    struct option table[OPTION_MAX_COUNT + 1];
    struct environment_options options;
    struct game game;
    struct error error;
    int count;
    assert_int_equal(game_find("Breakout-v0", NULL, &game, &error), STATUS_OK);
    assert_int_equal(options_compose(table, parts, NULL, &error), STATUS_OK);
    options_defaults(table, &options);
    struct environment_config config =
        environment_options_apply(&options, &game, OBSERVATION_DEEPMIND);
    assert_true(config.sticky == game.sticky && config.step_limit == game.step_limit &&
                config.max_equal_actions == game.max_equal_actions && config.noop_max == 0 &&
                !config.fire_on_reset && !config.life_loss_ends && config.reward_scale == 1 &&
                config.reward == REWARD_CLIP && config.blank_top == 0);
    char *argv[] = {"--sticky=0",        "--step_limit=0",   "--noop_max=30",
                    "--fire_on_reset",   "--life_loss_ends", "--max_equal_actions=0",
                    "--reward_scale=10", "--reward=raw",     "--blank_top=32"};
    assert_int_equal(options_parse(table, 9, argv, &options, NULL, NULL, 0, &count, &error),
                     STATUS_OK);
    config = environment_options_apply(&options, &game, OBSERVATION_DEEPMIND);
    assert_true(config.sticky == 0 && config.step_limit == 0 && config.max_equal_actions == 0 &&
                config.noop_max == 30 && config.fire_on_reset && config.life_loss_ends &&
                config.reward_scale == 10 && config.reward == REWARD_RAW && config.blank_top == 32);
    for (int i = 0; i < 5; i++) {
        static char *const names[] = {"clip", "raw", "sign", "running", "progress"};
        snprintf(options.reward, sizeof options.reward, "%s", names[i]);
        config = environment_options_apply(&options, &game, OBSERVATION_DEEPMIND);
        assert_int_equal((int)config.reward, i);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_frame_skip_plays_its_frames),
        cmocka_unit_test(drawn_frame_skip_is_uniform),
        cmocka_unit_test(sticky_frames_repeat_the_executed_action),
        cmocka_unit_test(sticky_repeats_nothing_from_the_game_before),
        cmocka_unit_test(without_sticky_plays_the_chosen_action),
        cmocka_unit_test(reward_is_scaled_then_clipped),
        cmocka_unit_test(reward_follows_its_rule),
        cmocka_unit_test(running_reward_is_over_the_deviation_of_returns),
        cmocka_unit_test(progress_is_new_ground),
        cmocka_unit_test(a_lost_life_costs_progress),
        cmocka_unit_test(an_ended_game_reports_its_flag),
        cmocka_unit_test(game_over_terminates_in_mid_step),
        cmocka_unit_test(step_limit_truncates),
        cmocka_unit_test(equal_actions_truncate),
        cmocka_unit_test(noops_in_a_row_truncate),
        cmocka_unit_test(life_loss_ends_only_on_request),
        cmocka_unit_test(after_a_lost_life_the_game_goes_on),
        cmocka_unit_test(rewards_of_a_whole_game_add_up),
        cmocka_unit_test(step_limit_counts_the_whole_game),
        cmocka_unit_test(noop_starts_are_uniform),
        cmocka_unit_test(fire_is_pressed_on_reset),
        cmocka_unit_test(equal_seeds_give_equal_play_after_any_play),
        cmocka_unit_test(impossible_rules_are_refused),
        cmocka_unit_test(game_gives_its_rules),
        cmocka_unit_test(options_change_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
