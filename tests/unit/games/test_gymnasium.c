/* Environments of Gymnasium, those of tests/data/gymnasium and real ones; some misbehave. */
#include "conformance.h"
#include "gymnasium_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void refuse(const char *from, const char *id, const char *words, const char *more) {
    struct emulator *emulator = NULL;
    struct error error;
    assert_int_equal(try_to_open(from, id, 0, &emulator, &error), STATUS_BAD_INPUT);
    assert_null(strchr(error.message, '\n'));
    if (!strstr(error.message, words) || !strstr(error.message, more))
        fail_msg("no '%s' and '%s' in: %s", words, more, error.message);
}

/* ---- Vectors --------------------------------------------------------------------------------- */

static void describes_a_vector(void **state) {
    (void)state;
    struct emulator *emulator = open_game("", "CartPole-v1");
    assert_int_equal(emulator->info.vector_size, 4);
    assert_int_equal(emulator->info.action_count, 2);
    assert_string_equal(emulator->info.action_names[1], "1");
    assert_int_equal(emulator->info.fire_action, -1);
    assert_true(emulator->info.frames_per_second == 50);
    assert_false(emulator_can_save(emulator));
    emulator_close(emulator);
}

static void plays_despite_a_rate_that_is_no_number(void **state) {
    (void)state;
    struct emulator *emulator = open_game(module, "asyncrl-test/Undated-v0");
    assert_true(emulator->info.frames_per_second == 30);
    emulator_close(emulator);
}

static void plays_a_vector(void **state) {
    (void)state;
    struct emulator *emulator = open_game(module, "asyncrl-test/Walk-v0");
    float vector[3];
    assert_int_equal(emulator->info.vector_size, 3);
    emulator_seed(emulator, 7);
    struct emulator_frame frame = emulator_reset(emulator);
    assert_false(frame.game_over || frame.truncated || frame.failed);
    emulator_vector(emulator, vector);
    const float start = vector[0];
    assert_true(vector[1] == 0 && vector[2] == -1);
    for (int step = 1; step <= 10; step++) {
        frame = emulator_act(emulator, step % 2);
        emulator_vector(emulator, vector);
        assert_true(vector[0] == start && (float)frame.reward == start);
        assert_true(vector[1] == (float)step && vector[2] == (float)(step % 2));
        assert_false(frame.game_over || frame.failed);
        assert_int_equal(frame.truncated, step == 10);
    }
    emulator_seed(emulator, 7);
    emulator_reset(emulator);
    emulator_vector(emulator, vector);
    assert_true(vector[0] == start);
    emulator_reset(emulator); /* continues the sequence of random numbers */
    emulator_vector(emulator, vector);
    assert_true(vector[0] != start);
    assert_null(emulator_failure(emulator));
    emulator_close(emulator);
}

/* A copy is opened without a process of its own, and plays a game of its own. */
static void copies(void **state) {
    (void)state;
    struct emulator *emulator = open_game(module, "asyncrl-test/Walk-v0");
    struct emulator *copy = NULL;
    struct error error;
    float vector[3];
    assert_true(emulator_can_copy(emulator));
    emulator_reset(emulator);
    emulator_act(emulator, 1);
    assert_int_equal(emulator_copy(emulator, &copy, &error), STATUS_OK);
    assert_int_equal(copy->info.vector_size, 3);
    assert_string_equal(copy->info.action_names[1], "1");
    emulator_reset(copy);
    emulator_vector(copy, vector);
    assert_true(vector[1] == 0);
    emulator_close(copy);
    assert_false(emulator_act(emulator, 1).failed);
    emulator_vector(emulator, vector);
    assert_true(vector[1] == 2);
    emulator_close(emulator);
}

static void renders_a_vectors_game(void **state) {
    (void)state;
    struct emulator *emulator = open_game(module, "asyncrl-test/Walk-v0");
    assert_int_equal(emulator->info.screen_height, 20);
    assert_int_equal(emulator->info.screen_width, 30);
    uint8_t screen[20 * 30 * 3];
    emulator_reset(emulator);
    emulator_act(emulator, 0);
    emulator_act(emulator, 1);
    emulator_screen_rgb(emulator, screen);
    for (size_t i = 0; i < sizeof screen; i++)
        assert_int_equal(screen[i], 20);
    float vector[3];
    emulator_vector(emulator, vector); /* has not changed */
    assert_true(vector[1] == 2);
    emulator_close(emulator);
}

/* With transparency, in gray, in another size, as a list: all get the form of the first. */
static void takes_pictures_of_many_kinds(void **state) {
    (void)state;
    struct emulator *emulator = open_game(module, "asyncrl-test/Painter-well-v0");
    uint8_t screen[20 * 30 * 3];
    assert_int_equal(emulator->info.screen_height, 20);
    assert_int_equal(emulator->info.screen_width, 30);
    emulator_reset(emulator);
    for (int step = 1; step <= 4; step++) {
        emulator_act(emulator, 0);
        emulator_screen_rgb(emulator, screen);
        if (emulator_no_picture(emulator))
            fail_msg("step %d: %s", step, emulator_no_picture(emulator));
        for (size_t i = 0; i < sizeof screen; i++)
            assert_int_equal(screen[i], 10 * step);
    }
    emulator_close(emulator);
    emulator = open_game(module, "asyncrl-test/Painter-large-v0"); /* 3000 x 1500 */
    assert_int_equal(emulator->info.screen_height, 1000);
    assert_int_equal(emulator->info.screen_width, 500);
    emulator_close(emulator);
}

static void tells_why_there_is_no_picture(void **state) {
    (void)state;
    static const char *const reasons[] = {NULL,
                                          "returns float64",
                                          "returns None",
                                          "the shape (3,)",
                                          "the shape (3, 20, 30)",
                                          "the shape (0,"};
    struct emulator *emulator = open_game(module, "asyncrl-test/Painter-badly-v0");
    uint8_t screen[20 * 30 * 3];
    emulator_reset(emulator);
    assert_null(emulator_no_picture(emulator));
    for (int step = 1; step <= 5; step++) {
        assert_false(emulator_act(emulator, 0).failed); /* it goes on */
        emulator_screen_rgb(emulator, screen);
        const char *reason = emulator_no_picture(emulator);
        if (!reason || !strstr(reason, reasons[step]))
            fail_msg("no '%s' in: %s", reasons[step], reason ? reason : "nothing");
        assert_int_equal(screen[0], 0);
    }
    emulator_reset(emulator);
    emulator_screen_rgb(emulator, screen);
    assert_null(emulator_no_picture(emulator));
    emulator_close(emulator);
}

/* It plays, and says why there is no picture. */
static void check_blank(const char *id, const char *words) {
    struct emulator *emulator = open_game(module, id);
    const char *reason = emulator_no_picture(emulator);
    if (!reason || !strstr(reason, words))
        fail_msg("%s: no '%s' in: %s", id, words, reason ? reason : "nothing");
    assert_false(emulator_reset(emulator).failed);
    assert_false(emulator_act(emulator, 0).failed);
    emulator_close(emulator);
}

static void plays_games_that_cannot_draw(void **state) {
    (void)state;
    check_blank("asyncrl-test/Unseen-v0", "unexpected keyword argument 'render_mode'");
    check_blank("asyncrl-test/Painter-raises-v0", "asyncrl_test_games.py:");
    check_blank("asyncrl-test/Painter-dies-v0", "its process died as it drew");
}

/* ---- Pictures -------------------------------------------------------------------------------- */

static void check_picture(const struct emulator *emulator, int brightness) {
    uint8_t screen[30 * 40 * 3];
    emulator_screen_rgb(emulator, screen);
    for (int i = 0; i < 30 * 40 * 3; i++)
        assert_int_equal(screen[i], i / 3 % 40 < 20 ? brightness : 0);
}

static void plays_pictures(void **state) {
    (void)state;
    const char *const ids[] = {"asyncrl-test/Counter-v0", "asyncrl-test/GrayCounter-v0",
                               "asyncrl-test/Sideways-v0"};
    for (int i = 0; i < 3; i++) {
        struct emulator *emulator = open_game(module, ids[i]);
        assert_int_equal(emulator->info.vector_size, 0);
        assert_int_equal(emulator->info.screen_height, 30);
        assert_int_equal(emulator->info.screen_width, 40);
        assert_int_equal(emulator->info.action_count, 3);
        emulator_reset(emulator);
        check_picture(emulator, 0);
        struct emulator_frame frame = emulator_act(emulator, 1); /* its actions start at -1 */
        assert_true(frame.reward == 0);
        check_picture(emulator, 50);
        frame = emulator_act(emulator, 0);
        assert_true(frame.reward == -1);
        check_picture(emulator, 50);
        for (int count = 2; count <= 5; count++) {
            frame = emulator_act(emulator, 1);
            assert_int_equal(frame.game_over, count == 5);
            check_picture(emulator, 50 * count);
        }
        emulator_close(emulator);
    }
}

static struct emulator *open_for_conformance(void *context) {
    return open_game(module, context);
}

static void keeps_the_contract(void **state) {
    (void)state;
    char *ids[] = {"CartPole-v1", "asyncrl-test/Walk-v0", "asyncrl-test/Counter-v0"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        check_conformance(open_for_conformance, ids[i], 200);
}

/* ---- What goes wrong ------------------------------------------------------------------------- */

static void check_failure(const char *how, double seconds, const char *words) {
    char id[64];
    struct error error;
    struct emulator *emulator;
    snprintf(id, sizeof id, "asyncrl-test/Walk-%s-v0", how);
    assert_int_equal(try_to_open(module, id, seconds, &emulator, &error), STATUS_OK);
    const int rounds = strcmp(how, "dies") == 0 ? 2 : 1;
    for (int round = 0; round < rounds; round++) { /* a reset starts again after a failure */
        assert_false(emulator_reset(emulator).failed);
        assert_false(emulator_act(emulator, 0).failed);
        assert_false(emulator_act(emulator, 0).failed);
        assert_true(emulator_act(emulator, 0).failed);
        const char *failure = emulator_failure(emulator);
        assert_non_null(failure);
        if (!strstr(failure, words) || !strstr(failure, id) || strchr(failure, '\n'))
            fail_msg("no '%s' in: %s", words, failure);
        assert_true(emulator_act(emulator, 0).failed); /* and stays so */
        assert_string_equal(emulator_failure(emulator), failure);
        float vector[3];
        emulator_vector(emulator, vector);
    }
    emulator_close(emulator);
}

static void reports_failures(void **state) {
    (void)state;
    check_failure("raises", 0, "RuntimeError: it broke (/");
    check_failure("says-nothing", 0, "Mute (/");
    check_failure("leaves", 0, "SystemExit: 7");
    check_failure("misshapes", 0, "v0: its observation has the shape (4,)");
    check_failure("counts", 0, "its observation is of int64; its space says float64");
    check_failure("strays", 0, "its observation is not finite");
    check_failure("outgrows", 0, "its observation has -1e+30 at index 2, beyond -1e+06 to 1e+06");
    check_failure("overpays", 0, "its reward is not finite");
    check_failure("pays-text", 0, "its step returns the reward '1.0', terminated False");
    check_failure("pays-far-too-much", 0, "its step returns the reward 1000000");
    check_failure("ends-by-text", 0, "terminated 'False' and truncated False; these must be");
    check_failure("ends-by-half", 0, "terminated 0.5 and truncated False; these must be");
    check_failure("cuts-by-nothing", 0, "terminated False and truncated None; these must be");
    check_failure("exits", 0, "ended by itself with code 5");
    check_failure("dies", 0, "signal 11");
    check_failure("hangs", 2, "has not answered for 2 s; --env_timeout=SECONDS waits longer");
}

static void count_up(void *count) {
    ++*(int *)count;
}

/* An environment that still has time to answer is not stuck, and the caller gets signs of life. */
static void gives_signs_of_life_while_it_waits(void **state) {
    (void)state;
    struct emulator *emulator = NULL;
    struct error error;
    assert_int_equal(try_to_open(module, "asyncrl-test/Walk-hangs-v0", 5, &emulator, &error),
                     STATUS_OK);
    emulator_reset(emulator);
    emulator_act(emulator, 0);
    emulator_act(emulator, 0);
    int signs = 0;
    emulator_watch(emulator, count_up, &signs);
    assert_true(emulator_act(emulator, 0).failed);
    assert_true(signs >= 3); /* two while it waited, one after */
    emulator_close(emulator);
}

static void reports_values_outside_the_space(void **state) {
    (void)state;
    struct emulator *emulator = open_game(module, "asyncrl-test/Bounded-v0");
    emulator_reset(emulator);
    assert_false(emulator_act(emulator, 0).failed);
    assert_false(emulator_act(emulator, 0).failed); /* beyond by rounding */
    assert_false(emulator_act(emulator, 0).failed); /* 1.5 in -1..1: the space is inexact */
    assert_true(emulator_act(emulator, 0).failed);
    assert_non_null(strstr(emulator_failure(emulator),
                           "its observation has 3.5 at index 2; its space says -1 to 1"));
    emulator_close(emulator);
    emulator = open_game(module, "asyncrl-test/Dim-v0");
    emulator_reset(emulator);
    assert_false(emulator_act(emulator, 1).failed);
    assert_false(emulator_act(emulator, 1).failed);
    assert_true(emulator_act(emulator, 1).failed);
    assert_non_null(strstr(emulator_failure(emulator),
                           "its observation has a pixel of 150; its space says 0 to 100"));
    emulator_close(emulator);
}

/* A silence ends with each sign of life, such as a module that is imported. */
static void is_patient_with_signs_of_life(void **state) {
    (void)state;
    struct emulator *emulator = NULL;
    struct error error;
    if (try_to_open(module, "asyncrl-test/Slow-v0", 3, &emulator, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_false(emulator_reset(emulator).failed);
    emulator_close(emulator);
}

static void refuses_what_it_cannot_play(void **state) {
    (void)state;
    refuse("", "NoSuchGame-v0", "NoSuchGame-v0", "NameNotFound");
    refuse("no_such_module", "CartPole-v1", "ModuleNotFoundError", "no_such_module");
    refuse(module, "asyncrl-test/Wide-v0", "its actions are 257 numbers; 1 to 256", "");
    refuse(module, "asyncrl-test/Whole-v0", "its actions are Box", "a Box of floats can be played");
    refuse(module, "asyncrl-test/Spaceless-v0", "its observation_space is None (builtins.NoneType)",
           "not one of gymnasium.spaces");
    refuse(module, "asyncrl-test/Other-v0", "its action_space is Discrete(2) (",
           "OtherSpace), not one of gymnasium.spaces");
    refuse(module, "asyncrl-test/Wider-v0", "its actions are MultiBinary(33), 33 choices at once",
           "32 among 4096 can be played");
    refuse(module, "asyncrl-test/Longer-v0", "2 choices at once among 4097 in all", "");
    refuse(module, "asyncrl-test/Deeper-v0", "3 choices at once among 4096", "2147483647 comb");
    refuse(module, "asyncrl-test/Text-v0", "its observations['mission'] are Text",
           "without it: --env_wrappers='FilterObservation{\"filter_keys\": [\"a\"]}'");
    refuse(module, "asyncrl-test/Stack-v0", "its observations are Box",
           "leave a stack of them out");
    refuse(module, "asyncrl-test/Bright-v0", "(84, 84, 3), float32), pictures of float32: give",
           "a vector of 21168 numbers with --env_wrappers=FlattenObservation");
    refuse(module, "asyncrl-test/BrightFirst-v0", "pictures of float64: give them as uint8", "");
    refuse(module, "asyncrl-test/BrightGrey-v0", "pictures of int32: give them as uint8", "");
    refuse(module, "asyncrl-test/Stray-v0", "its observation is 7; its space says Discrete(4", "");
    refuse(module, "asyncrl-test/Pale-v0", "its observation is of float32", "its space says uint8");
    refuse(module, "asyncrl-test/OldReset-v0", "does not return (observation, info)",
           "before 0.26");
    refuse(module, "asyncrl-test/OldStep-v0", "its step returns 4 values", "before 0.26");
    refuse(module, "asyncrl-test/OldLimited-v0", "its step returns 4 values", "before 0.26");
    refuse(module, "asyncrl-test/OldSeed-v0", "its reset takes no seed", "before 0.26");
}

static void refuses_a_program_that_is_not_python(void **state) {
    (void)state;
    const char *set = getenv("ASYNCRL_PYTHON");
    char *python = set ? strdup(set) : NULL;
    setenv("ASYNCRL_PYTHON", "/no/such/python", 1);
    refuse("", "CartPole-v1", "cannot run '/no/such/python'", "ASYNCRL_PYTHON");
    setenv("ASYNCRL_PYTHON", "/bin/false", 1);
    struct emulator *emulator;
    struct error error;
    assert_int_not_equal(try_to_open("", "CartPole-v1", 0, &emulator, &error), STATUS_OK);
    assert_non_null(strstr(error.message, "ended by itself with code 1"));
    if (python)
        setenv("ASYNCRL_PYTHON", python, 1);
    else
        unsetenv("ASYNCRL_PYTHON");
    free(python);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describes_a_vector),
        cmocka_unit_test(plays_despite_a_rate_that_is_no_number),
        cmocka_unit_test(plays_a_vector),
        cmocka_unit_test(copies),
        cmocka_unit_test(renders_a_vectors_game),
        cmocka_unit_test(takes_pictures_of_many_kinds),
        cmocka_unit_test(tells_why_there_is_no_picture),
        cmocka_unit_test(plays_games_that_cannot_draw),
        cmocka_unit_test(plays_pictures),
        cmocka_unit_test(keeps_the_contract),
        cmocka_unit_test(reports_failures),
        cmocka_unit_test(gives_signs_of_life_while_it_waits),
        cmocka_unit_test(reports_values_outside_the_space),
        cmocka_unit_test(is_patient_with_signs_of_life),
        cmocka_unit_test(refuses_what_it_cannot_play),
        cmocka_unit_test(refuses_a_program_that_is_not_python),
    };
    if (!gymnasium_is_there())
        return 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
