/* Known failures of learning: reported once, if they last. */
#include "train/learner/figures.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 100, PATIENCE = HEALTH_PATIENCE_STEPS / BATCH };

static const struct health_sample healthy = {
    .steps = BATCH, .entropy = 1, .max_entropy = 1.4, .value_loss = 0.5, .kl = 0.01};

/* Batches until a trouble is reported; -1: none in count batches. */
static int judge_many(struct health *health, const struct health_sample *sample, int count,
                      enum health_trouble *trouble) {
    for (int i = 1; i <= count; i++) {
        *trouble = health_judge(health, sample);
        if (*trouble != HEALTH_FINE)
            return i;
    }
    return -1;
}

static void a_certain_policy_is_reported_once(void **state) {
    (void)state;
    struct health health = {0};
    struct health_sample certain = healthy;
    enum health_trouble trouble;
    certain.entropy = 0.001;
    assert_int_equal(judge_many(&health, &healthy, 10, &trouble), -1);
    assert_int_equal(judge_many(&health, &certain, PATIENCE, &trouble), PATIENCE);
    assert_int_equal(trouble, HEALTH_CERTAIN);
    assert_int_equal(judge_many(&health, &certain, 10 * PATIENCE, &trouble), -1);
}

static void a_dip_is_not_reported(void **state) {
    (void)state;
    struct health health = {0};
    struct health_sample certain = healthy;
    enum health_trouble trouble;
    certain.entropy = 0;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(judge_many(&health, &certain, PATIENCE - 1, &trouble), -1);
        assert_int_equal(judge_many(&health, &healthy, 1, &trouble), -1);
    }
}

static void an_exploding_value_is_reported(void **state) {
    (void)state;
    struct health health = {0};
    struct health_sample exploding = healthy;
    enum health_trouble trouble;
    exploding.value_loss = 900 * healthy.value_loss;
    assert_int_equal(judge_many(&health, &healthy, 10, &trouble), -1);
    assert_int_equal(judge_many(&health, &exploding, 20 * PATIENCE, &trouble), -1);
    exploding.value_loss = 2000 * healthy.value_loss;
    assert_true(judge_many(&health, &exploding, 20 * PATIENCE, &trouble) > PATIENCE);
    assert_int_equal(trouble, HEALTH_EXPLODES);
}

/* Before the first reward the loss is almost 0; after it, any loss is a thousand times that. */
static void the_first_reward_is_not_an_explosion(void **state) {
    (void)state;
    struct health health = {0};
    struct health_sample nothing = healthy;
    enum health_trouble trouble;
    nothing.value_loss = 1e-9;
    assert_int_equal(judge_many(&health, &nothing, 1000, &trouble), -1);
    assert_int_equal(judge_many(&health, &healthy, 20 * PATIENCE, &trouble), -1);
}

static void a_large_update_is_reported(void **state) {
    (void)state;
    struct health health = {0};
    struct health_sample far = healthy;
    enum health_trouble trouble;
    far.kl = 0.5;
    assert_int_equal(judge_many(&health, &far, PATIENCE, &trouble), PATIENCE);
    assert_int_equal(trouble, HEALTH_FAR);
    assert_non_null(strstr(health_advice(trouble), "--lr"));
}

static void a_method_without_a_policy_reports_none(void **state) {
    (void)state;
    struct health health = {0};
    const struct health_sample q = {
        .steps = BATCH, .entropy = NAN, .max_entropy = 1.4, .value_loss = NAN, .kl = NAN};
    enum health_trouble trouble;
    assert_int_equal(judge_many(&health, &q, 20 * PATIENCE, &trouble), -1);
}

/* The learner judges the figures that methods report. */
static void the_learner_watches_all_figures(void **state) {
    (void)state;
    static struct run run = {.network.actions = 4};
    static struct learner learner = {.run = &run, .batch.count = HEALTH_PATIENCE_STEPS};
    static const enum metric figures[] = {METRIC_ENTROPY, METRIC_VALUE_LOSS, METRIC_KL};
    static const double fine[] = {1, 0.5, 0.01};
    static const double bad[HEALTH_TROUBLES][3] = {
        [HEALTH_CERTAIN] = {0.001, 0.5, 0.01},
        [HEALTH_EXPLODES] = {1, 1e6, 0.01},
        [HEALTH_FAR] = {1, 0.5, 0.3},
    };
    for (int i = 0; i < HEALTH_TROUBLES; i++) {
        learner.health = (struct health){0};
        for (int k = 0; k < 2; k++) {
            struct update update = {.is_sound = true};
            for (int m = 0; m < 3; m++)
                update_add(&update, figures[m], 10 * (k == 0 ? fine : bad[i])[m], 10);
            learner_watch_health(&learner, &update);
            for (int other = 0; other < HEALTH_TROUBLES; other++)
                assert_int_equal(learner.health.told[other], k == 1 && other == i);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certain_policy_is_reported_once),
        cmocka_unit_test(a_dip_is_not_reported),
        cmocka_unit_test(an_exploding_value_is_reported),
        cmocka_unit_test(the_first_reward_is_not_an_explosion),
        cmocka_unit_test(a_large_update_is_reported),
        cmocka_unit_test(a_method_without_a_policy_reports_none),
        cmocka_unit_test(the_learner_watches_all_figures),
    };
    return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
