/* --max_kl: an update that changes policy and values too much is shortened. */
#include "method_fixture.h"

#include "algorithm/algorithm.h"

#include <stdio.h>

enum { BATCH = 4, NUMBERS = 3, TARGETS = STEP_OWN };

/* An a3c that learns returns of 1 from four different observations. The caller closes it. */
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

static struct update make_update(struct trained *trained) {
    const struct update made =
        trainer_update(&trained->trainer, &trained->batch, trained->trainer.params, 0.001);
    assert_true(made.is_sound);
    return made;
}

/* The first of four rows stands for all. */
static void test_changes_are_measured(void **state) {
    (void)state;
    struct trained *trained = make_trained("--max_kl=1000");
    struct trainer *trainer = &trained->trainer;
    const void *observations = batch_bytes(&trained->batch, STEP_OBSERVATION);
    struct network_outputs out = trainer_forward(trainer, trainer->params, observations, 1);
    const float logits[2] = {out.action[0], out.action[1]}, value = *out.value;
    const struct update made = make_update(trained);
    out = trainer_forward(trainer, trainer->params, observations, 1);
    const double gap = (double)(*out.value - value);
    assert_true(fabs(gap) > 1e-4);
    const double expected = categorical_kl(logits, out.action, 2) + gap * gap / 2;
    assert_true(fabs(made.metrics[METRIC_KL].sum / expected - 1) < 1e-6);
    close_trained(trained);
}

/* The parameters after one update with that option; made: NULL: before it. The caller frees them.
 */
static float *copy_params(const char *argument, struct update *made) {
    struct trained *trained = make_trained(argument);
    const size_t size = trained->trainer.param_count * sizeof(float);
    if (made)
        *made = make_update(trained);
    float *params = malloc(size);
    assert_non_null(params);
    memcpy(params, trained->trainer.params, size);
    close_trained(trained);
    return params;
}

/* A step that the limit allows stays as it is, to the bit. A longer one becomes shorter by the root
 * of the ratio, and its direction stays. */
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
    snprintf(argument, sizeof argument, "--max_kl=%.17g", limited.metrics[METRIC_KL].sum / 16);
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
    };
    return cmocka_run_group_tests_name("trust_region", tests, NULL, NULL);
}
