/*
 * Policies as distributions over actions. Methods and losses know no kind of action: they ask a
 * row of a table.
 *
 *              outputs of the network, for each action      an action
 *     categorical  1 logit for each of count actions        int32_t, its number
 *     several      1 logit for each choice of each part,    int32_t, the number of their
 *                  one part after the other                 combination (base/parts.h)
 *     gaussian     count means, then count logarithms of    count floats
 *                  deviations
 *
 * A Gaussian is diagonal: the numbers of an action are independent. Its deviations do not depend
 * on the state: the network's layer "gaussian" (network/gaussian.c) puts a trained vector after
 * the means, so a row of outputs is all that a policy is, for both kinds. Environments clip what
 * exceeds their bounds; segments, and so log-probabilities, hold the action that was drawn.
 *
 * With z_i = (a_i - m_i) / s_i and l_i = log s_i:
 *
 *     log p = - sum (z_i^2 / 2 + l_i + log(2 pi) / 2)
 *     H     =   sum (l_i + log(2 pi e) / 2)
 *     d log p / d m_i = z_i / s_i, d log p / d l_i = z_i^2 - 1, d H / d l_i = 1
 *
 * With p = softmax(logits) and the action a:
 *
 *     d log p_a / d logit_j = [j = a] - p_j, d H / d logit_j = -p_j (log p_j + H)
 *
 * Parts are independent choices: log p and H are the sums of theirs, and a logit moves its part's
 * terms alone.
 */
#include "algorithm/algorithm.h"
#include "algorithm/softmax.h"

#include <math.h>

/* ---- Categorical ----------------------------------------------------------------------------- */

static void categorical_sample(void *action, float *scratch, const float *logits,
                               const struct action_parts *parts, int count, struct rng *rng) {
    (void)parts;
    softmax(scratch, logits, count);
    *(int32_t *)action = sample_categorical(scratch, count, rng);
}

static double categorical_log_probability(const float *logits, const void *action,
                                          const struct action_parts *parts, int count) {
    (void)parts;
    return log_probability(logits, *(const int32_t *)action, count);
}

static struct policy_terms categorical_terms(const float *logits, const void *action,
                                             const struct action_parts *parts, int count) {
    (void)parts;
    const struct partition partition = partition_of(logits, count);
    struct policy_terms terms = {.partition = {partition.highest, partition.sum}};
    terms.log_probability = partition_log_probability(partition, logits[*(const int32_t *)action]);
    for (int j = 0; j < count; j++)
        terms.entropy -= partition_probability(partition, logits[j]) *
                         partition_log_probability(partition, logits[j]);
    return terms;
}

static void categorical_gradient(float *d_logits, const float *logits, const void *action,
                                 const struct policy_terms *terms,
                                 const struct policy_slopes *slopes,
                                 const struct action_parts *parts, int count) {
    (void)parts;
    const struct partition partition = {terms->partition[0], terms->partition[1]};
    const int32_t chosen = *(const int32_t *)action;
    for (int j = 0; j < count; j++) {
        const double p = partition_probability(partition, logits[j]);
        const double d_entropy =
            -p * (partition_log_probability(partition, logits[j]) + terms->entropy);
        const double d_log_probability = (j == chosen ? 1.0 : 0.0) - p;
        d_logits[j] =
            (float)((slopes->log_probability * d_log_probability + slopes->entropy * d_entropy) /
                    slopes->divisor);
    }
}

/* ---- Several categoricals -------------------------------------------------------------------- */

static void several_sample(void *action, float *scratch, const float *logits,
                           const struct action_parts *parts, int count, struct rng *rng) {
    (void)count;
    int choices[PARTS_MAX] = {0};
    for (int i = 0; i < parts->count; logits += parts->sizes[i++]) {
        softmax(scratch, logits, parts->sizes[i]);
        choices[i] = sample_categorical(scratch, parts->sizes[i], rng);
    }
    *(int32_t *)action = parts_join(parts, choices);
}

static double several_log_probability(const float *logits, const void *action,
                                      const struct action_parts *parts, int count) {
    (void)count;
    int choices[PARTS_MAX] = {0};
    double sum = 0.0;
    parts_split(parts, *(const int32_t *)action, choices);
    for (int i = 0; i < parts->count; logits += parts->sizes[i++])
        sum += log_probability(logits, choices[i], parts->sizes[i]);
    return sum;
}

static struct policy_terms several_terms(const float *logits, const void *action,
                                         const struct action_parts *parts, int count) {
    (void)count;
    int choices[PARTS_MAX] = {0};
    struct policy_terms sums = {0};
    parts_split(parts, *(const int32_t *)action, choices);
    for (int i = 0; i < parts->count; logits += parts->sizes[i++]) {
        const int32_t chosen = choices[i];
        const struct policy_terms terms = categorical_terms(logits, &chosen, NULL, parts->sizes[i]);
        sums.log_probability += terms.log_probability;
        sums.entropy += terms.entropy;
    }
    return sums;
}

/* Computes each part's terms again: there is no room for all of them in the sums. */
static void several_gradient(float *d_logits, const float *logits, const void *action,
                             const struct policy_terms *sums, const struct policy_slopes *slopes,
                             const struct action_parts *parts, int count) {
    (void)sums;
    (void)count;
    int choices[PARTS_MAX] = {0};
    parts_split(parts, *(const int32_t *)action, choices);
    for (int i = 0; i < parts->count; i++) {
        const int size = parts->sizes[i];
        const int32_t chosen = choices[i];
        const struct policy_terms terms = categorical_terms(logits, &chosen, NULL, size);
        categorical_gradient(d_logits, logits, &chosen, &terms, slopes, NULL, size);
        logits += size;
        d_logits += size;
    }
}

/* ---- Gaussian -------------------------------------------------------------------------------- */

static const double half_log_two_pi = 0.9189385332046727;

// NOLINTNEXTLINE(readability-non-const-parameter): scratch is written by the other kind
static void gaussian_sample(void *action, float *scratch, const float *outputs,
                            const struct action_parts *parts, int count, struct rng *rng) {
    (void)scratch;
    (void)parts;
    float *numbers = action;
    for (int i = 0; i < count; i += 2) {
        double pair[2];
        rng_gaussians(rng, pair);
        for (int k = i; k < i + 2 && k < count; k++)
            numbers[k] =
                (float)((double)outputs[k] + exp((double)outputs[count + k]) * pair[k - i]);
    }
}

/* The gap to the mean in deviations. */
static double gap_of(const float *outputs, const float *numbers, int i, int count) {
    return ((double)numbers[i] - (double)outputs[i]) / exp((double)outputs[count + i]);
}

static double gaussian_log_probability(const float *outputs, const void *action,
                                       const struct action_parts *parts, int count) {
    (void)parts;
    double sum = 0.0;
    for (int i = 0; i < count; i++) {
        const double gap = gap_of(outputs, action, i, count);
        sum -= 0.5 * gap * gap + (double)outputs[count + i] + half_log_two_pi;
    }
    return sum;
}

static struct policy_terms gaussian_terms(const float *outputs, const void *action,
                                          const struct action_parts *parts, int count) {
    struct policy_terms terms = {.log_probability =
                                     gaussian_log_probability(outputs, action, parts, count)};
    for (int i = 0; i < count; i++)
        terms.entropy += (double)outputs[count + i] + 0.5 + half_log_two_pi;
    return terms;
}

static void gaussian_gradient(float *d_outputs, const float *outputs, const void *action,
                              const struct policy_terms *terms, const struct policy_slopes *slopes,
                              const struct action_parts *parts, int count) {
    (void)terms;
    (void)parts;
    for (int i = 0; i < count; i++) {
        const double gap = gap_of(outputs, action, i, count);
        const double deviation = exp((double)outputs[count + i]);
        d_outputs[i] = (float)(slopes->log_probability * (gap / deviation) / slopes->divisor);
        d_outputs[count + i] =
            (float)((slopes->log_probability * (gap * gap - 1.0) + slopes->entropy) /
                    slopes->divisor);
    }
}

/* ---- The table ------------------------------------------------------------------------------- */

static const struct distribution categorical = {
    .outputs_per_action = 1,
    .sample = categorical_sample,
    .log_probability = categorical_log_probability,
    .terms = categorical_terms,
    .gradient = categorical_gradient,
};

static const struct distribution several = {
    .outputs_per_action = 1,
    .sample = several_sample,
    .log_probability = several_log_probability,
    .terms = several_terms,
    .gradient = several_gradient,
};

static const struct distribution gaussian = {
    .outputs_per_action = 2,
    .is_continuous = true,
    .sample = gaussian_sample,
    .log_probability = gaussian_log_probability,
    .terms = gaussian_terms,
    .gradient = gaussian_gradient,
};

const struct distribution *distribution_of(bool is_continuous, const struct action_parts *parts) {
    return is_continuous ? &gaussian : parts_are_several(parts) ? &several : &categorical;
}
