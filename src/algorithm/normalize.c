#include "algorithm/algorithm.h"

#include <math.h>

void normalize_advantages(float *advantages, int count) {
    double mean = 0.0;
    for (int i = 0; i < count; i++)
        mean += (double)advantages[i] / count;
    double squares = 0.0;
    for (int i = 0; i < count; i++) {
        const double gap = (double)advantages[i] - mean;
        squares += gap * gap;
    }
    const double deviation = count > 1 ? sqrt(squares / (count - 1)) : 0.0;
    for (int i = 0; i < count; i++)
        advantages[i] = (float)(((double)advantages[i] - mean) / (deviation + 1e-8));
}

/* Mean and sum of squared gaps of one column. */
static void add_column(double *mean, double *squares, double seen, const float *samples, int count,
                       int size) {
    double new_mean = 0.0;
    double new_squares = 0.0;
    for (int n = 0; n < count; n++) {
        const double gap = (double)samples[(size_t)n * (size_t)size] - new_mean;
        new_mean += gap / (n + 1);
        new_squares += gap * ((double)samples[(size_t)n * (size_t)size] - new_mean);
    }
    const double gap = new_mean - *mean;
    const double all = seen + count;
    *mean += gap * count / all;
    *squares += new_squares + gap * gap * seen * count / all;
}

void moments_add(double *means, double *squares, double *seen, const float *samples, int count,
                 int size) {
    if (count == 0)
        return;
    for (int i = 0; i < size; i++)
        add_column(&means[i], &squares[i], *seen, samples + i, count, size);
    *seen += count;
}

double moments_deviation(double squares, double seen) {
    return seen > 0.0 ? sqrt(squares / seen) : 1.0;
}
