#include "algorithm/algorithm.h"

void n_step_returns(float *returns, const float *rewards, float bootstrap, float gamma, int count) {
    float next = bootstrap;
    for (int i = count - 1; i >= 0; i--) {
        next = rewards[i] + gamma * next;
        returns[i] = next;
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

void next_values_double(float *values, const float *frozen_q, const float *q, int count,
                        int action_count) {
    for (int i = 0; i < count; i++, frozen_q += action_count, q += action_count)
        values[i] = frozen_q[argmax(q, action_count)];
}

void next_values_taken(float *values, const float *frozen_q, const int32_t *next_actions, int count,
                       int action_count) {
    for (int i = 0; i < count; i++, frozen_q += action_count)
        values[i] = frozen_q[next_actions[i]];
}
