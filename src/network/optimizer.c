#include "network/network.h"

#include <float.h>
#include <math.h>

/*
 * Behind a unit that is never active, gradients are 0 for good, and the mean decays to subnormal
 * numbers, where it stays: the smallest times rho is rounded to itself. A step over those takes
 * twenty times as long, so they are made 0; they are far too small to be seen beside epsilon.
 */
VECTORIZED void rmsprop_step(float *restrict params, float *restrict mean_square,
                             const float *restrict gradients, size_t count, float lr, float rho,
                             float epsilon) {
    for (size_t i = 0; i < count; i++) {
        const float g = gradients[i];
        const float square = rho * mean_square[i] + (1.0f - rho) * (g * g);
        mean_square[i] = square < FLT_MIN ? 0.0f : square;
        params[i] -= lr * g / (sqrtf(mean_square[i]) + epsilon);
    }
}

VECTORIZED double gradient_norm(const float *gradients, size_t count) {
    enum { LANES = 32 }; /* sums beside each other, so that the loop can be vectorised */
    double lanes[LANES] = {0.0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            double g = (double)gradients[i + (size_t)lane];
            lanes[lane] += g * g;
        }
    for (; i < count; i++)
        lanes[0] += (double)gradients[i] * (double)gradients[i];
    double sum = 0.0;
    for (int lane = 0; lane < LANES; lane++)
        sum += lanes[lane];
    return sqrt(sum);
}

double gradient_clip(float *gradients, size_t count, double max_norm) {
    double norm = gradient_norm(gradients, count);
    if (max_norm > 0.0 && norm > max_norm) {
        float factor = (float)(max_norm / norm);
        for (size_t i = 0; i < count; i++)
            gradients[i] *= factor;
    }
    return norm;
}
