/* PPO's loss and its normalization, against numbers worked out by hand, and gradients by finite
 * differences. tests/golden/losses compares both with PyTorch. */
#include "algorithm/algorithm.h"

#include "near.h"

#include <stdlib.h>
#include <string.h>

/* The parts of the loss of a state with two actions, pi = (1/4, 3/4); the first was taken. */
static struct ppo_loss loss_of_one(float *d_logits, float *d_value, double old_probability,
                                   float advantage, float value, float old_value,
                                   float value_clip) {
    const float logits[] = {0.0f, (float)log(3.0)};
    const int32_t action = 0;
    const float old_log_prob = (float)log(old_probability);
    const float target = 3.0f;
    const struct ppo_samples samples = {.policy = distribution_of(false, NULL),
                                        .outputs = logits,
                                        .value = &value,
                                        .actions = &action,
                                        .old_log_probs = &old_log_prob,
                                        .old_values = &old_value,
                                        .advantages = &advantage,
                                        .returns = &target};
    const struct ppo_settings settings = {
        .clip = 0.25f, .value_clip = value_clip, .value_coef = 0.5f};
    return ppo_loss(d_logits, d_value, &samples, &settings, 1, 2);
}

/* A ratio of 1.2 lies within the clip: the gradient is that of -ratio A, -1.2 A ([j =
 * a] - pi_j). */
static void test_ratio_within_the_clip(void **state) {
    (void)state;
    float d_logits[2];
    float d_value;
    const struct ppo_loss loss =
        loss_of_one(d_logits, &d_value, 0.25 / 1.2, 2.0f, 1.0f, 0.0f, 0.0f);
    assert_near(loss.policy, -2.4, 1e-6);
    assert_near(loss.entropy, 0.5623351, 1e-6); /* 1/4 log 4 + 3/4 log 4/3 */
    assert_near(loss.kl, 0.2 - log(1.2), 1e-7);
    assert_near(loss.clip_fraction, 0.0, 0.0);
    assert_near((double)d_logits[0], -1.8, 1e-6);
    assert_near((double)d_logits[1], 1.8, 1e-6);
    assert_near(loss.value, 1.0, 1e-12); /* 0.5 1/2 2^2 */
    assert_near((double)d_value, -1.0, 0.0);
    assert_near(loss.total, -1.4, 1e-6);
}

/* Outside of the clip only a move back has a gradient. */
static void test_ratio_outside_of_the_clip(void **state) {
    (void)state;
    float d_logits[2];
    float d_value;
    struct ppo_loss loss = loss_of_one(d_logits, &d_value, 0.125, 2.0f, 1.0f, 0.0f, 0.0f);
    assert_near(loss.policy, -2.5, 1e-6); /* -min(2 * 2, 1.25 * 2) */
    assert_near(loss.clip_fraction, 1.0, 0.0);
    assert_near((double)d_logits[0], 0.0, 0.0);
    loss = loss_of_one(d_logits, &d_value, 0.125, -2.0f, 1.0f, 0.0f, 0.0f);
    assert_near(loss.policy, 4.0, 1e-6); /* -min(-4, -2.5) */
    assert_near((double)d_logits[0], 3.0, 1e-6);
    loss = loss_of_one(d_logits, &d_value, 0.5, -2.0f, 1.0f, 0.0f, 0.0f);
    assert_near(loss.policy, 1.5, 1e-6); /* -min(-1, -1.5) */
    assert_near(loss.kl, -0.5 + log(2.0), 1e-7);
    assert_near((double)d_logits[0], 0.0, 0.0);
    loss = loss_of_one(d_logits, &d_value, 0.5, 2.0f, 1.0f, 0.0f, 0.0f);
    assert_near(loss.policy, -1.0, 1e-6); /* -min(1, 1.5) */
    assert_near((double)d_logits[0], -0.75, 1e-6);
}

/* R = 3: a value beyond the clip counts as the clipped one. */
static void test_value_clip(void **state) {
    (void)state;
    float d_logits[2];
    float d_value;
    struct ppo_loss loss = loss_of_one(d_logits, &d_value, 0.25, 0.0f, 1.0f, 0.0f, 0.5f);
    assert_near(loss.value, 0.25 * 2.5 * 2.5, 1e-12); /* at 0.5, not at 1 */
    assert_near((double)d_value, 0.0, 0.0);
    loss = loss_of_one(d_logits, &d_value, 0.25, 0.0f, 1.0f, 2.0f, 0.5f);
    assert_near(loss.value, 0.25 * 2.0 * 2.0, 1e-12); /* at 1.5 it would be smaller */
    assert_near((double)d_value, -1.0, 0.0);
    loss = loss_of_one(d_logits, &d_value, 0.25, 0.0f, 1.0f, 0.75f, 0.5f);
    assert_near(loss.value, 0.25 * 2.0 * 2.0, 1e-12); /* it moved by less than the clip */
    assert_near((double)d_value, -1.0, 0.0);
}

enum { BATCH = 16, ACTIONS = 5 };

struct batch {
    float logits[BATCH * ACTIONS];
    float value[BATCH];
    int32_t actions[BATCH];
    float old_log_probs[BATCH];
    float old_values[BATCH];
    float advantages[BATCH];
    float returns[BATCH];
    float d_logits[BATCH * ACTIONS];
    float d_value[BATCH];
};

static float draw(struct rng *rng, float scale) {
    return scale * ((float)rng_below(rng, 4096) - 2048.0f) / 1024.0f;
}

/* Ratios from about 0.7 to 1.4, so that some lie within the clip and some on each side of it. */
static struct batch random_batch(void) {
    struct batch batch = {0};
    struct rng rng;
    rng_seed(&rng, 5, 0);
    for (int i = 0; i < BATCH * ACTIONS; i++)
        batch.logits[i] = draw(&rng, 1.0f);
    for (int n = 0; n < BATCH; n++) {
        batch.value[n] = draw(&rng, 1.0f);
        batch.old_values[n] = batch.value[n] + draw(&rng, 0.2f);
        batch.actions[n] = (int32_t)rng_below(&rng, ACTIONS);
        batch.old_log_probs[n] =
            (float)log_probability(batch.logits + n * ACTIONS, batch.actions[n], ACTIONS) +
            draw(&rng, 0.17f);
        batch.advantages[n] = draw(&rng, 1.0f);
        batch.returns[n] = draw(&rng, 1.0f);
    }
    return batch;
}

static struct ppo_loss loss_of(struct batch *batch) {
    const struct ppo_samples samples = {.policy = distribution_of(false, NULL),
                                        .outputs = batch->logits,
                                        .value = batch->value,
                                        .actions = batch->actions,
                                        .old_log_probs = batch->old_log_probs,
                                        .old_values = batch->old_values,
                                        .advantages = batch->advantages,
                                        .returns = batch->returns};
    const struct ppo_settings settings = {
        .clip = 0.1f, .value_clip = 0.15f, .value_coef = 0.7f, .entropy_coef = 0.3f};
    return ppo_loss(batch->d_logits, batch->d_value, &samples, &settings, BATCH, ACTIONS);
}

/* Small enough that no ratio or value of this batch crosses its clip. */
static const float step = 1.0f / 16384.0f;

static void check_slope(struct batch *batch, float *input, float gradient) {
    const float kept = *input;
    *input = kept + step;
    const double up = loss_of(batch).total;
    *input = kept - step;
    const double down = loss_of(batch).total;
    *input = kept;
    assert_near((double)gradient, (up - down) / (2.0 * (double)step), 1e-7);
}

static void test_gradients(void **state) {
    (void)state;
    struct batch batch = random_batch();
    const struct ppo_loss loss = loss_of(&batch);
    assert_true(loss.clip_fraction > 0.2 && loss.clip_fraction < 0.8);
    assert_true(loss.kl > 0.0);
    const struct batch gradients = batch;
    int held = 0; /* values that the clip keeps from moving */
    for (int i = 0; i < BATCH * ACTIONS; i++)
        check_slope(&batch, &batch.logits[i], gradients.d_logits[i]);
    for (int n = 0; n < BATCH; n++) {
        check_slope(&batch, &batch.value[n], gradients.d_value[n]);
        held += gradients.d_value[n] == 0.0f;
    }
    assert_true(held > 0 && held < BATCH);
}

static void test_normalize_advantages(void **state) {
    (void)state;
    float advantages[] = {1.0f, 2.0f, 3.0f, 6.0f};
    normalize_advantages(advantages, 4); /* mean 3, variance (4 + 1 + 0 + 9) / 3 */
    const double deviation = sqrt(14.0 / 3.0);
    const double expected[] = {-2.0 / deviation, -1.0 / deviation, 0.0, 3.0 / deviation};
    for (int i = 0; i < 4; i++)
        assert_near((double)advantages[i], expected[i], 1e-7);
    float equal[] = {5.0f, 5.0f};
    normalize_advantages(equal, 2);
    assert_true(equal[0] == 0.0f && equal[1] == 0.0f);
    float one[] = {5.0f};
    normalize_advantages(one, 1);
    assert_true(one[0] == 0.0f);
}

/* Two columns; the rows come one by one, then all at once, beside a mean far from 0. */
static void test_moments(void **state) {
    (void)state;
    const float samples[] = {1e6f + 1, 2, 1e6f + 2, 2, 1e6f + 3, 2, 1e6f + 6, 4};
    double one_means[2] = {0};
    double one_squares[2] = {0};
    double one_seen = 0.0;
    for (int n = 0; n < 4; n++)
        moments_add(one_means, one_squares, &one_seen, samples + 2 * (size_t)n, 1, 2);
    double means[2] = {0};
    double squares[2] = {0};
    double seen = 0.0;
    assert_near(moments_deviation(squares[0], seen), 1.0, 0.0);
    moments_add(means, squares, &seen, samples, 0, 2);
    assert_near(seen, 0.0, 0.0);
    moments_add(means, squares, &seen, samples, 4, 2);
    assert_true(seen == 4.0 && one_seen == 4.0);
    assert_near(means[0], 1e6 + 3, 1e-9);
    assert_near(means[1], 2.5, 1e-12);
    assert_near(moments_deviation(squares[0], seen), sqrt(14.0 / 4.0), 1e-9);
    assert_near(moments_deviation(squares[1], seen), sqrt(3.0 / 4.0), 1e-12);
    for (int i = 0; i < 2; i++) {
        assert_near(one_means[i], means[i], 1e-9);
        assert_near(one_squares[i], squares[i], 1e-8);
    }
}

/* Two channels of two pixels, which together are one row's; in two parts. */
static void test_moments_of_pixels(void **state) {
    (void)state;
    const uint8_t pixels[] = {0, 255, 51, 51, 255, 255, 102, 102, 0, 0, 51, 204};
    double means[2] = {0};
    double squares[2] = {0};
    double seen = 0.0;
    moments_add_pixels(means, squares, &seen, pixels, 0, 2, 2);
    assert_true(seen == 0.0);
    moments_add_pixels(means, squares, &seen, pixels, 1, 2, 2);
    moments_add_pixels(means, squares, &seen, pixels + 4, 2, 2, 2);
    assert_true(seen == 3.0);
    assert_near(means[0], 0.5, 1e-12);
    assert_near(squares[0] / seen, 0.25, 1e-12);
    assert_near(means[1], 2.2 / 6, 1e-12);
    assert_near(squares[1] / seen, (3 * 0.04 + 2 * 0.16 + 0.64) / 6 - 4.84 / 36, 1e-12);
}

/* More pixels than one sum of 32 bits holds. */
static void test_moments_of_many_pixels(void **state) {
    (void)state;
    enum { PIXELS = 200000 };
    uint8_t *pixels = malloc(PIXELS);
    assert_non_null(pixels);
    memset(pixels, 255, PIXELS);
    memset(pixels, 0, PIXELS / 4);
    double mean = 0.0;
    double squares = 0.0;
    double seen = 0.0;
    moments_add_pixels(&mean, &squares, &seen, pixels, 1, 1, PIXELS);
    assert_near(mean, 0.75, 1e-12);
    assert_near(squares, 0.1875, 1e-12);
    free(pixels);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ratio_within_the_clip),
        cmocka_unit_test(test_ratio_outside_of_the_clip),
        cmocka_unit_test(test_value_clip),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_normalize_advantages),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_moments_of_pixels),
        cmocka_unit_test(test_moments_of_many_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
