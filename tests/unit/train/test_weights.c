/* The files of a run's last weights: their steps, and the second attempt after a failure. */
#include "store/store.h"
#include "train/learner/weights.h"

#include "small_run.h"

#include <string.h>
#include <sys/stat.h>

struct fixture {
    struct small_run small;
    struct learner_metrics metrics;
    struct learner learner;
};

/* A learner of a run whose folder is not there yet. */
static int open_fixture(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    small_run_open(&fixture->small);
    const size_t count = network_param_count(&fixture->small.run.network);
    fixture->learner = (struct learner){
        .run = &fixture->small.run, .metrics = &fixture->metrics, .saved_steps = -1, .steps = 100};
    fixture->learner.trainer.param_count = count;
    fixture->learner.trainer.params = calloc(count, sizeof(float));
    fixture->learner.last_params = calloc(count, sizeof(float));
    *state = fixture;
    return 0;
}

static struct fixture *fixture_of(void **state) {
    return *state;
}

/* The path of the model with that many steps; empty if there is no such file. */
static struct error model_path(const struct fixture *fixture, int steps) {
    struct error path;
    snprintf(path.message, sizeof path.message, "%s/run/model-catch-%d.h5", fixture->small.top,
             steps);
    if (!path_is_file(path.message))
        path.message[0] = '\0';
    return path;
}

static int close_fixture(void **state) {
    struct fixture *fixture = *state;
    small_run_close(&fixture->small);
    free(fixture->learner.trainer.params);
    free(fixture->learner.last_params);
    free(fixture);
    return 0;
}

static void fill(struct learner *learner, float value) {
    for (size_t i = 0; i < learner->trainer.param_count; i++)
        learner->trainer.params[i] = value;
}

/* The folder holds the model of steps, with that value everywhere. */
static void expect_model(struct fixture *fixture, int steps, float value) {
    struct error error;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    float *params = calloc(fixture->learner.trainer.param_count, sizeof *params);
    const int count = network_tensors(&fixture->small.run.network, params, views);
    if (weights_load(model_path(fixture, steps).message, CHANNELS_UNSAID, views, count, &error) !=
        STATUS_OK)
        fail_msg("%s", error.message);
    assert_true(params[0] == value && params[fixture->learner.trainer.param_count - 1] == value);
    assert_string_equal(fixture->small.control.model, model_path(fixture, steps).message);
    free(params);
}

static void make_folder(struct fixture *fixture) {
    assert_int_equal(mkdir(fixture->small.control.run_dir, 0777), 0);
}

/* A deterministic run trains on to its round's end after the file at total_steps has failed. */
static void test_last_weights_are_those_of_total_steps(void **state) {
    struct fixture *fixture = fixture_of(state);
    struct error error;
    fill(&fixture->learner, 1);
    learner_finish(&fixture->learner);
    assert_true(fixture->learner.finished);
    fill(&fixture->learner, 2);
    fixture->learner.steps = 180;
    assert_int_equal(learner_save_last_weights(&fixture->learner, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "model-catch-100.h5"));
    make_folder(fixture);
    assert_int_equal(learner_save_last_weights(&fixture->learner, &error), STATUS_OK);
    expect_model(fixture, 100, 1);
    assert_string_equal(model_path(fixture, 180).message, "");
}

static void test_saved_once(void **state) {
    struct fixture *fixture = fixture_of(state);
    struct error error;
    make_folder(fixture);
    fill(&fixture->learner, 1);
    learner_finish(&fixture->learner);
    expect_model(fixture, 100, 1);
    fill(&fixture->learner, 2); /* would be seen in the file */
    fixture->learner.steps = 180;
    assert_int_equal(learner_save_last_weights(&fixture->learner, &error), STATUS_OK);
    expect_model(fixture, 100, 1);
    assert_string_equal(model_path(fixture, 180).message, "");
}

/* A run that is stopped before: the weights of now. */
static void test_stopped(void **state) {
    struct fixture *fixture = fixture_of(state);
    struct error error;
    make_folder(fixture);
    fill(&fixture->learner, 1);
    learner_save_weights_at_once(&fixture->learner);
    expect_model(fixture, 100, 1);
    fill(&fixture->learner, 2);
    fixture->learner.steps = 120;
    assert_int_equal(learner_save_last_weights(&fixture->learner, &error), STATUS_OK);
    expect_model(fixture, 120, 2);
}

static void test_first_weights_come_early(void **state) {
    struct fixture *fixture = fixture_of(state);
    struct learner *learner = &fixture->learner;
    assert_false(learner_first_weights_are_due(learner, 59));
    assert_true(learner_first_weights_are_due(learner, 61));
    fixture->small.config.deterministic = true;
    assert_false(learner_first_weights_are_due(learner, 61));
    fixture->small.config.deterministic = false;
    learner_save_weights(learner); /* fails: the folder is not there */
    assert_false(learner_first_weights_are_due(learner, 62));
    learner->weights_tried = false;
    learner->saved_steps = 100;
    assert_false(learner_first_weights_are_due(learner, 62));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_last_weights_are_those_of_total_steps, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(test_saved_once, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_first_weights_come_early, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_stopped, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
