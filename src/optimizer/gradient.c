#include "optimizer/optimizer.h"

#include <math.h>

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
