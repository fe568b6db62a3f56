#include "optimizer/optimizer.h"

#include <math.h>

/*
 * Training computes it for every batch, so it adds floats, which are faster than doubles, but only
 * a few at a time: six digits are correct.
 */
VECTORIZED double gradient_norm(const float *gradients, size_t count) {
    enum { LANES = 32, ROWS = 64 }; /* parallel sums, so that the loop is vectorised */
    double sum = 0.0;
    size_t i = 0;
    while (i + LANES <= count) {
        float lanes[LANES] = {0.0f};
        for (int row = 0; row < ROWS && i + LANES <= count; row++, i += LANES)
            for (int lane = 0; lane < LANES; lane++)
                lanes[lane] += gradients[i + (size_t)lane] * gradients[i + (size_t)lane];
        for (int lane = 0; lane < LANES; lane++)
            sum += (double)lanes[lane];
    }
    for (; i < count; i++)
        sum += (double)(gradients[i] * gradients[i]);
    return sqrt(sum);
}
