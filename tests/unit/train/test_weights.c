/* The files of a run's last weights: which they are, and that a failure is made good. */
#include "store/store.h"
#include "train/learner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct bed {
    char top[64];
    struct train_config config;
    struct control control;
    struct learner_metrics metrics;
    struct emulator emulator;
    struct emulator *emulators[1];
    struct run run;
    struct learner learner;
};

/* A learner of a run whose folder is not there yet. */
static int open_bed(void **state) {
    struct bed *bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    snprintf(bed->top, sizeof bed->top, "/tmp/asyncrl-test-XXXXXX");
    assert_non_null(mkdtemp(bed->top));
    snprintf(bed->control.run_dir, sizeof bed->control.run_dir, "%s/run", bed->top);
    bed->emulators[0] = &bed->emulator;
    bed->run = (struct run){.config = &bed->config,
                            .control = &bed->control,
                            .emulators = bed->emulators,
                            .network = {.trunk = TRUNK_MLP,
                                        .heads = HEADS_POLICY_VALUE,
                                        .channels = 3,
                                        .height = 1,
                                        .width = 1,
                                        .actions = 2}};
    snprintf(bed->run.game.id, sizeof bed->run.game.id, "catch");
    const size_t count = network_param_count(&bed->run.network);
    bed->learner = (struct learner){
        .run = &bed->run, .metrics = &bed->metrics, .saved_steps = -1, .steps = 100};
    bed->learner.trainer.param_count = count;
    bed->learner.trainer.params = calloc(count, sizeof(float));
    bed->learner.last_params = calloc(count, sizeof(float));
    *state = bed;
    return 0;
}

static struct bed *bed_of(void **state) {
    return *state;
}

/* The model of that many steps; empty where there is none. */
static struct error model_path(const struct bed *bed, int steps) {
    struct error path;
    snprintf(path.message, sizeof path.message, "%s/run/model-catch-%d.h5", bed->top, steps);
    if (!path_is_file(path.message))
        path.message[0] = '\0';
    return path;
}

static int close_bed(void **state) {
    struct bed *bed = *state;
    for (int steps = 0; steps <= 200; steps++)
        unlink(model_path(bed, steps).message);
    rmdir(bed->control.run_dir);
    rmdir(bed->top);
    free(bed->learner.trainer.params);
    free(bed->learner.last_params);
    free(bed);
    return 0;
}

static void fill(struct learner *learner, float value) {
    for (size_t i = 0; i < learner->trainer.param_count; i++)
        learner->trainer.params[i] = value;
}

/* The folder holds the model of steps, with that value everywhere. */
static void expect_model(struct bed *bed, int steps, float value) {
    struct error error;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    float *params = calloc(bed->learner.trainer.param_count, sizeof *params);
    const int count = network_tensors(&bed->run.network, params, views);
    if (weights_load(model_path(bed, steps).message, CHANNELS_UNSAID, views, count, &error) !=
        STATUS_OK)
        fail_msg("%s", error.message);
    assert_true(params[0] == value && params[bed->learner.trainer.param_count - 1] == value);
    assert_string_equal(bed->control.model, model_path(bed, steps).message);
    free(params);
}

static void make_folder(struct bed *bed) {
    assert_int_equal(mkdir(bed->control.run_dir, 0777), 0);
}

/* A deterministic run trains on to its round's end after the file at total_steps has failed. */
static void test_last_weights_are_those_of_total_steps(void **state) {
    struct bed *bed = bed_of(state);
    struct error error;
    fill(&bed->learner, 1);
    learner_finish(&bed->learner);
    assert_true(bed->learner.finished);
    fill(&bed->learner, 2);
    bed->learner.steps = 180;
    assert_int_equal(learner_save_last_weights(&bed->learner, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "model-catch-100.h5"));
    make_folder(bed);
    assert_int_equal(learner_save_last_weights(&bed->learner, &error), STATUS_OK);
    expect_model(bed, 100, 1);
    assert_string_equal(model_path(bed, 180).message, "");
}

static void test_saved_once(void **state) {
    struct bed *bed = bed_of(state);
    struct error error;
    make_folder(bed);
    fill(&bed->learner, 1);
    learner_finish(&bed->learner);
    expect_model(bed, 100, 1);
    fill(&bed->learner, 2); /* would be seen in the file */
    bed->learner.steps = 180;
    assert_int_equal(learner_save_last_weights(&bed->learner, &error), STATUS_OK);
    expect_model(bed, 100, 1);
    assert_string_equal(model_path(bed, 180).message, "");
}

/* A run that is stopped before: the weights of now. */
static void test_stopped(void **state) {
    struct bed *bed = bed_of(state);
    struct error error;
    make_folder(bed);
    fill(&bed->learner, 1);
    learner_save_weights_at_once(&bed->learner);
    expect_model(bed, 100, 1);
    fill(&bed->learner, 2);
    bed->learner.steps = 120;
    assert_int_equal(learner_save_last_weights(&bed->learner, &error), STATUS_OK);
    expect_model(bed, 120, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_last_weights_are_those_of_total_steps, open_bed,
                                        close_bed),
        cmocka_unit_test_setup_teardown(test_saved_once, open_bed, close_bed),
        cmocka_unit_test_setup_teardown(test_stopped, open_bed, close_bed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
