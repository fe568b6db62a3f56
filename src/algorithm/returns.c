#include "algorithm/algorithm.h"

void n_step_returns(float *returns, const float *rewards, float bootstrap, float gamma, int count) {
    float next = bootstrap;
    for (int i = count - 1; i >= 0; i--) {
        next = rewards[i] + gamma * next;
        returns[i] = next;
    }
}
