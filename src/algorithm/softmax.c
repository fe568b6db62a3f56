#include "algorithm/softmax.h"
#include "algorithm/algorithm.h"

#include <math.h>

struct partition partition_of(const float *logits, int actions) {
    struct partition partition = {(double)logits[argmax(logits, actions)], 0.0};
    for (int i = 0; i < actions; i++)
        partition.sum += exp((double)logits[i] - partition.highest);
    return partition;
}

double partition_probability(struct partition partition, float logit) {
    return exp((double)logit - partition.highest) / partition.sum;
}

double partition_log_probability(struct partition partition, float logit) {
    return (double)logit - partition.highest - log(partition.sum);
}

void softmax(float *probabilities, const float *logits, int actions) {
    struct partition partition = partition_of(logits, actions);
    for (int i = 0; i < actions; i++)
        probabilities[i] = (float)partition_probability(partition, logits[i]);
}

double categorical_kl(const float *logits, const float *others, int actions) {
    const struct partition partition = partition_of(logits, actions);
    const struct partition other = partition_of(others, actions);
    double kl = 0;
    for (int i = 0; i < actions; i++)
        kl += partition_probability(partition, logits[i]) *
              (partition_log_probability(partition, logits[i]) -
               partition_log_probability(other, others[i]));
    return kl;
}

double parts_kl(const float *logits, const float *others, const struct action_parts *parts,
                int actions) {
    if (!parts_are_several(parts))
        return categorical_kl(logits, others, actions);
    double kl = 0;
    for (int i = 0; i < parts->count; i++) {
        kl += categorical_kl(logits, others, parts->sizes[i]);
        logits += parts->sizes[i];
        others += parts->sizes[i];
    }
    return kl;
}

double log_probability(const float *logits, int action, int actions) {
    return partition_log_probability(partition_of(logits, actions), logits[action]);
}
