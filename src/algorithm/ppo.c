#include "algorithm/algorithm.h"

#include <math.h>

/* One state's policy terms: -min(r A, clip(r) A) and the entropy. If the clipped term is the
 * smaller one, it is a constant. */
static void policy_terms(struct ppo_loss *sums, float *d_outputs, const struct ppo_samples *samples,
                         int n, const struct ppo_settings *settings, int batch, int count) {
    const struct distribution *policy = samples->policy;
    const float *outputs = samples->outputs + (ptrdiff_t)n * policy->outputs_per_action * count;
    const void *action =
        (const char *)samples->actions + (size_t)n * distribution_action_bytes(policy, count);
    const struct policy_terms terms = policy->terms(outputs, action, samples->parts, count);
    const double log_ratio = terms.log_probability - (double)samples->old_log_probs[n];
    const double ratio = exp(log_ratio);
    const double clip = (double)settings->clip;
    const double advantage = (double)samples->advantages[n];
    const double free_term = ratio * advantage;
    const double clipped_term = fmin(fmax(ratio, 1.0 - clip), 1.0 + clip) * advantage;
    const struct policy_slopes slopes = {.log_probability =
                                             free_term <= clipped_term ? -free_term : 0.0,
                                         .entropy = -(double)settings->entropy_coef,
                                         .divisor = batch};
    policy->gradient(d_outputs, outputs, action, &terms, &slopes, samples->parts, count);
    sums->policy -= fmin(free_term, clipped_term);
    sums->entropy += terms.entropy;
    sums->kl += (ratio - 1.0) - log_ratio;
    sums->clip_fraction += fabs(ratio - 1.0) > clip ? 1.0 : 0.0;
}

/* 1/2 max((V - R)^2, (V_old + clip(V - V_old) - R)^2); *slope is its derivative by V. */
static double value_term(double *slope, double value, double old_value, double target,
                         double clip) {
    const double error = value - target;
    *slope = error;
    if (clip > 0.0) {
        const double moved = fmin(fmax(value - old_value, -clip), clip);
        const double clipped_error = old_value + moved - target;
        if (clipped_error * clipped_error > error * error) {
            *slope = 0.0; /* the two differ only beyond the clip */
            return 0.5 * clipped_error * clipped_error;
        }
    }
    return 0.5 * error * error;
}

struct ppo_loss ppo_loss(float *d_outputs, float *d_value, const struct ppo_samples *samples,
                         const struct ppo_settings *settings, int batch, int action_count) {
    struct ppo_loss loss = {0};
    const int row = samples->policy->outputs_per_action * action_count;
    for (int n = 0; n < batch; n++) {
        policy_terms(&loss, d_outputs + (ptrdiff_t)n * row, samples, n, settings, batch,
                     action_count);
        double slope;
        const double old_value = samples->old_values ? (double)samples->old_values[n] : 0.0;
        loss.value += (double)settings->value_coef *
                      value_term(&slope, (double)samples->value[n], old_value,
                                 (double)samples->returns[n], (double)settings->value_clip);
        d_value[n] = (float)((double)settings->value_coef * slope / batch);
    }
    loss.policy /= batch;
    loss.value /= batch;
    loss.entropy /= batch;
    loss.kl /= batch;
    loss.clip_fraction /= batch;
    loss.total = loss.policy + loss.value - (double)settings->entropy_coef * loss.entropy;
    return loss;
}
