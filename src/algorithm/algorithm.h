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
#include <stddef.h>
#include <stdint.h>

/* ---- Targets --------------------------------------------------------------------------------- */

/*
 * n-step returns of a segment (section 4.3 and algorithm S3): R_t = r_t + gamma R_{t+1}, R_count =
 * bootstrap, which is 0 when the segment's last step terminated the episode. returns, rewards:
 * (count).
 */
void n_step_returns(float *returns, const float *rewards, float bootstrap, float gamma, int count);

/*
 * Lambda-returns of a segment: R_t = r_t + gamma (lambda R_{t+1} + (1 - lambda) V_{t+1}), where
 * both stand for bootstrap after the last step. bootstrap is 0 if that step terminated the
 * episode, otherwise the value of the state after it. With V(s) = max_a Q(s, a) these are the
 * Q(lambda) returns of PQN (Gallici et al., arXiv 2407.04811, section 4). returns, rewards, values:
 * (count).
 */
void lambda_returns(float *returns, const float *rewards, const float *values, float bootstrap,
                    float gamma, float lambda, int count);

/*
 * Generalised advantage estimates of a segment (Schulman et al., arXiv 1506.02438, equation 16;
 * arXiv 1707.06347, equations 11 and 12): A_t is the sum over l >= 0 of (gamma lambda)^l
 * delta_{t+l}, with delta_t = r_t + gamma V_{t+1} - V_t. As A_t + V_t is the lambda-return, returns
 * gets those. bootstrap as for lambda_returns; all arrays: (count).
 */
void gae(float *advantages, float *returns, const float *rewards, const float *values,
         float bootstrap, float gamma, float lambda, int count);

/* Steps of an older policy than the one that learns from them. */
struct vtrace_samples {
    const float *rewards; /* (count) */
    const float *values;  /* (count): V of the state that the step was taken in */
    const float
        *log_ratios; /* (count): log pi(a) of the learning policy, minus that of the acting one */
    const bool *terminated; /* (count): the game ended with the step */
    const bool *cut; /* (count): it went on, but the next step is of another segment; the last step
                        has one of the two */
    const float *cut_values; /* (cut_count): V of the states after the cut steps, in their order */
    int cut_count;
};

/*
 * V-trace (Espeholt et al., arXiv 1802.01561, equations 1 and 2) with both truncations and lambda
 * 1. With rho = min(1, ratio), advantages, for the policy's gradient, are rho (r + gamma v' - V);
 * targets, for the value, are V plus the advantage. v' is the target of the next step; after the
 * game's end it is 0, and after a cut it is V of the state there. If the ratios are 1, targets are
 * n-step returns. targets, advantages: (count).
 */
void vtrace(float *targets, float *advantages, const struct vtrace_samples *samples, float gamma,
            int count);

/*
 * One-step targets (algorithm 1): r + gamma times the value of the next state, or r alone if the
 * step terminated the episode. All arrays: (count).
 */
void one_step_targets(float *targets, const float *rewards, const bool *terminated,
                      const float *next_values, float gamma, int count);

/*
 * The values of next states for the one-step methods: the best Q of the frozen network
 * (Q-learning), or its Q of an action: of the one that the learning network prefers (double
 * Q-learning, van Hasselt et al., arXiv 1509.06461), or of the one that was taken (Sarsa).
 * frozen_q: (count, action_count); values, actions: (count).
 */
void next_values_max(float *values, const float *frozen_q, int count, int action_count);
void next_values_of(float *values, const float *frozen_q, const int32_t *actions, int count,
                    int action_count);

/* The action of the largest Q in each row; actions: (count), q: (count, action_count). */
void preferred_actions(int32_t *actions, const float *q, int count, int action_count);

/* ---- Losses ---------------------------------------------------------------------------------- */

/* probabilities = softmax(logits), safe against overflow; both (actions), may be the same array. */
void softmax(float *probabilities, const float *logits, int actions);

/* log softmax(logits)[action], in nats; finite even if the probability itself underflows. */
double log_probability(const float *logits, int action, int actions);

/* KL(p, q) in nats, of p = softmax(logits) and q = softmax(others); both (actions). */
double categorical_kl(const float *logits, const float *others, int actions);

/* The same for actions of several parts, one after the other: the sum of theirs. parts without
 * several, or NULL: one choice. */
double parts_kl(const float *logits, const float *others, const struct action_parts *parts,
                int actions);

/* ---- Policies -------------------------------------------------------------------------------- */

/* A policy's terms for one state and one action. */
struct policy_terms {
    double log_probability; /* of the action; of a continuous one, of its density: nats */
    double entropy;         /* of the policy, nats */
    double partition[2];    /* for distribution.gradient */
};

/* The wanted gradient is (log_probability * that of log p + entropy * that of H) / divisor. */
struct policy_slopes {
    double log_probability;
    double entropy;
    double divisor;
};

/*
 * A kind of policy: the distribution over actions that a row of the network's outputs stands for.
 * parts: those of an action, if it has several; otherwise unused. count: the actions to choose
 * from, the choices of all parts, or the numbers of a continuous action. outputs:
 * (outputs_per_action * count). action: an int32_t, or count floats. distribution.c has the
 * equations.
 */
struct distribution {
    int outputs_per_action;
    bool is_continuous;
    /* Draws an action; scratch: (count). */
    void (*sample)(void *action, float *scratch, const float *outputs,
                   const struct action_parts *parts, int count, struct rng *rng);
    double (*log_probability)(const float *outputs, const void *action,
                              const struct action_parts *parts, int count);
    struct policy_terms (*terms)(const float *outputs, const void *action,
                                 const struct action_parts *parts, int count);
    /* terms: of the same outputs and action. */
    void (*gradient)(float *d_outputs, const float *outputs, const void *action,
                     const struct policy_terms *terms, const struct policy_slopes *slopes,
                     const struct action_parts *parts, int count);
};

/* The diagonal Gaussian over count numbers, or the choice in each of several parts, or the choice
 * among count actions. parts may be NULL: none. */
const struct distribution *distribution_of(bool is_continuous, const struct action_parts *parts);

static inline size_t distribution_action_bytes(const struct distribution *policy, int count) {
    return policy->is_continuous ? (size_t)count * sizeof(float) : sizeof(int32_t);
}

/* ---- Losses of methods ----------------------------------------------------------------------- */

struct a3c_loss_sums {
    double policy;  /* sum of -log(pi(a) + 1e-7) A */
    double value;   /* sum of 1/2 (R - V)^2, times value_coef */
    double entropy; /* sum over states of -sum pi log(pi + 1e-7): nats */
    double total;   /* policy + value - entropy_coef * entropy */
};

/*
 * A3C's loss summed over a batch (algorithm S3) and its gradients with respect to the network's
 * outputs. The advantage A is a constant in the policy's gradient. d_logits, logits: (batch,
 * actions); d_value, value, returns: (batch); actions: (batch); advantages: (batch), NULL: R - V.
 * parts: as for distribution_of; the policy's and the entropy's sums then go over them, too.
 */
struct a3c_loss_sums a3c_loss(float *d_logits, float *d_value, const float *logits,
                              const float *value, const int32_t *actions, const float *returns,
                              const float *advantages, float entropy_coef, float value_coef,
                              const struct action_parts *parts, int batch, int action_count);

struct q_loss_settings {
    float huber; /* 0: squared errors; otherwise Huber's loss (1964): 1/2 error^2 up to huber, huber
                    (|error| - huber / 2) beyond */
    bool mean_over_actions; /* divides by the batch and all actions, as Keras's mean squared error
                               does; otherwise by the batch alone */
};

/* Q-learning's loss, a mean of (target - Q)^2 of the chosen actions, and its gradient. d_q,
 * q: (batch, actions). */
double q_loss(float *d_q, const float *q, const int32_t *actions, const float *targets,
              const struct q_loss_settings *settings, int batch, int action_count);

/* The inputs of PPO's loss. old_...: of the policy that acted. */
struct ppo_samples {
    const struct distribution *policy;
    const struct action_parts *parts;
    const float *outputs;       /* (batch, policy's outputs) */
    const float *value;         /* (batch) */
    const void *actions;        /* (batch), the policy's */
    const float *old_log_probs; /* (batch): log pi_old(a), nats */
    const float *old_values;    /* (batch); may be NULL without value_clip */
    const float *advantages;    /* (batch) */
    const float *returns;       /* (batch) */
};

struct ppo_settings {
    float clip;         /* of the ratio, around 1 */
    float value_clip;   /* of the value, around old_values, in units of returns; 0: not clipped */
    float value_coef;   /* of the halved squared error */
    float entropy_coef; /* of nats */
};

/* Means over the batch. */
struct ppo_loss {
    double policy;        /* -min(ratio A, clip(ratio) A) */
    double value;         /* value_coef 1/2 max((V - R)^2, (clipped V - R)^2) */
    double entropy;       /* of the policy, nats */
    double total;         /* policy + value - entropy_coef * entropy: the gradients are of this */
    double kl;            /* (ratio - 1) - log ratio: estimates KL(pi_old, pi), nats, never below 0
                             (Schulman, "Approximating KL Divergence", 2020, its k3) */
    double clip_fraction; /* samples whose ratio lies outside of the clip */
};

/*
 * PPO's clipped loss (arXiv 1707.06347, equations 7 and 9) with ratio = pi(a) / pi_old(a), and its
 * gradient with respect to the network's outputs. The clipping of values is that of OpenAI
 * Baselines' ppo2. d_outputs: (batch, policy's outputs); d_value: (batch).
 */
struct ppo_loss ppo_loss(float *d_outputs, float *d_value, const struct ppo_samples *samples,
                         const struct ppo_settings *settings, int batch, int action_count);

/* ---- Normalization --------------------------------------------------------------------------- */

/* Shifts and scales to mean 0 and standard deviation 1 (of a sample, + 1e-8);
 * advantages: (count). */
void normalize_advantages(float *advantages, int count);

/*
 * Running mean and variance of size columns: adds count rows. means and squares, the sums of
 * squared gaps to the mean: (size); all are 0 before the first rows, as is *seen, the rows so far.
 * samples: (count, size). Welford's sums for the new rows, joined to the old ones (Chan, Golub and
 * LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979).
 */
void moments_add(double *means, double *squares, double *seen, const float *samples, int count,
                 int size);

/* The same for pixels, read as value / 255, by channel. samples: (count, channels, plane); a row's
 * pixels of a channel count as one sample. */
void moments_add_pixels(double *means, double *squares, double *seen, const uint8_t *samples,
                        int count, int channels, int plane);

/* Standard deviation of a column, of the rows as a population; 1 before the first row. */
double moments_deviation(double squares, double seen);

/* ---- Acting ---------------------------------------------------------------------------------- */

/* Index of the largest; the first of equals. */
int argmax(const float *values, int count);

/* Draws an index with the given probabilities (they sum to about 1). */
int sample_categorical(const float *probabilities, int count, struct rng *rng);

/* The index of the largest Q, or with chance epsilon a uniformly random one. */
int epsilon_greedy(const float *q, int count, double epsilon, struct rng *rng);

/* from + (to - from) * min(1, step / steps). */
double schedule_linear(double from, double to, double step, double steps);

/*
 * The learning rate for the next update after one that moved the policy by kl: divided by 1.5 if kl
 * is above twice the target, multiplied by 1.5 if it is below half of it, within lowest and highest
 * (rl_games' adaptive scheduler).
 */
double lr_for_kl(double lr, double kl, double target, double lowest, double highest);

#endif
