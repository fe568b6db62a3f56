/* The library's environments compared with the program's own. */
#include "env/env.h"

#include <asyncrl/vector.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COUNT = 5, PLANE = OBSERVATION_SIZE * OBSERVATION_SIZE, BYTES = 4 * PLANE };

/* The arrays that a step writes. */
struct table {
    uint8_t observations[COUNT * BYTES];
    uint8_t final[COUNT * BYTES];
    float rewards[COUNT];
    uint8_t terminated[COUNT];
    uint8_t truncated[COUNT];
    uint8_t game_over[COUNT];
    double scores[COUNT];
    int64_t frames[COUNT];
    int32_t lives[COUNT];
    struct asyncrl_vector_arrays arrays;
};

static struct table *new_table(void) {
    struct table *table = calloc(1, sizeof *table);
    assert_non_null(table);
    table->arrays = (struct asyncrl_vector_arrays){.observations = table->observations,
                                                   .final = table->final,
                                                   .rewards = table->rewards,
                                                   .terminated = table->terminated,
                                                   .truncated = table->truncated,
                                                   .game_over = table->game_over,
                                                   .scores = table->scores,
                                                   .frames = table->frames,
                                                   .lives = table->lives};
    return table;
}

static struct asyncrl_vector_options options_of(const char *game) {
    return (struct asyncrl_vector_options){.abi_version = ASYNCRL_VECTOR_ABI,
                                           .game = game,
                                           .environment_count = COUNT,
                                           .thread_count = 3,
                                           .sticky = -1,
                                           .step_limit = -1,
                                           .seed = 7};
}

static struct asyncrl_vector *open_vector(const struct asyncrl_vector_options *options) {
    struct asyncrl_error error;
    struct asyncrl_vector *vector;
    if (asyncrl_vector_open(options, &vector, &error) != ASYNCRL_OK)
        fail_msg("%s", error.message);
    return vector;
}

static void reset(struct asyncrl_vector *vector, const uint64_t *seeds, const uint8_t *mask,
                  struct table *table) {
    struct asyncrl_error error;
    if (asyncrl_vector_reset(vector, seeds, mask, &table->arrays, &error) != ASYNCRL_OK)
        fail_msg("%s", error.message);
}

static void step(struct asyncrl_vector *vector, const int64_t *actions, struct table *table) {
    struct asyncrl_error error;
    if (asyncrl_vector_step(vector, actions, &table->arrays, &error) != ASYNCRL_OK)
        fail_msg("%s", error.message);
}

static void skip_without_roms(void) {
    char rom[4096];
    snprintf(rom, sizeof rom, "%s/roms/freeway.bin", getenv("ASYNCRL_DATA"));
    if (access(rom, R_OK) != 0) {
        print_message("skipped: no ROMs: run tools/install-deps\n");
        skip();
    }
}

/* An environment of our own by the same rules. */
static struct environment *open_environment(const char *id,
                                            const struct environment_config *rules) {
    struct game game;
    struct emulator *emulator;
    struct environment *environment;
    struct error error;
    if (game_find(id, NULL, &game, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    if (game_open_emulator(&game, NULL, &emulator, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    struct environment_config config = game_environment_config(&game, OBSERVATION_DEEPMIND);
    config.reward = rules->reward;
    config.noop_max = rules->noop_max;
    config.fire_on_reset = rules->fire_on_reset;
    config.life_loss_ends = rules->life_loss_ends;
    if (environment_create(emulator, &config, &environment, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return environment;
}

static int64_t action_at(int time, int environment) {
    return (time * 7 + environment * 3 + time / 5) % 3;
}

static void assert_row(const struct table *table, int row, const struct environment *environment,
                       const struct environment_step *expected, double score) {
    static uint8_t seen[BYTES];
    environment_observe(environment, seen);
    assert_memory_equal(table->observations + (ptrdiff_t)row * BYTES, seen, BYTES);
    assert_true(table->rewards[row] == expected->reward);
    assert_int_equal(table->terminated[row], expected->terminated);
    assert_int_equal(table->truncated[row], expected->truncated);
    assert_int_equal(table->game_over[row], expected->game_ended);
    assert_int_equal(table->lives[row], expected->lives);
    assert_true(table->scores[row] == score);
}

/* Row `row` of a vector that has been reset once, step by step beside an environment. */
static int play_beside(const char *game, const struct environment_config *rules, int steps, int row,
                       uint64_t seed) {
    struct asyncrl_vector_options options = options_of(game);
    options.noop_max = rules->noop_max;
    options.fire_on_reset = rules->fire_on_reset;
    options.life_loss_ends = rules->life_loss_ends;
    struct asyncrl_vector *vector = open_vector(&options);
    struct table *table = new_table();
    struct environment *environment = open_environment(game, rules);
    int episodes = 0;
    bool is_over = false;
    environment_seed(environment, seed, 0);
    double score = environment_reset(environment);
    reset(vector, NULL, NULL, table);
    for (int t = 0; t < steps; t++) {
        int64_t actions[COUNT];
        struct environment_step expected = {0};
        for (int i = 0; i < COUNT; i++)
            actions[i] = action_at(t, i);
        step(vector, actions, table);
        if (is_over) {
            const double reward = environment_reset(environment);
            score = reward + (environment_is_new_game(environment) ? 0 : score);
            expected.lives = environment_lives(environment);
        } else {
            expected = environment_act(environment, (int)actions[row]);
            score += expected.raw_reward;
        }
        is_over = expected.terminated || expected.truncated;
        episodes += is_over;
        assert_row(table, row, environment, &expected, score);
    }
    environment_destroy(environment);
    asyncrl_vector_close(vector);
    free(table);
    return episodes;
}

static void test_plays_as_environments_do(void **state) {
    (void)state;
    const struct environment_config plain = {.reward = REWARD_RAW};
    for (int row = 0; row < COUNT; row++)
        assert_int_equal(play_beside("catch", &plain, 60, row, 7 + (uint64_t)row), 6);
}

static void test_plays_atari_as_environments_do(void **state) {
    (void)state;
    skip_without_roms();
    const struct environment_config plain = {.reward = REWARD_RAW};
    const struct environment_config rich = {
        .reward = REWARD_RAW, .noop_max = 30, .fire_on_reset = true, .life_loss_ends = true};
    play_beside("ALE/Freeway-v5", &plain, 40, 2, 9);
    assert_true(play_beside("ALE/Breakout-v5", &rich, 300, 4, 11) > 4);
}

static void test_same_step(void **state) {
    (void)state;
    struct asyncrl_vector_options options = options_of("catch");
    struct asyncrl_vector *next = open_vector(&options);
    options.autoreset = ASYNCRL_AUTORESET_SAME_STEP;
    options.thread_count = 1;
    struct asyncrl_vector *same = open_vector(&options);
    struct table *a = new_table();
    struct table *b = new_table();
    static const int64_t stay[COUNT] = {1, 1, 1, 1, 1};
    reset(next, NULL, NULL, a);
    reset(same, NULL, NULL, b);
    for (int t = 0; t < 9; t++) {
        step(next, stay, a);
        step(same, stay, b);
    }
    assert_memory_equal(a->terminated, "\1\1\1\1\1", COUNT);
    assert_memory_equal(b->terminated, "\1\1\1\1\1", COUNT);
    assert_memory_equal(b->game_over, "\1\1\1\1\1", COUNT);
    assert_memory_equal(a->observations, b->final, sizeof b->final);
    assert_memory_equal(a->rewards, b->rewards, sizeof b->rewards);
    assert_memory_equal(a->scores, b->scores, sizeof b->scores);
    step(next, stay, a); /* resets */
    assert_memory_equal(a->observations, b->observations, sizeof b->observations);
    assert_memory_equal(a->terminated, "\0\0\0\0\0", COUNT);
    assert_true(a->rewards[0] == 0 && a->scores[0] == 0);
    step(next, stay, a);
    step(same, stay, b);
    assert_memory_equal(a->observations, b->observations, sizeof b->observations);
    asyncrl_vector_close(next);
    asyncrl_vector_close(same);
    free(a);
    free(b);
}

static void assert_step_refused(struct asyncrl_vector *vector, const int64_t *actions,
                                struct table *table, const char *part) {
    struct asyncrl_error error = {""};
    assert_int_equal(asyncrl_vector_step(vector, actions, &table->arrays, &error),
                     ASYNCRL_BAD_INPUT);
    if (!strstr(error.message, part))
        fail_msg("'%s' is not in '%s'", part, error.message);
}

static void test_steps_before_a_reset(void **state) {
    (void)state;
    static const int64_t stay[COUNT] = {1, 1, 1, 1, 1};
    static const uint8_t mask[COUNT] = {1, 1, 0, 1, 1};
    static const enum asyncrl_autoreset modes[] = {
        ASYNCRL_AUTORESET_NEXT_STEP, ASYNCRL_AUTORESET_SAME_STEP, ASYNCRL_AUTORESET_DISABLED};
    struct table *table = new_table();
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct asyncrl_vector_options options = options_of("catch");
        options.autoreset = modes[i];
        struct asyncrl_vector *vector = open_vector(&options);
        assert_step_refused(vector, stay, table, "environment 0 has not begun an episode");
        reset(vector, NULL, mask, table);
        assert_step_refused(vector, stay, table, "environment 2 has not begun an episode");
        reset(vector, NULL, NULL, table);
        step(vector, stay, table);
        asyncrl_vector_close(vector);
    }
    free(table);
}

static void test_resets_some(void **state) {
    (void)state;
    struct asyncrl_vector_options options = options_of("catch");
    options.autoreset = ASYNCRL_AUTORESET_DISABLED;
    struct asyncrl_vector *vector = open_vector(&options);
    struct table *table = new_table();
    static const int64_t stay[COUNT] = {1, 1, 1, 1, 1};
    static const int64_t wrong[COUNT] = {1, 1, 3, 1, 1};
    static const uint8_t mask[COUNT] = {0, 1, 0, 0, 0};
    static const uint64_t seeds[COUNT] = {1, 1, 1, 1, 1};
    reset(vector, seeds, NULL, table);
    for (int i = 1; i < COUNT; i++)
        assert_memory_equal(table->observations, table->observations + (ptrdiff_t)i * BYTES, BYTES);
    assert_step_refused(vector, wrong, table, "action 3 of environment 2");
    for (int t = 0; t < 9; t++)
        step(vector, stay, table);
    assert_step_refused(vector, stay, table, "environment 0 is over");
    memset(table->observations, 1, sizeof table->observations);
    reset(vector, NULL, mask, table);
    assert_int_equal(table->observations[0], 1);
    assert_int_not_equal(table->observations[BYTES], 1);
    assert_step_refused(vector, stay, table, "environment 0 is over");
    asyncrl_vector_close(vector);
    free(table);
}

static void test_arrays_may_be_few(void **state) {
    (void)state;
    const struct asyncrl_vector_options options = options_of("catch");
    struct asyncrl_vector *vector = open_vector(&options);
    struct table *table = new_table();
    const struct asyncrl_vector_arrays arrays = {.observations = table->observations};
    static const int64_t stay[COUNT] = {1, 1, 1, 1, 1};
    assert_int_equal(asyncrl_vector_reset(vector, NULL, NULL, &arrays, NULL), ASYNCRL_OK);
    assert_int_equal(asyncrl_vector_step(vector, stay, &arrays, NULL), ASYNCRL_OK);
    asyncrl_vector_close(vector);
    asyncrl_vector_close(NULL);
    free(table);
}

/* Threads are not inherited: a fork gets an error and does not wait for them. */
static void test_forks(void **state) {
    (void)state;
    const struct asyncrl_vector_options options = options_of("catch");
    struct asyncrl_vector *vector = open_vector(&options);
    struct table *table = new_table();
    const pid_t child = fork();
    if (child == 0) {
        struct asyncrl_error error = {""};
        const bool refused =
            asyncrl_vector_reset(vector, NULL, NULL, &table->arrays, &error) == ASYNCRL_BAD_INPUT;
        _exit(refused && strstr(error.message, "another process") ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    reset(vector, NULL, NULL, table);
    asyncrl_vector_close(vector);
    free(table);
}

static void assert_refused(const struct asyncrl_vector_options *options, const char *part) {
    struct asyncrl_error error = {""};
    struct asyncrl_vector *vector = NULL;
    assert_int_equal(asyncrl_vector_open(options, &vector, &error), ASYNCRL_BAD_INPUT);
    assert_null(vector);
    if (!strstr(error.message, part))
        fail_msg("'%s' is not in '%s'", part, error.message);
}

static void test_refuses_to_open(void **state) {
    (void)state;
    struct asyncrl_vector_options options = options_of("catch");
    options.abi_version++;
    assert_refused(&options, "version 2");
    options = options_of("");
    assert_refused(&options, "no game");
    options = options_of("ALE/Brekout-v5");
    assert_refused(&options, "did you mean");
    options = options_of("gym:CartPole-v1");
    assert_refused(&options, "foreign code");
    options = options_of("catch");
    options.environment_count = 0;
    assert_refused(&options, "environment_count is 0");
    options = options_of("catch");
    options.sticky = 1;
    assert_refused(&options, "sticky");
    options = options_of("catch");
    options.observation = "vector";
    assert_refused(&options, "'vector'");
    options = options_of("Pong-v4");
    options.data_dir = "/no/such";
    assert_refused(&options, "/no/such");
}

static void test_about(void **state) {
    (void)state;
    struct asyncrl_vector_options options = options_of("catch");
    options.observation = "classic";
    options.frame_skip = 2;
    options.thread_count = 100;
    struct asyncrl_vector *vector = open_vector(&options);
    const struct asyncrl_vector_about *about = asyncrl_vector_about(vector);
    assert_string_equal(about->game, "catch");
    assert_int_equal(about->thread_count, COUNT);
    assert_int_equal(about->action_count, 3);
    assert_string_equal(about->action_names[0], "LEFT");
    assert_int_equal(about->channels, 3);
    assert_int_equal(about->observation_bytes, 3 * PLANE);
    assert_int_equal(about->frame_skip_max, 2);
    uint8_t *rgb = malloc((size_t)about->screen_height * (size_t)about->screen_width * 3);
    assert_non_null(rgb);
    asyncrl_vector_screen(vector, COUNT - 1, rgb);
    free(rgb);
    asyncrl_vector_close(vector);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plays_as_environments_do),
        cmocka_unit_test(test_plays_atari_as_environments_do),
        cmocka_unit_test(test_same_step),
        cmocka_unit_test(test_steps_before_a_reset),
        cmocka_unit_test(test_resets_some),
        cmocka_unit_test(test_arrays_may_be_few),
        cmocka_unit_test(test_forks),
        cmocka_unit_test(test_refuses_to_open),
        cmocka_unit_test(test_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
