/* Policies as distributions: the Gaussian against numbers worked out by hand, gradients of both
 * kinds by finite differences, and PPO's loss of a Gaussian. */
#include "algorithm/algorithm.h"

#include "near.h"

/* Means 1 and -2, deviations 1 and 2; the action lies 2 and 1 of them away. */
static const float by_hand[] = {1.0f, -2.0f, 0.0f, 0.6931472f};
static const float action_by_hand[] = {3.0f, 0.0f};

static void test_gaussian_by_hand(void **state) {
    (void)state;
    const struct distribution *gaussian = distribution_of(true, NULL);
    /* -(4 + 1) / 2 - log 2 - log(2 pi) */
    const double log_probability = -2.5 - 0.6931472 - 1.8378771;
    assert_near(gaussian->log_probability(by_hand, action_by_hand, NULL, 2), log_probability, 1e-6);
    const struct policy_terms terms = gaussian->terms(by_hand, action_by_hand, NULL, 2);
    assert_near(terms.log_probability, log_probability, 1e-6);
    assert_near(terms.entropy, 0.6931472 + 1.8378771 + 1.0, 1e-6); /* log 2 + log(2 pi e) */
    float gradient[4];
    const struct policy_slopes plain = {.log_probability = 1.0, .divisor = 1.0};
    gaussian->gradient(gradient, by_hand, action_by_hand, &terms, &plain, NULL, 2);
    const double expected[] = {2.0, 0.5, 3.0, 0.0}; /* z / s, z^2 - 1 */
    for (int i = 0; i < 4; i++)
        assert_near((double)gradient[i], expected[i], 1e-6);
    const struct policy_slopes slopes = {.log_probability = -2.0, .entropy = 0.5, .divisor = 4.0};
    gaussian->gradient(gradient, by_hand, action_by_hand, &terms, &slopes, NULL, 2);
    const double weighed[] = {-1.0, -0.25, -1.375, 0.125};
    for (int i = 0; i < 4; i++)
        assert_near((double)gradient[i], weighed[i], 1e-6);
}

static void test_kinds(void **state) {
    (void)state;
    assert_int_equal(distribution_of(true, NULL)->outputs_per_action, 2);
    assert_int_equal(distribution_of(false, NULL)->outputs_per_action, 1);
    assert_int_equal(distribution_action_bytes(distribution_of(true, NULL), 3), 3 * sizeof(float));
    assert_int_equal(distribution_action_bytes(distribution_of(false, NULL), 3), sizeof(int32_t));
}

enum { NUMBERS = 3, MOST_OUTPUTS = 2 * NUMBERS };

/* Of 0.7 log p - 0.3 H. */
static double weighed_terms(const struct distribution *policy, const float *outputs,
                            const void *action) {
    const struct policy_terms terms = policy->terms(outputs, action, NULL, NUMBERS);
    return 0.7 * terms.log_probability - 0.3 * terms.entropy;
}

static void check_gradient(const struct distribution *policy, const void *action) {
    const float step = 1.0f / 4096.0f;
    float outputs[MOST_OUTPUTS] = {0.3f, -1.2f, 0.8f, -0.5f, 0.4f, 0.1f};
    float gradient[MOST_OUTPUTS];
    const struct policy_terms terms = policy->terms(outputs, action, NULL, NUMBERS);
    const struct policy_slopes slopes = {.log_probability = 0.7, .entropy = -0.3, .divisor = 2.0};
    policy->gradient(gradient, outputs, action, &terms, &slopes, NULL, NUMBERS);
    assert_near(terms.log_probability, policy->log_probability(outputs, action, NULL, NUMBERS),
                1e-12);
    for (int i = 0; i < policy->outputs_per_action * NUMBERS; i++) {
        const float kept = outputs[i];
        outputs[i] = kept + step;
        const double up = weighed_terms(policy, outputs, action);
        outputs[i] = kept - step;
        const double down = weighed_terms(policy, outputs, action);
        outputs[i] = kept;
        assert_near((double)gradient[i], (up - down) / (2.0 * (double)step) / 2.0, 1e-6);
    }
}

static void test_gradients(void **state) {
    (void)state;
    const float numbers[NUMBERS] = {0.9f, -1.0f, -0.6f};
    const int32_t chosen = 1;
    check_gradient(distribution_of(true, NULL), numbers);
    check_gradient(distribution_of(false, NULL), &chosen);
}

/* 20 000 draws of three numbers: means and deviations are those of the policy. */
static void test_gaussian_samples(void **state) {
    (void)state;
    enum { DRAWS = 20000 };
    const float outputs[MOST_OUTPUTS] = {0.5f, -1.0f, 2.0f, 0.0f, -1.0f, 0.5f};
    double sums[NUMBERS] = {0};
    double squares[NUMBERS] = {0};
    struct rng rng;
    rng_seed(&rng, 3, 0);
    for (int n = 0; n < DRAWS; n++) {
        float drawn[NUMBERS];
        distribution_of(true, NULL)->sample(drawn, NULL, outputs, NULL, NUMBERS, &rng);
        for (int i = 0; i < NUMBERS; i++) {
            const double gap = (double)drawn[i] - (double)outputs[i];
            sums[i] += gap;
            squares[i] += gap * gap;
        }
    }
    for (int i = 0; i < NUMBERS; i++) {
        const double deviation = exp((double)outputs[NUMBERS + i]);
        assert_near(sums[i] / DRAWS / deviation, 0.0, 0.03);
        assert_near(sqrt(squares[i] / DRAWS) / deviation, 1.0, 0.02);
    }
}

enum { BATCH = 8 };

struct batch {
    float outputs[BATCH * MOST_OUTPUTS];
    float value[BATCH];
    float actions[BATCH * NUMBERS];
    float old_log_probs[BATCH];
    float advantages[BATCH];
    float returns[BATCH];
    float d_outputs[BATCH * MOST_OUTPUTS];
    float d_value[BATCH];
};

static struct ppo_loss loss_of(struct batch *batch) {
    const struct ppo_samples samples = {.policy = distribution_of(true, NULL),
                                        .outputs = batch->outputs,
                                        .value = batch->value,
                                        .actions = batch->actions,
                                        .old_log_probs = batch->old_log_probs,
                                        .advantages = batch->advantages,
                                        .returns = batch->returns};
    const struct ppo_settings settings = {.clip = 0.2f, .value_coef = 0.5f, .entropy_coef = 0.1f};
    return ppo_loss(batch->d_outputs, batch->d_value, &samples, &settings, BATCH, NUMBERS);
}

static float draw(struct rng *rng) {
    return (float)(2.0 * rng_uniform(rng) - 1.0);
}

static void test_ppo_loss(void **state) {
    (void)state;
    const float step = 1.0f / 8192.0f;
    struct batch batch = {0};
    struct rng rng;
    rng_seed(&rng, 9, 0);
    for (int i = 0; i < BATCH * MOST_OUTPUTS; i++)
        batch.outputs[i] = draw(&rng);
    for (int n = 0; n < BATCH; n++) {
        const float *outputs = batch.outputs + (ptrdiff_t)n * MOST_OUTPUTS;
        float *action = batch.actions + (ptrdiff_t)n * NUMBERS;
        distribution_of(true, NULL)->sample(action, NULL, outputs, NULL, NUMBERS, &rng);
        batch.old_log_probs[n] =
            (float)distribution_of(true, NULL)->log_probability(outputs, action, NULL, NUMBERS) +
            0.5f * draw(&rng);
        batch.advantages[n] = draw(&rng);
    }
    const struct ppo_loss loss = loss_of(&batch);
    assert_true(loss.clip_fraction > 0.1 && loss.clip_fraction < 0.9);
    const struct batch gradients = batch;
    for (int i = 0; i < BATCH * MOST_OUTPUTS; i++) {
        const float kept = batch.outputs[i];
        batch.outputs[i] = kept + step;
        const double up = loss_of(&batch).total;
        batch.outputs[i] = kept - step;
        const double down = loss_of(&batch).total;
        batch.outputs[i] = kept;
        assert_near((double)gradients.d_outputs[i], (up - down) / (2.0 * (double)step), 1e-5);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gaussian_by_hand), cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_gradients),        cmocka_unit_test(test_gaussian_samples),
        cmocka_unit_test(test_ppo_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
