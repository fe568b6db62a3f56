/* Games without pictures: environments observe their vector under every preset. */
#include "env/env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NUMBERS = 3, SIDE = 10, LENGTH = 12 };

/* Counts frames and adds actions up; its screen is as bright as the frame's number. */
struct adder {
    struct emulator head;
    struct sums {
        int32_t frames;
        int32_t sum;
    } sums;
};

static struct adder *adder_of(struct emulator *emulator) {
    return (struct adder *)emulator;
}

static const struct sums *sums_of(const struct emulator *emulator) {
    return &((const struct adder *)emulator)->sums;
}

static void adder_reset(struct emulator *emulator, struct emulator_frame *frame) {
    adder_of(emulator)->sums = (struct sums){0};
    *frame = (struct emulator_frame){0};
}

/* A frame adds the first of two numbers, less the second. */
static void adder_steer(struct emulator *emulator, const float *action,
                        struct emulator_frame *frame) {
    struct sums *sums = &adder_of(emulator)->sums;
    sums->frames++;
    sums->sum += (int)(action[0] - action[1]);
    *frame = (struct emulator_frame){.reward = 2, .truncated = sums->frames == LENGTH};
}

static void adder_act(struct emulator *emulator, int action, struct emulator_frame *frame) {
    struct sums *sums = &adder_of(emulator)->sums;
    sums->frames++;
    sums->sum += action;
    *frame = (struct emulator_frame){.reward = 1, .truncated = sums->frames == LENGTH};
}

static void adder_screen(const struct emulator *emulator, uint8_t *rgb) {
    memset(rgb, sums_of(emulator)->frames, (size_t)3 * SIDE * SIDE);
}

static void adder_vector(const struct emulator *emulator, float *vector) {
    const struct sums *sums = sums_of(emulator);
    vector[0] = (float)sums->frames;
    vector[1] = (float)sums->sum;
    vector[2] = -0.5F;
}

static size_t adder_bound(const struct emulator *emulator, int64_t frames) {
    (void)emulator;
    (void)frames;
    return sizeof(struct sums);
}

static enum status adder_save(struct emulator *emulator, uint8_t *state, size_t capacity,
                              size_t *used, struct error *error) {
    if (capacity < sizeof(struct sums))
        return error_set(error, STATUS_FAILED, "no room");
    memcpy(state, sums_of(emulator), sizeof(struct sums));
    *used = sizeof(struct sums);
    return STATUS_OK;
}

static enum status adder_load(struct emulator *emulator, const uint8_t *state, size_t size,
                              struct error *error) {
    if (size != sizeof(struct sums))
        return error_set(error, STATUS_BAD_INPUT, "another size");
    memcpy(&adder_of(emulator)->sums, state, size);
    return STATUS_OK;
}

static void adder_close(struct emulator *emulator) {
    free(emulator);
}

static struct emulator *open_adder(void) {
    static const char *const names[] = {"NOOP", "ADD"};
    static const struct emulator_class adder_class = {
        .name = "adder",
        .reset = adder_reset,
        .act = adder_act,
        .steer = adder_steer,
        .screen_rgb = adder_screen,
        .vector = adder_vector,
        .state_bound = adder_bound,
        .save_state = adder_save,
        .load_state = adder_load,
        .close = adder_close,
    };
    struct adder *adder = calloc(1, sizeof *adder);
    assert_non_null(adder);
    adder->head.class = &adder_class;
    adder->head.info = (struct emulator_info){
        .screen_width = SIDE,
        .screen_height = SIDE,
        .action_count = 2,
        .action_names = names,
        .fire_action = -1,
        .frames_per_second = 10,
        .vector_size = NUMBERS,
    };
    return &adder->head;
}

static struct environment_config config_of(enum observation_preset preset, int skip) {
    return (struct environment_config){
        .observation = preset, .frame_skip_min = skip, .frame_skip_max = skip, .reward_scale = 1};
}

static struct environment *open_environment(enum observation_preset preset, int skip) {
    const struct environment_config config = config_of(preset, skip);
    struct environment *environment;
    struct error error;
    if (environment_create(open_adder(), &config, &environment, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return environment;
}

static void check_vector(const struct environment *environment, float frames, float sum) {
    float vector[NUMBERS + 1] = {9, 9, 9, 9};
    environment_observe(environment, vector);
    const float expected[] = {frames, sum, -0.5F, 9};
    assert_memory_equal(vector, expected, sizeof expected);
}

static void shows_only_the_newest_vector(void **state) {
    (void)state;
    for (int preset = OBSERVATION_CLASSIC; preset <= OBSERVATION_VECTOR; preset++) {
        struct environment *environment = open_environment((enum observation_preset)preset, 2);
        environment_reset(environment);
        check_vector(environment, 0, 0);
        environment_act(environment, 1);
        check_vector(environment, 2, 2);
        environment_act(environment, 0);
        check_vector(environment, 4, 2);
        environment_reset(environment);
        check_vector(environment, 0, 0);
        environment_destroy(environment);
    }
}

static void has_a_shape_of_its_own(void **state) {
    (void)state;
    struct emulator *emulator = open_adder();
    for (int preset = OBSERVATION_CLASSIC; preset <= OBSERVATION_VECTOR; preset++) {
        const enum observation_preset asked = (enum observation_preset)preset;
        const struct observation_shape shape = observation_shape(asked, &emulator->info);
        assert_int_equal(shape.channels, NUMBERS);
        assert_int_equal(shape.height, 1);
        assert_int_equal(shape.width, 1);
        assert_int_equal(shape.bytes, NUMBERS * sizeof(float));
        assert_int_equal(observation_of(asked, &emulator->info), OBSERVATION_VECTOR);
    }
    emulator_close(emulator);
    assert_string_equal(observation_name(OBSERVATION_VECTOR), "vector");
}

static void shows_its_screen_to_people(void **state) {
    (void)state;
    struct environment *environment = open_environment(OBSERVATION_CLASSIC, 1);
    uint8_t screen[SIDE * SIDE * 3];
    environment_reset(environment);
    environment_act(environment, 1);
    environment_act(environment, 1);
    environment_screen_rgb(environment, screen);
    for (size_t i = 0; i < sizeof screen; i++)
        assert_int_equal(screen[i], 2);
    environment_destroy(environment);
}

static void goes_on_from_a_saved_state(void **state) {
    (void)state;
    struct environment *environment = open_environment(OBSERVATION_VECTOR, 1);
    struct environment *other = open_environment(OBSERVATION_VECTOR, 1);
    struct error error;
    uint8_t saved[1024];
    size_t used = 0;
    environment_reset(environment);
    environment_act(environment, 1);
    environment_act(environment, 1);
    const struct environment_config config = config_of(OBSERVATION_VECTOR, 1);
    struct emulator *emulator = open_adder();
    const size_t bound = environment_state_bound(emulator, &config);
    emulator_close(emulator);
    assert_in_range(bound, 1, sizeof saved);
    assert_int_equal(environment_save_state(environment, saved, bound, &used, &error), STATUS_OK);
    environment_reset(other);
    assert_int_equal(environment_load_state(other, saved, used, &error), STATUS_OK);
    check_vector(other, 2, 2);
    environment_act(other, 1);
    check_vector(other, 3, 3);
    environment_destroy(environment);
    environment_destroy(other);
}

static void is_truncated_by_the_game(void **state) {
    (void)state;
    struct environment *environment = open_environment(OBSERVATION_VECTOR, 1);
    environment_reset(environment);
    for (int i = 1; i <= LENGTH; i++) {
        const struct environment_step step = environment_act(environment, 1);
        assert_int_equal(step.truncated, i == LENGTH);
        assert_false(step.terminated || step.failed);
    }
    environment_destroy(environment);
}

static void pictures_are_not_vectors(void **state) {
    (void)state;
    struct emulator *emulator;
    struct environment *environment;
    struct error error;
    assert_int_equal(emulator_open_catch(&emulator, &error), STATUS_OK);
    const struct environment_config config = config_of(OBSERVATION_VECTOR, 1);
    assert_int_equal(environment_create(emulator, &config, &environment, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "has no vector to observe"));
}

/* Each frame of a step plays the same numbers; what counts or repeats numbered actions
 * is refused. */
static void steers(void **state) {
    (void)state;
    const float action[] = {9, 4};
    struct environment_config config = config_of(OBSERVATION_VECTOR, 2);
    struct environment *environment;
    struct error error;
    struct emulator *adder = open_adder();
    adder->info.action_count = 0;
    adder->info.action_names = NULL;
    adder->info.action_size = 2;
    config.max_equal_actions = 3;
    assert_int_equal(environment_check(&config, &adder->info, &error), STATUS_BAD_INPUT);
    assert_string_equal(error.message,
                        "--max_equal_actions needs a game with numbered actions, and "
                        "this one's are continuous: leave it out");
    config.max_equal_actions = 0;
    config.sticky = 0.25;
    assert_int_equal(environment_check(&config, &adder->info, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "--sticky needs"));
    config.sticky = 0;
    if (environment_create(adder, &config, &environment, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    environment_reset(environment);
    const struct environment_step step = environment_steer(environment, action);
    assert_true(step.emulator_frames == 2 && step.raw_reward == 4);
    check_vector(environment, 2, 10);
    environment_destroy(environment);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_only_the_newest_vector),
        cmocka_unit_test(has_a_shape_of_its_own),
        cmocka_unit_test(shows_its_screen_to_people),
        cmocka_unit_test(goes_on_from_a_saved_state),
        cmocka_unit_test(is_truncated_by_the_game),
        cmocka_unit_test(pictures_are_not_vectors),
        cmocka_unit_test(steers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
