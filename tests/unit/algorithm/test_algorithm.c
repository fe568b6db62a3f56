/* The methods' arithmetic against numbers worked out by hand, and gradients by
 * finite differences. */
#include "algorithm/algorithm.h"

#include "near.h"

#include <stdlib.h>
#include <string.h>

static void test_n_step_returns(void **state) {
    (void)state;
    const float rewards[] = {1.0f, 0.0f, -1.0f};
    float returns[3];
    n_step_returns(returns, rewards, 8.0f, 0.5f, 3);
    assert_near((double)returns[2], 3.0, 0.0);  /* -1 + 0.5 * 8 */
    assert_near((double)returns[1], 1.5, 0.0);  /*  0 + 0.5 * 3 */
    assert_near((double)returns[0], 1.75, 0.0); /*  1 + 0.5 * 1.5 */
    n_step_returns(returns, rewards, 0.0f, 0.5f, 3);
    assert_near((double)returns[0], 0.75, 0.0);
}

/* gamma 1/2, lambda 1/2, so that all is exact; V = 2, 4, -2, and 8 behind. */
static void test_lambda_returns_and_gae(void **state) {
    (void)state;
    const float rewards[] = {1.0f, 0.0f, -1.0f};
    const float values[] = {2.0f, 4.0f, -2.0f};
    float returns[3];
    float advantages[3];
    gae(advantages, returns, rewards, values, 8.0f, 0.5f, 0.5f, 3);
    const float expected[] = {2.0625f, 0.25f, 3.0f};
    /* -1 + 8/2;   0 + (3/2 - 2/2) / 2;   1 + (0.25/2 + 4/2) / 2 */
    assert_memory_equal(returns, expected, sizeof returns);
    /* delta: 1 + 4/2 - 2 = 1,  0 - 2/2 - 4 = -5,  -1 + 8/2 + 2 = 5; A: 5, -5 + 5/4, 1 - 3.75/4 */
    const float expected_advantages[] = {0.0625f, -3.75f, 5.0f};
    assert_memory_equal(advantages, expected_advantages, sizeof advantages);
    float alone[3];
    lambda_returns(alone, rewards, values, 8.0f, 0.5f, 0.5f, 3);
    assert_memory_equal(alone, returns, sizeof alone);

    gae(advantages, returns, rewards, values, 0.0f, 0.5f, 0.5f, 3); /* the game ended */
    assert_near((double)returns[2], -1.0, 0.0);
    assert_near((double)advantages[2], 1.0, 0.0);
}

/* With lambda 1 they are n-step returns, with 0 one-step targets. */
static void test_lambda_returns_at_the_ends(void **state) {
    (void)state;
    const float rewards[] = {1.0f, 0.0f, -1.0f, 2.0f};
    const float values[] = {0.3f, -0.7f, 2.0f, 4.0f};
    const bool terminated[4] = {false};
    const float next_values[] = {-0.7f, 2.0f, 4.0f, 5.0f};
    float returns[4];
    float expected[4];
    lambda_returns(returns, rewards, values, 5.0f, 0.9f, 1.0f, 4);
    n_step_returns(expected, rewards, 5.0f, 0.9f, 4);
    assert_memory_equal(returns, expected, sizeof returns);
    lambda_returns(returns, rewards, values, 5.0f, 0.9f, 0.0f, 4);
    one_step_targets(expected, rewards, terminated, next_values, 0.9f, 4);
    assert_memory_equal(returns, expected, sizeof returns);
}

/* gamma 1/2; ratios 2 (taken for 1), 1/2, 1; V = 1, 2, 4, and 8 behind the cut. */
static void test_vtrace_by_hand(void **state) {
    (void)state;
    const float rewards[] = {1.0f, 2.0f, 3.0f};
    const float values[] = {1.0f, 2.0f, 4.0f};
    const float log_ratios[] = {(float)log(2.0), (float)log(0.5), 0.0f};
    const bool never[3] = {false};
    const bool last[] = {false, false, true};
    const float behind = 8.0f;
    struct vtrace_samples samples = {rewards, values, log_ratios, never, last, &behind, 1};
    float targets[3];
    float advantages[3];
    vtrace(targets, advantages, &samples, 0.5f, 3);
    /* 3 + 8/2 - 4 = 3;   (2 + 7/2 - 2) / 2 = 1.75;   1 + 3.75/2 - 1 = 1.875 */
    const double cut_advantages[] = {1.875, 1.75, 3.0};
    const double cut_targets[] = {2.875, 3.75, 7.0};
    for (int i = 0; i < 3; i++) {
        assert_near((double)advantages[i], cut_advantages[i], 1e-6);
        assert_near((double)targets[i], cut_targets[i], 1e-6);
    }

    samples.terminated = last;
    samples.cut = never;
    samples.cut_count = 0;
    vtrace(targets, advantages, &samples, 0.5f, 3);
    /* 3 - 4 = -1;   (2 + 3/2 - 2) / 2 = 0.75;   1 + 2.75/2 - 1 = 1.375 */
    const double ended_advantages[] = {1.375, 0.75, -1.0};
    const double ended_targets[] = {2.375, 2.75, 3.0};
    for (int i = 0; i < 3; i++) {
        assert_near((double)advantages[i], ended_advantages[i], 1e-6);
        assert_near((double)targets[i], ended_targets[i], 1e-6);
    }
}

enum { RUNS = 4, RUN_STEPS = 12 };

/* Runs of 3, 1, 4 and 4 steps: ended, truncated, ended, cut by the batch's edge. */
struct runs {
    float rewards[RUN_STEPS];
    float values[RUN_STEPS];
    float log_ratios[RUN_STEPS];
    bool terminated[RUN_STEPS];
    bool cut[RUN_STEPS];
    float cut_values[2];
};
static const int run_ends[RUNS] = {3, 4, 8, 12};
static const bool run_terminates[RUNS] = {true, false, true, false};

static struct vtrace_samples random_runs(struct runs *runs, bool on_policy) {
    struct rng rng;
    rng_seed(&rng, 9, 0);
    *runs = (struct runs){.cut_values = {5.0f, -3.0f}};
    for (int i = 0; i < RUN_STEPS; i++) {
        runs->rewards[i] = (float)rng_uniform(&rng);
        runs->values[i] = (float)(4.0 * rng_uniform(&rng) - 2.0);
        runs->log_ratios[i] = on_policy ? 0.0f : (float)(2.0 * rng_uniform(&rng) - 1.0);
    }
    for (int run = 0; run < RUNS; run++) {
        runs->terminated[run_ends[run] - 1] = run_terminates[run];
        runs->cut[run_ends[run] - 1] = !run_terminates[run];
    }
    return (struct vtrace_samples){runs->rewards,
                                   runs->values,
                                   runs->log_ratios,
                                   runs->terminated,
                                   runs->cut,
                                   runs->cut_values,
                                   2};
}

static void test_vtrace_on_policy(void **state) {
    (void)state;
    struct runs runs;
    const struct vtrace_samples samples = random_runs(&runs, true);
    float targets[RUN_STEPS];
    float advantages[RUN_STEPS];
    float expected[RUN_STEPS];
    vtrace(targets, advantages, &samples, 0.9f, RUN_STEPS);
    int cuts = 0;
    for (int run = 0, first = 0; run < RUNS; first = run_ends[run++])
        n_step_returns(expected + first, runs.rewards + first,
                       run_terminates[run] ? 0.0f : runs.cut_values[cuts++], 0.9f,
                       run_ends[run] - first);
    for (int i = 0; i < RUN_STEPS; i++) {
        assert_near((double)targets[i], (double)expected[i], 2e-6);
        assert_near((double)advantages[i], (double)expected[i] - (double)runs.values[i], 2e-6);
    }
}

/* Equation 1 as it stands: V plus the sum over the rest of the run of gamma^(t - s) c_s .. c_(t-1)
 * delta_t. */
static double vtrace_target(const struct runs *runs, int s, int end, double behind, double gamma) {
    double target = (double)runs->values[s];
    double weight = 1.0;
    for (int t = s; t < end; t++) {
        const double next = t + 1 < end ? (double)runs->values[t + 1] : behind;
        const double truncated = fmin(1.0, exp((double)runs->log_ratios[t]));
        target += weight * truncated *
                  ((double)runs->rewards[t] + gamma * next - (double)runs->values[t]);
        weight *= gamma * truncated;
    }
    return target;
}

static void test_vtrace_off_policy(void **state) {
    (void)state;
    struct runs runs;
    const struct vtrace_samples samples = random_runs(&runs, false);
    float targets[RUN_STEPS];
    float advantages[RUN_STEPS];
    vtrace(targets, advantages, &samples, 0.9f, RUN_STEPS);
    int cuts = 0;
    for (int run = 0, s = 0; run < RUNS; run++) {
        const double behind = run_terminates[run] ? 0.0 : (double)runs.cut_values[cuts++];
        for (; s < run_ends[run]; s++)
            assert_near((double)targets[s], vtrace_target(&runs, s, run_ends[run], behind, 0.9),
                        2e-6);
    }
}

/* Of (1/4, 3/4) from (1/2, 1/2): 1/4 log 1/2 + 3/4 log 3/2. */
static void test_categorical_kl(void **state) {
    (void)state;
    const float logits[] = {1.0f, 1.0f + logf(3)}, even[] = {-7, -7}, certain[] = {0, 2000};
    assert_near(categorical_kl(logits, even, 2), 0.25 * log(0.5) + 0.75 * log(1.5), 1e-6);
    assert_near(categorical_kl(logits, logits, 2), 0, 0);
    assert_near(categorical_kl(even, certain, 2), log(0.5) + 1000, 1e-9);
    assert_near(categorical_kl(certain, even, 2), log(2), 1e-9);
}

static void test_log_probability(void **state) {
    (void)state;
    const float logits[] = {0.0f, (float)log(2.0), (float)log(5.0)};
    assert_near(log_probability(logits, 1, 3), log(0.25), 1e-7);
    const float extreme[] = {0.0f, -2000.0f};
    assert_near(log_probability(extreme, 0, 2), 0.0, 0.0);
    assert_near(log_probability(extreme, 1, 2), -2000.0, 0.0);
}

static void test_softmax(void **state) {
    (void)state;
    float probabilities[3] = {0.0f, (float)log(2.0), (float)log(5.0)};
    softmax(probabilities, probabilities, 3);
    assert_near((double)probabilities[0], 0.125, 1e-7);
    assert_near((double)probabilities[1], 0.25, 1e-7);
    assert_near((double)probabilities[2], 0.625, 1e-7);
    const float extreme[] = {1000.0f, -1000.0f, 1000.0f};
    softmax(probabilities, extreme, 3);
    assert_near((double)probabilities[0], 0.5, 0.0);
    assert_near((double)probabilities[1], 0.0, 0.0);
}

/* One state, pi = (1/4, 3/4), action 0, V = 1, R = 3, so A = 2; the 1e-7 changes the fifth digit at
 * most. */
static void test_a3c_loss_by_hand(void **state) {
    (void)state;
    const float logits[] = {0.0f, (float)log(3.0)};
    const float value = 1.0f;
    const float returns = 3.0f;
    const int32_t action = 0;
    float d_logits[2];
    float d_value;
    struct a3c_loss_sums sums = a3c_loss(d_logits, &d_value, logits, &value, &action, &returns,
                                         NULL, 0.1f, 1.0f, NULL, 1, 2);
    assert_near(sums.policy, 2.7725887, 2e-6);  /* -2 log(1/4) */
    assert_near(sums.value, 2.0, 1e-12);        /* 1/2 2^2 */
    assert_near(sums.entropy, 0.5623351, 1e-6); /* 1/4 log 4 + 3/4 log 4/3 */
    assert_near(sums.total, 4.7163552, 3e-6);   /* 2.7725887 + 2 - 0.05623351 */
    assert_near((double)d_value, -2.0, 1e-7);   /* V - R */
    /* A (pi_i - [i = a]) + beta pi_i (log pi_i + entropy): 2 (-3/4) + 0.1 / 4 (-1.3862944 +
     * 0.5623351) */
    assert_near((double)d_logits[0], -1.5205990, 3e-6);
    assert_near((double)d_logits[1], 1.5205990, 3e-6);
}

static void test_a3c_loss_sums_over_the_batch(void **state) {
    (void)state;
    const float logits[] = {0.0f, (float)log(3.0), 0.0f, (float)log(3.0)};
    const float value[] = {1.0f, 1.0f};
    const float returns[] = {3.0f, 3.0f};
    const int32_t actions[] = {0, 0};
    float d_logits[4];
    float d_value[2];
    struct a3c_loss_sums one =
        a3c_loss(d_logits, d_value, logits, value, actions, returns, NULL, 0.1f, 0.5f, NULL, 1, 2);
    assert_near(one.value, 1.0, 1e-12); /* value_coef halves the value loss ... */
    assert_near((double)d_value[0], -1.0, 1e-7);
    float first = d_logits[0];
    struct a3c_loss_sums two =
        a3c_loss(d_logits, d_value, logits, value, actions, returns, NULL, 0.1f, 0.5f, NULL, 2, 2);
    assert_near(two.policy, 2.0 * one.policy, 1e-12);
    assert_near(two.value, 2.0 * one.value, 1e-12);
    assert_near(two.entropy, 2.0 * one.entropy, 1e-12);
    assert_near(two.total, 2.0 * one.total, 1e-12);
    assert_true(d_logits[0] == first && d_logits[2] == first); /* ... and nothing is averaged */
}

/* If pi(a) vanishes, the 1e-7 dominates: the loss stays finite and its gradient vanishes with
 * pi(a).
 */
static void test_a3c_loss_of_an_impossible_action(void **state) {
    (void)state;
    const float logits[] = {40.0f, 0.0f};
    const float value = 0.0f;
    const float returns = 1.0f;
    const int32_t action = 1;
    float d_logits[2];
    float d_value;
    struct a3c_loss_sums sums = a3c_loss(d_logits, &d_value, logits, &value, &action, &returns,
                                         NULL, 0.0f, 1.0f, NULL, 1, 2);
    assert_near(sums.policy, 16.1180957, 1e-6); /* -log 1e-7 */
    assert_near((double)d_logits[1], -exp(-40.0) / 1e-7, 1e-15);
    assert_near((double)d_logits[0], exp(-40.0) / 1e-7, 1e-15);
}

enum { BATCH = 4, ACTIONS = 5 };

struct batch {
    float logits[BATCH * ACTIONS];
    float value[BATCH];
    float returns[BATCH];
    int32_t actions[BATCH];
    float d_logits[BATCH * ACTIONS];
    float d_value[BATCH];
};

static struct a3c_loss_sums loss_of(struct batch *batch) {
    return a3c_loss(batch->d_logits, batch->d_value, batch->logits, batch->value, batch->actions,
                    batch->returns, NULL, 0.3f, 0.7f, NULL, BATCH, ACTIONS);
}

/* Logits up to 12 apart, so that 1e-7 weighs; all on a grid on which the step is exact in float. */
static struct batch random_batch(void) {
    struct batch batch;
    struct rng rng;
    rng_seed(&rng, 5, 0);
    for (int i = 0; i < BATCH * ACTIONS; i++)
        batch.logits[i] = (float)((int)rng_below(&rng, 12 * 1024) - 6 * 1024) / 1024.0f;
    for (int n = 0; n < BATCH; n++) {
        batch.logits[n * ACTIONS] -= 10.0f;
        batch.value[n] = (float)((int)rng_below(&rng, 4096) - 2048) / 1024.0f;
        batch.returns[n] = (float)((int)rng_below(&rng, 4096) - 2048) / 1024.0f;
        batch.actions[n] = (int32_t)rng_below(&rng, n % 2 ? 1 : ACTIONS);
    }
    return batch;
}

/* The loss is computed in double, so a step of 2^-10 leaves an error of about a millionth. */
static const float step = 1.0f / 1024.0f;

static void test_a3c_gradients(void **state) {
    (void)state;
    struct batch batch = random_batch();
    loss_of(&batch);
    struct batch gradients = batch;
    for (int i = 0; i < BATCH * ACTIONS; i++) {
        float kept = batch.logits[i];
        batch.logits[i] = kept + step;
        double up = loss_of(&batch).total;
        batch.logits[i] = kept - step;
        double down = loss_of(&batch).total;
        batch.logits[i] = kept;
        assert_near((double)gradients.d_logits[i], (up - down) / (2.0 * (double)step), 5e-6);
    }
    for (int n = 0; n < BATCH; n++) { /* of the value loss: the advantage is a constant elsewhere */
        float kept = batch.value[n];
        batch.value[n] = kept + step;
        double up = loss_of(&batch).value;
        batch.value[n] = kept - step;
        double down = loss_of(&batch).value;
        batch.value[n] = kept;
        assert_near((double)gradients.d_value[n], (up - down) / (2.0 * (double)step), 5e-6);
    }
}

/* With advantages of its own, the value's loss is the same and the policy's is linear in them. */
static void test_a3c_loss_with_advantages(void **state) {
    (void)state;
    const float logits[] = {0.0f, (float)log(3.0)};
    const float value = 1.0f;
    const float returns = 3.0f;
    const float advantage = -4.0f;
    const int32_t action = 0;
    float d_logits[2];
    float d_value;
    const struct a3c_loss_sums sums = a3c_loss(d_logits, &d_value, logits, &value, &action,
                                               &returns, &advantage, 0.0f, 1.0f, NULL, 1, 2);
    assert_near(sums.policy, 4.0 * log(0.25), 3e-6);
    assert_near(sums.value, 2.0, 1e-12);
    assert_near((double)d_value, -2.0, 1e-7);
    assert_near((double)d_logits[0], 3.0, 3e-6); /* A (pi - 1) */
    assert_near((double)d_logits[1], -3.0, 3e-6);
}

static void test_q_loss(void **state) {
    (void)state;
    const float q[] = {1.0f, 2.0f, 3.0f, -1.0f, 0.0f, 0.5f};
    const int32_t actions[] = {1, 2};
    const float targets[] = {5.0f, -0.5f};
    float d_q[6];
    const struct q_loss_settings settings = {.mean_over_actions = true};
    /* ((5 - 2)^2 + (-0.5 - 0.5)^2) / (2 * 3) */
    assert_near(q_loss(d_q, q, actions, targets, &settings, 2, 3), 10.0 / 6.0, 1e-12);
    const double expected[] = {0.0, -1.0, 0.0, 0.0, 0.0, 1.0 / 3.0};
    for (int i = 0; i < 6; i++)
        assert_near((double)d_q[i], expected[i], 1e-7);
}

/* The same batch as the mean over its samples; then with Huber's line beyond 2. */
static void test_q_loss_of_samples(void **state) {
    (void)state;
    const float q[] = {1.0f, 2.0f, 3.0f, -1.0f, 0.0f, 0.5f};
    const int32_t actions[] = {1, 2};
    const float targets[] = {5.0f, -0.5f};
    float d_q[6];
    struct q_loss_settings settings = {0};
    assert_near(q_loss(d_q, q, actions, targets, &settings, 2, 3), 10.0 / 2.0, 1e-12);
    const double expected[] = {0.0, -3.0, 0.0, 0.0, 0.0, 1.0};
    for (int i = 0; i < 6; i++)
        assert_near((double)d_q[i], expected[i], 0.0);
    /* (2 (3 - 1) + 1/2) / 2 */
    settings.huber = 2.0f;
    assert_near(q_loss(d_q, q, actions, targets, &settings, 2, 3), 2.25, 1e-12);
    const double expected_huber[] = {0.0, -1.0, 0.0, 0.0, 0.0, 0.5};
    for (int i = 0; i < 6; i++)
        assert_near((double)d_q[i], expected_huber[i], 0.0);
}

static void check_q_gradients(float huber) {
    enum { SAMPLES = 6, CHOICES = 3 };
    struct rng rng;
    float q[SAMPLES * CHOICES];
    float targets[SAMPLES];
    int32_t actions[SAMPLES];
    float d_q[SAMPLES * CHOICES];
    float unused[SAMPLES * CHOICES];
    rng_seed(&rng, 6, 0);
    for (int i = 0; i < SAMPLES * CHOICES; i++)
        q[i] = (float)rng_below(&rng, 4096) / 1024.0f;
    for (int n = 0; n < SAMPLES; n++) {
        targets[n] = (float)rng_below(&rng, 4096) / 1024.0f;
        actions[n] = (int32_t)rng_below(&rng, CHOICES);
    }
    const struct q_loss_settings settings = {.huber = huber};
    q_loss(d_q, q, actions, targets, &settings, SAMPLES, CHOICES);
    for (int i = 0; i < SAMPLES * CHOICES; i++) {
        float kept = q[i];
        q[i] = kept + step;
        double up = q_loss(unused, q, actions, targets, &settings, SAMPLES, CHOICES);
        q[i] = kept - step;
        double down = q_loss(unused, q, actions, targets, &settings, SAMPLES, CHOICES);
        q[i] = kept;
        assert_near((double)d_q[i], (up - down) / (2.0 * (double)step), 1e-6);
    }
}

static void test_q_gradients(void **state) {
    (void)state;
    check_q_gradients(0.0f);
    check_q_gradients(0.75f);
}

/* A step on the way, one that ended the game, one that a limit cut, one on the way again. */
static void test_one_step_targets(void **state) {
    (void)state;
    enum { STEPS = 4 };
    const float rewards[STEPS] = {1.0f, -1.0f, 0.5f, 0.0f};
    const bool terminated[STEPS] = {false, true, false, false};
    const float frozen_q[STEPS * 3] = {1.0f, 4.0f, 2.0f, 9.0f,  9.0f,  9.0f,
                                       3.0f, 2.0f, 1.0f, -1.0f, -2.0f, -4.0f};
    const float q[STEPS * 3] = {0.0f, 1.0f, 2.0f, 0.0f, 0.0f, 0.0f,
                                1.0f, 2.0f, 0.0f, 0.0f, 3.0f, 3.0f};
    const int32_t taken[STEPS] = {0, 0, 2, 1};
    float values[STEPS];
    float targets[STEPS];

    next_values_max(values, frozen_q, STEPS, 3);
    one_step_targets(targets, rewards, terminated, values, 0.5f, STEPS);
    const float expected_max[STEPS] = {3.0f, -1.0f, 2.0f, -0.5f};
    assert_memory_equal(targets, expected_max, sizeof targets);

    int32_t preferred[STEPS];
    preferred_actions(preferred, q, STEPS, 3);
    next_values_of(values, frozen_q, preferred, STEPS, 3);
    one_step_targets(targets, rewards, terminated, values, 0.5f, STEPS);
    const float expected_double[STEPS] = {2.0f, -1.0f, 1.5f, -1.0f};
    assert_memory_equal(targets, expected_double, sizeof targets);

    next_values_of(values, frozen_q, taken, STEPS, 3);
    one_step_targets(targets, rewards, terminated, values, 0.5f, STEPS);
    const float expected_sarsa[STEPS] = {1.5f, -1.0f, 1.0f, -1.0f};
    assert_memory_equal(targets, expected_sarsa, sizeof targets);
}

static void test_epsilon_greedy(void **state) {
    (void)state;
    enum { DRAWS = 60000 };
    const float q[] = {0.0f, 2.0f, 1.0f};
    int counts[3] = {0};
    struct rng rng;
    rng_seed(&rng, 4, 0);
    for (int i = 0; i < DRAWS; i++)
        counts[epsilon_greedy(q, 3, 0.3, &rng)]++;
    const double expected[] = {0.1, 0.8, 0.1};
    for (int i = 0; i < 3; i++)
        assert_near(counts[i], DRAWS * expected[i],
                    5.0 * sqrt(DRAWS * expected[i] * (1.0 - expected[i])));
    for (int i = 0; i < 100; i++)
        assert_int_equal(epsilon_greedy(q, 3, 0.0, &rng), 1);
}

static void test_argmax(void **state) {
    (void)state;
    const float values[] = {-3.0f, 2.0f, 2.0f, 1.0f};
    assert_int_equal(argmax(values, 4), 1);
    assert_int_equal(argmax(values, 1), 0);
    assert_int_equal(argmax(values + 2, 2), 0);
}

static void test_sample_categorical(void **state) {
    (void)state;
    enum { DRAWS = 100000 };
    const float probabilities[] = {0.0f, 0.2f, 0.5f, 0.0f, 0.3f, 0.0f};
    int counts[6] = {0};
    struct rng rng;
    rng_seed(&rng, 9, 0);
    for (int i = 0; i < DRAWS; i++)
        counts[sample_categorical(probabilities, 6, &rng)]++;
    for (int i = 0; i < 6; i++) { /* within 5 standard errors; never an impossible action */
        double p = (double)probabilities[i];
        assert_near(counts[i], DRAWS * p, 5.0 * sqrt(DRAWS * p * (1.0 - p)));
    }
    const float rounded_down[] = {0.1f, 0.1f, 0.0f};
    for (int i = 0; i < 1000; i++)
        assert_in_range(sample_categorical(rounded_down, 3, &rng), 0, 1);
}

static void test_schedule_linear(void **state) {
    (void)state;
    assert_near(schedule_linear(1.0, 0.1, 0.0, 4e6), 1.0, 0.0);
    assert_near(schedule_linear(1.0, 0.1, 1e6, 4e6), 0.775, 1e-12);
    assert_near(schedule_linear(1.0, 0.1, 4e6, 4e6), 0.1, 0.0);
    assert_near(schedule_linear(1.0, 0.1, 9e6, 4e6), 0.1, 0.0);
    assert_near(schedule_linear(1.0, 0.1, 0.0, 0.0), 0.1, 0.0);
}

/* rl_games' constants: target 0.01, from 1e-6 to 1e-2. */
static void test_lr_for_kl(void **state) {
    (void)state;
    assert_near(lr_for_kl(3e-4, 0.021, 0.01, 1e-6, 1e-2), 2e-4, 1e-18);
    assert_near(lr_for_kl(3e-4, 0.004, 0.01, 1e-6, 1e-2), 4.5e-4, 1e-18);
    assert_near(lr_for_kl(3e-4, 0.02, 0.01, 1e-6, 1e-2), 3e-4, 0.0); /* in between nothing moves */
    assert_near(lr_for_kl(3e-4, 0.005, 0.01, 1e-6, 1e-2), 3e-4, 0.0);
    assert_near(lr_for_kl(1.2e-6, 1.0, 0.01, 1e-6, 1e-2), 1e-6, 0.0);
    assert_near(lr_for_kl(9e-3, 0.0, 0.01, 1e-6, 1e-2), 1e-2, 0.0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_n_step_returns),
        cmocka_unit_test(test_lambda_returns_and_gae),
        cmocka_unit_test(test_lambda_returns_at_the_ends),
        cmocka_unit_test(test_vtrace_by_hand),
        cmocka_unit_test(test_vtrace_on_policy),
        cmocka_unit_test(test_vtrace_off_policy),
        cmocka_unit_test(test_categorical_kl),
        cmocka_unit_test(test_log_probability),
        cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_a3c_loss_by_hand),
        cmocka_unit_test(test_a3c_loss_sums_over_the_batch),
        cmocka_unit_test(test_a3c_loss_of_an_impossible_action),
        cmocka_unit_test(test_a3c_gradients),
        cmocka_unit_test(test_a3c_loss_with_advantages),
        cmocka_unit_test(test_q_loss),
        cmocka_unit_test(test_q_loss_of_samples),
        cmocka_unit_test(test_q_gradients),
        cmocka_unit_test(test_one_step_targets),
        cmocka_unit_test(test_epsilon_greedy),
        cmocka_unit_test(test_argmax),
        cmocka_unit_test(test_sample_categorical),
        cmocka_unit_test(test_schedule_linear),
        cmocka_unit_test(test_lr_for_kl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
