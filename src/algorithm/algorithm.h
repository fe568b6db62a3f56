/*
 * The methods' arithmetic: pure functions on plain arrays. Outputs first, sizes last. Any thread.
 *
 * Equations are those of "Asynchronous Methods for Deep Reinforcement Learning" (arXiv 1602.01783);
 * docs/methods.md says where the program differs from it.
 */
#ifndef ASYNCRL_ALGORITHM_ALGORITHM_H
#define ASYNCRL_ALGORITHM_ALGORITHM_H

#include "base/base.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- Methods --------------------------------------------------------------------------------- */

/* What sets one method apart from the others. */
struct method {
    const char *name; /* "a3c", "q1", "qn", "sarsa" */
    bool has_policy;  /* policy and value heads, and a policy to sample; else Q heads, acted on
                         epsilon-greedily */
    bool one_step;    /* the learner makes one-step targets with the frozen network; else actors
                         make n-step returns with the weights that they hold */
    bool takes_next_action; /* the one-step target looks at the action taken next: on-policy */
};

/* a3c (algorithm S3), q1 (algorithm 1), qn (algorithm S2) or sarsa (section 4.2); NULL when there
 * is none of that name. */
const struct method *method_find(const char *name);

/* ---- Targets --------------------------------------------------------------------------------- */

/*
 * n-step returns of a segment (section 4.3 and algorithm S3): R_t = r_t + gamma R_{t+1}, R_count =
 * bootstrap, which is 0 when the segment's last step terminated the episode. returns, rewards:
 * (count).
 */
void n_step_returns(float *returns, const float *rewards, float bootstrap, float gamma, int count);

/*
 * One-step targets (algorithm 1): r + gamma times what the next state is worth, or r alone where
 * the step terminated the episode. All arrays: (count).
 */
void one_step_targets(float *targets, const float *rewards, const bool *terminated,
                      const float *next_values, float gamma, int count);

/*
 * What next states are worth to the three one-step methods: the best Q of the frozen network (Q-
 * learning), the frozen network's Q of the action that the current network prefers (double
 * Q-learning, van Hasselt et al., arXiv 1509.06461), its Q of the action that was taken (Sarsa).
 * frozen_q, q: (count, action_count); values, next_actions: (count).
 */
void next_values_max(float *values, const float *frozen_q, int count, int action_count);
void next_values_double(float *values, const float *frozen_q, const float *q, int count,
                        int action_count);
void next_values_taken(float *values, const float *frozen_q, const int32_t *next_actions, int count,
                       int action_count);

/* ---- Losses ---------------------------------------------------------------------------------- */

/* probabilities = softmax(logits), safe against overflow; both (actions), may be the same array. */
void softmax(float *probabilities, const float *logits, int actions);

struct a3c_loss_sums {
    double policy;  /* sum of -log(pi(a) + 1e-7) A */
    double value;   /* sum of 1/2 (R - V)^2, times value_coef */
    double entropy; /* sum over states of -sum pi log(pi + 1e-7): nats */
    double total;   /* policy + value - beta entropy */
};

/*
 * A3C's loss summed over a batch (algorithm S3) and its gradients with respect to the network's
 * outputs. The advantage A = R - V is a constant in the policy's gradient. d_logits, logits:
 * (batch, actions); d_value, value, returns: (batch); actions: (batch).
 */
struct a3c_loss_sums a3c_loss(float *d_logits, float *d_value, const float *logits,
                              const float *value, const int32_t *actions, const float *returns,
                              float beta, float value_coef, int batch, int action_count);

/*
 * Q-learning's loss, as the mean over batch and actions of (target - Q)^2 where only the chosen
 * action differs (what Keras's mean squared error makes of it), and its gradient. d_q, q: (batch,
 * actions).
 */
double q_loss(float *d_q, const float *q, const int32_t *actions, const float *targets, int batch,
              int action_count);

/* ---- Acting ---------------------------------------------------------------------------------- */

/* Index of the largest; the first of equals. */
int argmax(const float *values, int count);

/* Draws an index with the given probabilities (they sum to about 1). */
int sample_categorical(const float *probabilities, int count, struct rng *rng);

/* The index of the largest Q, but with chance epsilon any index, all alike. */
int epsilon_greedy(const float *q, int count, double epsilon, struct rng *rng);

/* from + (to - from) * min(1, step / steps). */
double schedule_linear(double from, double to, double step, double steps);

#endif
