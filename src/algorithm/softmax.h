/* Softmax as the losses need it. Private to the algorithm room. */
#ifndef ASYNCRL_ALGORITHM_SOFTMAX_H
#define ASYNCRL_ALGORITHM_SOFTMAX_H

/* The divisor of softmax, with its largest term scaled to 1 against overflow. */
struct partition {
    double highest; /* logit */
    double sum;     /* of exp(logit - highest) */
};

struct partition partition_of(const float *logits, int actions);

double partition_probability(struct partition partition, float logit);

/* The logarithm of softmax, finite even if the probability underflows. */
double partition_log_probability(struct partition partition, float logit);

#endif
