#include "algorithm/algorithm.h"
#include "algorithm/softmax.h"

#include <math.h>

/*
 * One state's policy terms: -min(r A, clip(r) A) and the entropy H = -sum_j p_j log p_j. Through
 * the softmax, d log p_a / d logit_j = [j = a] - p_j, and dH / d logit_j = -p_j (log p_j + H). If
 * the clipped term is the smaller one, it is a constant.
 */
static void policy_terms(struct ppo_loss *sums, float *d_logits, const float *logits, int action,
                         double old_log_prob, double advantage, const struct ppo_settings *settings,
                         int batch, int action_count) {
    const struct partition partition = partition_of(logits, action_count);
    const double log_ratio = partition_log_probability(partition, logits[action]) - old_log_prob;
    const double ratio = exp(log_ratio);
    const double clip = (double)settings->clip;
    const double free_term = ratio * advantage;
    const double clipped_term = fmin(fmax(ratio, 1.0 - clip), 1.0 + clip) * advantage;
    const double pull = free_term <= clipped_term ? -free_term : 0.0;

    double entropy = 0.0;
    for (int j = 0; j < action_count; j++)
        entropy -= partition_probability(partition, logits[j]) *
                   partition_log_probability(partition, logits[j]);
    for (int j = 0; j < action_count; j++) {
        const double p = partition_probability(partition, logits[j]);
        const double d_entropy = -p * (partition_log_probability(partition, logits[j]) + entropy);
        const double d_policy = pull * ((j == action ? 1.0 : 0.0) - p);
        d_logits[j] = (float)((d_policy - (double)settings->entropy_coef * d_entropy) / batch);
    }
    sums->policy -= fmin(free_term, clipped_term);
    sums->entropy += entropy;
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

struct ppo_loss ppo_loss(float *d_logits, float *d_value, const struct ppo_samples *samples,
                         const struct ppo_settings *settings, int batch, int action_count) {
    struct ppo_loss loss = {0};
    for (int n = 0; n < batch; n++) {
        const size_t row = (size_t)n * (size_t)action_count;
        policy_terms(&loss, d_logits + row, samples->logits + row, samples->actions[n],
                     (double)samples->old_log_probs[n], (double)samples->advantages[n], settings,
                     batch, action_count);
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
