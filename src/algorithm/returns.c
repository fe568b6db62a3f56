#include "algorithm/algorithm.h"

#include <math.h>

void n_step_returns(float *returns, const float *rewards, float bootstrap, float gamma, int count) {
    float next = bootstrap;
    for (int i = count - 1; i >= 0; i--) {
        next = rewards[i] + gamma * next;
        returns[i] = next;
    }
}

void lambda_returns(float *returns, const float *rewards, const float *values, float bootstrap,
                    float gamma, float lambda, int count) {
    float next_value = bootstrap;
    float next_return = bootstrap;
    for (int i = count - 1; i >= 0; i--) {
        next_return = rewards[i] + gamma * (lambda * next_return + (1.0f - lambda) * next_value);
        next_value = values[i];
        returns[i] = next_return;
    }
}

void gae(float *advantages, float *returns, const float *rewards, const float *values,
         float bootstrap, float gamma, float lambda, int count) {
    lambda_returns(returns, rewards, values, bootstrap, gamma, lambda, count);
    for (int i = 0; i < count; i++)
        advantages[i] = returns[i] - values[i];
}

/* If truncations and lambda are 1, equation 1 in the form of the remark below it, v = V + delta +
 * gamma c (v' - V'), becomes V + rho (r + gamma v' - V): c is rho. */
void vtrace(float *targets, float *advantages, const struct vtrace_samples *samples, float gamma,
            int count) {
    int cuts = samples->cut_count;
    double next = 0;
    for (int i = count - 1; i >= 0; i--) {
        if (samples->terminated[i])
            next = 0;
        else if (samples->cut[i])
            next = (double)samples->cut_values[--cuts];
        const double rho = exp(fmin((double)samples->log_ratios[i], 0));
        const double value = (double)samples->values[i];
        const double advantage = rho * ((double)samples->rewards[i] + (double)gamma * next - value);
        next = value + advantage;
        advantages[i] = (float)advantage;
        targets[i] = (float)next;
    }
}

void one_step_targets(float *targets, const float *rewards, const bool *terminated,
                      const float *next_values, float gamma, int count) {
    for (int i = 0; i < count; i++)
        targets[i] = terminated[i] ? rewards[i] : rewards[i] + gamma * next_values[i];
}

void next_values_max(float *values, const float *frozen_q, int count, int action_count) {
    for (int i = 0; i < count; i++, frozen_q += action_count)
        values[i] = frozen_q[argmax(frozen_q, action_count)];
}

void next_values_of(float *values, const float *frozen_q, const int32_t *actions, int count,
                    int action_count) {
    for (int i = 0; i < count; i++, frozen_q += action_count)
        values[i] = frozen_q[actions[i]];
}

void preferred_actions(int32_t *actions, const float *q, int count, int action_count) {
    for (int i = 0; i < count; i++, q += action_count)
        actions[i] = argmax(q, action_count);
}
