/* An update on numbers that are not finite leaves the weights and the optimizer as they were. */
#include "train/trainer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 4, NUMBERS = 3 };

struct bed {
    struct train_config config;
    struct run run;
    struct trainer trainer;
    struct batch batch;
    struct stage_timer timer;
};

static struct bed *make_bed(const char *method, double max_grad_norm) {
    struct error error;
    struct bed *bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    struct option table[OPTION_MAX_COUNT + 1];
    assert_int_equal(options_compose(table, train_a3c_options, NULL, &error), STATUS_OK);
    options_defaults(table, &bed->config);
    bed->config.batch_size = BATCH;
    bed->config.optimizer.max_grad_norm = max_grad_norm;
    bed->run = (struct run){.config = &bed->config,
                            .method = method_find(method),
                            .metrics = metrics_init(calloc(1, metrics_bytes(1)), 1)};
    assert_non_null(bed->run.method);
    bed->run.network =
        (struct network_spec){.trunk = TRUNK_MLP,
                              .heads = bed->run.method->has_policy ? HEADS_POLICY_VALUE : HEADS_Q,
                              .channels = NUMBERS,
                              .height = 1,
                              .width = 1,
                              .actions = 2};
    const struct segment_shape shape = {5, NUMBERS * sizeof(float)};
    assert_int_equal(trainer_open(&bed->trainer, &bed->run, &error), STATUS_OK);
    assert_int_equal(batch_create(&bed->batch, bed->run.method, &shape, BATCH, &error), STATUS_OK);
    struct rng rng;
    rng_seed(&rng, 1, 0);
    network_initialize(&bed->run.network, bed->trainer.params, &rng);
    bed->batch.count = BATCH;
    float *observations = (float *)(void *)bed->batch.observations;
    for (int i = 0; i < BATCH * NUMBERS; i++)
        observations[i] = (float)i / 10;
    for (int i = 0; i < BATCH; i++)
        bed->batch.targets[i] = 1;
    return bed;
}

static void free_bed(struct bed *bed) {
    trainer_close(&bed->trainer);
    batch_destroy(&bed->batch);
    free(bed->run.metrics);
    free(bed);
}

static struct update update(struct bed *bed) {
    return trainer_update(&bed->trainer, &bed->batch, bed->trainer.params, 0.001, &bed->timer);
}

/* What RMSprop changes. The caller frees it. */
static float *copy_learned(const struct trainer *trainer) {
    const size_t count = trainer->param_count;
    float *copy = malloc(2 * count * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, trainer->params, count * sizeof *copy);
    memcpy(copy + count, trainer->optimizer.slots[0], count * sizeof *copy);
    return copy;
}

static bool has_learned(const struct trainer *trainer, const float *before) {
    float *now = copy_learned(trainer);
    const bool is_same = memcmp(now, before, 2 * trainer->param_count * sizeof *now) == 0;
    free(now);
    return !is_same;
}

static void expect_skipped(struct bed *bed) {
    float *before = copy_learned(&bed->trainer);
    assert_false(update(bed).is_sound);
    assert_false(has_learned(&bed->trainer, before));
    free(before);
}

static void expect_learned(struct bed *bed) {
    float *before = copy_learned(&bed->trainer);
    const struct update made = update(bed);
    assert_true(made.is_sound);
    assert_true(isfinite(made.gradient_norm) && made.gradient_norm > 0);
    assert_true(has_learned(&bed->trainer, before));
    assert_true(floats_are_finite(bed->trainer.params, bed->trainer.param_count));
    free(before);
}

static void check_method(const char *method, double max_grad_norm) {
    struct bed *bed = make_bed(method, max_grad_norm);
    float *observation = (float *)(void *)bed->batch.observations;
    expect_learned(bed);
    bed->batch.targets[2] = NAN;
    expect_skipped(bed);
    bed->batch.targets[2] = 1;
    expect_learned(bed);
    observation[5] = 1e30F; /* finite, but its gradients' squares are not */
    expect_skipped(bed);
    observation[5] = INFINITY;
    expect_skipped(bed);
    observation[5] = 0.5F;
    expect_learned(bed);
    free_bed(bed);
}

static void test_policy(void **state) {
    (void)state;
    check_method("a3c", 0);
    check_method("a3c", 40); /* clipped, a gradient of 1e30 would look sound */
}

/* Values are about 0 at the start and explain nothing; after training on the same returns they do.
 */
static void test_explained_variance(void **state) {
    (void)state;
    struct bed *bed = make_bed("a3c", 0);
    struct metric_sum *metric = &bed->run.metrics->learner.sums[METRIC_EXPLAINED_VARIANCE];
    update(bed); /* all returns are 1: there is nothing to explain */
    assert_true(metric->weight == 0);
    for (int i = 0; i < BATCH; i++)
        bed->batch.targets[i] = (float)i;
    update(bed);
    const double at_first = metric->sum;
    assert_true(metric->weight == 1 && fabs(at_first) < 0.2);
    for (int i = 0; i < 3000; i++)
        update(bed);
    const double before = metric->sum;
    update(bed);
    const double explained = metric->sum - before;
    assert_true(explained > 0.8 && explained <= 1);
    free_bed(bed);
}

static void test_q(void **state) {
    (void)state;
    check_method("qn", 0);
    check_method("qn", 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy),
        cmocka_unit_test(test_explained_variance),
        cmocka_unit_test(test_q),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
