/* --max_kl: an update that changes policy and values too much is shortened. */
#include "method_fixture.h"

#include "algorithm/algorithm.h"

#include <stdio.h>

enum { BATCH = 8, NUMBERS = 3, TARGETS = STEP_OWN };

/* An a3c that learns returns of 1 from different observations. The caller closes it. */
static struct trained *make_trained(const char *argument) {
    struct trained *trained = calloc(1, sizeof *trained);
    assert_non_null(trained);
    const struct network_spec network = spec_on_vectors(HEADS_POLICY_VALUE, NUMBERS, 2);
    struct rng rng;
    set_method_options(&trained->config, method_a3c_options, argument);
    trained_open_network(trained, &method_a3c, &network, 5, BATCH,
                         (struct trainer_request){.seed = 1});
    rng_seed(&rng, 1, 0);
    network_initialize(&trained->network, trained->trainer.params, &rng);
    trained->batch.count = BATCH;
    for (int i = 0; i < BATCH * NUMBERS; i++)
        batch_floats(&trained->batch, STEP_OBSERVATION)[i] = (float)i / 10;
    for (int i = 0; i < BATCH; i++)
        batch_floats(&trained->batch, TARGETS)[i] = 1;
    return trained;
}

static void close_trained(struct trained *trained) {
    trained_close(trained);
    free(trained);
}

static struct update make_update(struct trained *trained, double learning_rate) {
    const struct update made =
        trainer_update(&trained->trainer, &trained->batch, trained->trainer.params, learning_rate);
    assert_true(made.is_sound);
    return made;
}

/* The policy's logits and the value for the rows of the batch that are measured: one in four. */
enum { MEASURED = 2, OUTPUTS = 3 };

static void compute(struct trained *trained, float outputs[MEASURED][OUTPUTS]) {
    struct trainer *trainer = &trained->trainer;
    const struct network_outputs out = trainer_forward(
        trainer, trainer->params, batch_bytes(&trained->batch, STEP_OBSERVATION), BATCH);
    for (int i = 0; i < MEASURED; i++) {
        const int row = i * BATCH / MEASURED;
        memcpy(outputs[i], out.action + (ptrdiff_t)row * 2, 2 * sizeof(float));
        outputs[i][2] = out.value[row];
    }
}

static double change_between(float before[MEASURED][OUTPUTS], float after[MEASURED][OUTPUTS]) {
    double sum = 0;
    for (int i = 0; i < MEASURED; i++) {
        const double gap = (double)(after[i][2] - before[i][2]);
        sum += categorical_kl(before[i], after[i], 2) + gap * gap / 2;
    }
    return sum / MEASURED;
}

/* How far one update with that option moves the outputs. */
static double change_of_update(const char *argument, double learning_rate, struct update *made) {
    struct trained *trained = make_trained(argument);
    float before[MEASURED][OUTPUTS], after[MEASURED][OUTPUTS];
    compute(trained, before);
    *made =
        trainer_update(&trained->trainer, &trained->batch, trained->trainer.params, learning_rate);
    compute(trained, after);
    close_trained(trained);
    return change_between(before, after);
}

/* The rows are spread over the batch, because neighbours come from the same game. */
static void test_changes_are_measured(void **state) {
    (void)state;
    struct update made;
    const double expected = change_of_update("--max_kl=1000", 0.001, &made);
    assert_true(expected > 1e-6);
    assert_true(fabs(made.metrics[METRIC_KL].sum / expected - 1) < 1e-6);
}

/* For a step that makes the policy certain, the square of its length says too little. */
static void test_shortened_steps_are_measured_again(void **state) {
    (void)state;
    struct update made;
    const double change = change_of_update("--max_kl=1 --value_coef=0", 0.3, &made);
    const double wanted = made.metrics[METRIC_KL].sum;
    assert_true(wanted > 10);
    assert_true(change > 0.1 / wanted);
    assert_true(change < 1.51 / wanted);
}

/* The more a step would change, the less it may. */
static void test_larger_steps_change_less(void **state) {
    (void)state;
    struct update small, large;
    const double kept_of_small = change_of_update("--max_kl=0.001", 0.01, &small);
    const double kept_of_large = change_of_update("--max_kl=0.001", 0.1, &large);
    assert_true(small.metrics[METRIC_KL].sum > 0.001);
    assert_true(large.metrics[METRIC_KL].sum > 10 * small.metrics[METRIC_KL].sum);
    assert_true(fabs(kept_of_small * small.metrics[METRIC_KL].sum / 1e-6 - 1) < 0.5);
    assert_true(fabs(kept_of_large * large.metrics[METRIC_KL].sum / 1e-6 - 1) < 0.5);
}

/* A step whose outputs overflow is taken back whole, and counts as skipped. */
static void test_steps_beyond_measure(void **state) {
    (void)state;
    struct update made;
    assert_true(change_of_update("--max_kl=0.01", 1e38, &made) == 0);
    assert_true(made.metrics[METRIC_KL].weight == 0);
    assert_false(made.is_sound);
}

/* The parameters after one update with that option; made: NULL: before it. The caller frees them.
 */
static float *copy_params(const char *argument, struct update *made) {
    struct trained *trained = make_trained(argument);
    const size_t size = trained->trainer.param_count * sizeof(float);
    if (made)
        *made = make_update(trained, 0.001);
    float *params = malloc(size);
    assert_non_null(params);
    memcpy(params, trained->trainer.params, size);
    close_trained(trained);
    return params;
}

/* A step that the limit allows stays as it is, to the bit. One that changes n times as much becomes
 * n times shorter, and its direction stays. */
static void test_long_steps_are_shortened(void **state) {
    (void)state;
    const struct network_spec network = spec_on_vectors(HEADS_POLICY_VALUE, NUMBERS, 2);
    const size_t count = network_param_count(&network);
    struct update unlimited, limited, made;
    char argument[64];
    float *before = copy_params("", NULL);
    float *whole = copy_params("", &unlimited);
    float *allowed = copy_params("--max_kl=1000", &limited);
    assert_memory_equal(allowed, whole, count * sizeof *whole);
    assert_true(unlimited.metrics[METRIC_KL].weight == 0);
    assert_true(limited.metrics[METRIC_KL].weight == 1 && limited.metrics[METRIC_KL].sum > 0);
    snprintf(argument, sizeof argument, "--max_kl=%.17g", limited.metrics[METRIC_KL].sum / 4);
    float *shortened = copy_params(argument, &made);
    assert_true(made.metrics[METRIC_KL].sum == limited.metrics[METRIC_KL].sum);
    for (size_t i = 0; i < count; i++)
        assert_near((double)(shortened[i] - before[i]), (double)(whole[i] - before[i]) / 4);
    free(before);
    free(whole);
    free(allowed);
    free(shortened);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes_are_measured),
        cmocka_unit_test(test_long_steps_are_shortened),
        cmocka_unit_test(test_shortened_steps_are_measured_again),
        cmocka_unit_test(test_larger_steps_change_less),
        cmocka_unit_test(test_steps_beyond_measure),
    };
    return cmocka_run_group_tests_name("trust_region", tests, NULL, NULL);
}
