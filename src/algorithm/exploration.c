#include "algorithm/algorithm.h"

#include <math.h>

int argmax(const float *values, int count) {
    int best = 0;
    for (int i = 1; i < count; i++)
        if (values[i] > values[best])
            best = i;
    return best;
}

int sample_categorical(const float *probabilities, int count, struct rng *rng) {
    double left = rng_uniform(rng);
    int last_possible = 0; /* reached by rounding if the sum is a little below 1 */
    for (int i = 0; i < count; i++) {
        if (probabilities[i] <= 0.0f)
            continue;
        last_possible = i;
        left -= (double)probabilities[i];
        if (left < 0.0)
            break;
    }
    return last_possible;
}

int epsilon_greedy(const float *q, int count, double epsilon, struct rng *rng) {
    if (rng_uniform(rng) < epsilon)
        return (int)rng_below(rng, (uint32_t)count);
    return argmax(q, count);
}

double schedule_linear(double from, double to, double step, double steps) {
    if (step >= steps)
        return to;
    return from + (to - from) * (step / steps);
}

double lr_for_kl(double lr, double kl, double target, double lowest, double highest) {
    const double factor = 1.5;
    if (kl > 2.0 * target)
        lr /= factor;
    else if (kl < 0.5 * target)
        lr *= factor;
    return fmin(fmax(lr, lowest), highest);
}
