/* Policies over actions of several parts: against numbers worked out by hand, against the one
 * choice among all combinations that they stand for, and gradients by finite differences. */
#include "algorithm/algorithm.h"

#include "near.h"

enum { FIRST = 2, SECOND = 3, CHOICES = FIRST + SECOND, COMBINATIONS = FIRST * SECOND };

static const struct action_parts parts = {.count = 2, .sizes = {FIRST, SECOND}};

/* pi = (1/4, 3/4) and (1/8, 1/4, 5/8). */
static void set_logits(float logits[CHOICES]) {
    const double odds[CHOICES] = {1, 3, 1, 2, 5};
    for (int i = 0; i < CHOICES; i++)
        logits[i] = (float)log(odds[i]);
}

static void test_by_hand(void **state) {
    (void)state;
    const struct distribution *policy = distribution_of(false, &parts);
    const float even[CHOICES] = {0};
    const int32_t action = 2; /* (0, 2) */
    float logits[CHOICES];
    float gradient[CHOICES];
    set_logits(logits);
    const double log_p = log(0.25) + log(0.625);
    assert_near(policy->log_probability(logits, &action, &parts, CHOICES), log_p, 1e-6);
    const struct policy_terms terms = policy->terms(logits, &action, &parts, CHOICES);
    assert_near(terms.log_probability, log_p, 1e-6);
    /* 1/4 log 4 + 3/4 log 4/3, and 1/8 log 8 + 1/4 log 4 + 5/8 log 8/5 */
    assert_near(terms.entropy, 0.5623351 + 0.9002561, 1e-6);
    assert_near(parts_kl(logits, even, &parts, CHOICES), log(2) + log(3) - terms.entropy, 1e-6);
    assert_near(parts_kl(logits, logits, &parts, CHOICES), 0, 0);
    const struct policy_slopes slopes = {.log_probability = 1, .divisor = 2};
    policy->gradient(gradient, logits, &action, &terms, &slopes, &parts, CHOICES);
    const double expected[CHOICES] = {0.375, -0.375, -0.0625, -0.125, 0.1875};
    for (int i = 0; i < CHOICES; i++)
        assert_near((double)gradient[i], expected[i], 1e-6);
}

/* The logits of all combinations, whose policy is the same. */
static void join(float joined[COMBINATIONS], const float logits[CHOICES]) {
    for (int i = 0; i < COMBINATIONS; i++)
        joined[i] = logits[i / SECOND] + logits[FIRST + i % SECOND];
}

static void test_equals_all_combinations(void **state) {
    (void)state;
    const struct distribution *several = distribution_of(false, &parts);
    const struct distribution *one = distribution_of(false, NULL);
    const float others[CHOICES] = {0.5f, -0.25f, 1.0f, 0.0f, -2.0f};
    float logits[CHOICES];
    float joined[COMBINATIONS];
    float joined_others[COMBINATIONS];
    set_logits(logits);
    join(joined, logits);
    join(joined_others, others);
    for (int32_t action = 0; action < COMBINATIONS; action++) {
        const struct policy_terms wanted = one->terms(joined, &action, NULL, COMBINATIONS);
        const struct policy_terms terms = several->terms(logits, &action, &parts, CHOICES);
        assert_near(terms.log_probability, wanted.log_probability, 1e-6);
        assert_near(terms.entropy, wanted.entropy, 1e-6);
    }
    assert_near(parts_kl(logits, others, &parts, CHOICES),
                categorical_kl(joined, joined_others, COMBINATIONS), 1e-6);
}

/* One part is no several, and goes the way of a single choice. */
static void test_single_choice(void **state) {
    (void)state;
    const struct action_parts single = {.count = 1, .sizes = {3}};
    const float logits[] = {0.5f, 0.25f, -1.0f};
    const float others[] = {0.0f, 0.75f, 2.0f};
    assert_ptr_equal(distribution_of(false, &single), distribution_of(false, NULL));
    assert_true(distribution_of(false, &parts) != distribution_of(false, NULL));
    assert_true(parts_kl(logits, others, NULL, 3) == categorical_kl(logits, others, 3));
    assert_int_equal(distribution_action_bytes(distribution_of(false, &parts), CHOICES),
                     sizeof(int32_t));
}

/* 20 000 draws: each combination as often as its probability says. */
static void test_samples(void **state) {
    (void)state;
    enum { DRAWS = 20000 };
    const struct distribution *policy = distribution_of(false, &parts);
    float logits[CHOICES];
    float scratch[CHOICES];
    int drawn[COMBINATIONS] = {0};
    struct rng rng;
    rng_seed(&rng, 5, 0);
    set_logits(logits);
    for (int i = 0; i < DRAWS; i++) {
        int32_t action = -1;
        policy->sample(&action, scratch, logits, &parts, CHOICES, &rng);
        assert_in_range(action, 0, COMBINATIONS - 1);
        drawn[action]++;
    }
    for (int32_t action = 0; action < COMBINATIONS; action++)
        assert_near((double)drawn[action] / DRAWS,
                    exp(policy->log_probability(logits, &action, &parts, CHOICES)), 0.015);
}

/* ---- Losses: gradients by finite differences --------------------------------------------------
 */

enum { BATCH = 2 };

static const float STEP = 1.0f / 4096.0f;
static const int32_t actions[BATCH] = {5, 1};
static const float returns[BATCH] = {2.0f, -1.0f};
static const float values[BATCH] = {0.5f, 0.25f};
static const float start[BATCH * CHOICES] = {0.25f, -1.0f, 0.75f,  -0.5f, 0.5f,
                                             1.0f,  0.5f,  -0.25f, 0.0f,  1.5f};

static double find_a3c(float *d_logits, const float *logits) {
    float d_value[BATCH];
    return a3c_loss(d_logits, d_value, logits, values, actions, returns, NULL, 0.3f, 0.5f, &parts,
                    BATCH, CHOICES)
        .total;
}

static double find_ppo(float *d_logits, const float *logits) {
    const float old_log_probs[BATCH] = {-1.5f, -2.25f}; /* within the clip, and beyond it */
    const float advantages[BATCH] = {1.5f, -0.75f};
    const struct ppo_samples samples = {.policy = distribution_of(false, &parts),
                                        .parts = &parts,
                                        .outputs = logits,
                                        .value = values,
                                        .actions = actions,
                                        .old_log_probs = old_log_probs,
                                        .advantages = advantages,
                                        .returns = returns};
    const struct ppo_settings settings = {.clip = 0.25f, .value_coef = 0.5f, .entropy_coef = 0.3f};
    float d_value[BATCH];
    return ppo_loss(d_logits, d_value, &samples, &settings, BATCH, CHOICES).total;
}

static void check_gradient(double (*loss)(float *d_logits, const float *logits)) {
    float logits[BATCH * CHOICES];
    float gradient[BATCH * CHOICES];
    float unused[BATCH * CHOICES];
    loss(gradient, start);
    for (int i = 0; i < BATCH * CHOICES; i++)
        logits[i] = start[i];
    for (int i = 0; i < BATCH * CHOICES; i++) {
        logits[i] = start[i] + STEP;
        const double up = loss(unused, logits);
        logits[i] = start[i] - STEP;
        const double down = loss(unused, logits);
        logits[i] = start[i];
        assert_near((double)gradient[i], (up - down) / (2 * (double)STEP), 2e-6);
    }
}

static void test_gradients(void **state) {
    (void)state;
    check_gradient(find_a3c);
    check_gradient(find_ppo);
}

/* A3C's loss is the sum of two losses of single choices; the value counts once. */
static void test_a3c_sums(void **state) {
    (void)state;
    float d_logits[BATCH * CHOICES];
    float d_value[BATCH];
    float d_first[FIRST];
    float d_second[SECOND];
    const int32_t choices[] = {1, 2}; /* of action 5 */
    const struct a3c_loss_sums both = a3c_loss(d_logits, d_value, start, values, actions, returns,
                                               NULL, 0.3f, 0.5f, &parts, 1, CHOICES);
    const struct a3c_loss_sums first = a3c_loss(d_first, d_value, start, values, &choices[0],
                                                returns, NULL, 0.3f, 0.5f, NULL, 1, FIRST);
    const struct a3c_loss_sums second =
        a3c_loss(d_second, d_value, start + FIRST, values, &choices[1], returns, NULL, 0.3f, 0.5f,
                 NULL, 1, SECOND);
    assert_near(both.policy, first.policy + second.policy, 1e-12);
    assert_near(both.entropy, first.entropy + second.entropy, 1e-12);
    assert_near(both.value, first.value, 0);
    for (int i = 0; i < CHOICES; i++)
        assert_true(d_logits[i] == (i < FIRST ? d_first[i] : d_second[i - FIRST]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),       cmocka_unit_test(test_equals_all_combinations),
        cmocka_unit_test(test_single_choice), cmocka_unit_test(test_samples),
        cmocka_unit_test(test_gradients),     cmocka_unit_test(test_a3c_sums),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
