#include "algorithm/algorithm.h"
#include "algorithm/softmax.h"

#include <math.h>
#include <stdbool.h>

/* Inside both logarithms, as in the original program: keeps them finite if a probability
 * underflows. */
static const double log_epsilon = 1e-7;

/*
 * One state's loss is L = -A log(p_a + e) + c sum_j p_j log(p_j + e), with p = softmax(logits) and
 * c = entropy_coef.
 * This is dL/dp_j.
 */
static double probability_gradient(double p, bool chosen, double advantage, double entropy_coef) {
    double gradient = entropy_coef * (log(p + log_epsilon) + p / (p + log_epsilon));
    return chosen ? gradient - advantage / (p + log_epsilon) : gradient;
}

/* Adds one state's terms to sums; through the softmax, dL/dlogit_i = p_i (dL/dp_i - sum_j p_j
 * dL/dp_j). */
static void policy_loss(struct a3c_loss_sums *sums, float *d_logits, const float *logits,
                        int action, double advantage, double entropy_coef, int action_count) {
    struct partition partition = partition_of(logits, action_count);
    double mean_gradient = 0.0;
    for (int j = 0; j < action_count; j++) {
        double p = partition_probability(partition, logits[j]);
        sums->entropy -= p * log(p + log_epsilon);
        mean_gradient += p * probability_gradient(p, j == action, advantage, entropy_coef);
    }
    for (int j = 0; j < action_count; j++) {
        double p = partition_probability(partition, logits[j]);
        double gradient = probability_gradient(p, j == action, advantage, entropy_coef);
        d_logits[j] = (float)(p * (gradient - mean_gradient));
    }
    sums->policy -= log(partition_probability(partition, logits[action]) + log_epsilon) * advantage;
}

/* The same for an action of several parts: each is a policy of its own with the same advantage. */
static void parts_loss(struct a3c_loss_sums *sums, float *d_logits, const float *logits, int action,
                       double advantage, double entropy_coef, const struct action_parts *parts) {
    int choices[PARTS_MAX] = {0};
    parts_split(parts, action, choices);
    for (int i = 0; i < parts->count; i++) {
        policy_loss(sums, d_logits, logits, choices[i], advantage, entropy_coef, parts->sizes[i]);
        logits += parts->sizes[i];
        d_logits += parts->sizes[i];
    }
}

struct a3c_loss_sums a3c_loss(float *d_logits, float *d_value, const float *logits,
                              const float *value, const int32_t *actions, const float *returns,
                              const float *advantages, float entropy_coef, float value_coef,
                              const struct action_parts *parts, int batch, int action_count) {
    struct a3c_loss_sums sums = {0};
    for (int n = 0; n < batch; n++) {
        const double gap = (double)returns[n] - (double)value[n];
        const double advantage = advantages ? (double)advantages[n] : gap;
        if (parts_are_several(parts))
            parts_loss(&sums, d_logits, logits, actions[n], advantage, (double)entropy_coef, parts);
        else
            policy_loss(&sums, d_logits, logits, actions[n], advantage, (double)entropy_coef,
                        action_count);
        sums.value += 0.5 * (double)value_coef * gap * gap;
        d_value[n] = (float)(-(double)value_coef * gap);
        logits += action_count;
        d_logits += action_count;
    }
    sums.total = sums.policy + sums.value - (double)entropy_coef * sums.entropy;
    return sums;
}

struct loss_term {
    double loss;
    double slope; /* derivative of the loss by the error */
};

/* error^2, or with huber > 0 Huber's loss: 1/2 error^2 up to huber, a straight line beyond. */
static struct loss_term q_error_loss(double error, double huber) {
    if (huber <= 0.0)
        return (struct loss_term){error * error, 2.0 * error};
    if (fabs(error) <= huber)
        return (struct loss_term){0.5 * error * error, error};
    return (struct loss_term){huber * (fabs(error) - 0.5 * huber), copysign(huber, error)};
}

double q_loss(float *d_q, const float *q, const int32_t *actions, const float *targets,
              const struct q_loss_settings *settings, int batch, int action_count) {
    const double scale = 1.0 / (settings->mean_over_actions ? (double)batch * action_count : batch);
    double loss = 0.0;
    for (int n = 0; n < batch; n++) {
        const double error = (double)q[actions[n]] - (double)targets[n];
        const struct loss_term term = q_error_loss(error, (double)settings->huber);
        for (int j = 0; j < action_count; j++)
            d_q[j] = 0.0f;
        d_q[actions[n]] = (float)(term.slope * scale);
        loss += term.loss * scale;
        q += action_count;
        d_q += action_count;
    }
    return loss;
}
