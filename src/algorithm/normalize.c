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

/* Joins count rows to a column; new_squares: of their gaps to new_mean. */
static void join_column(double *mean, double *squares, double seen, double new_mean,
                        double new_squares, int count) {
    const double gap = new_mean - *mean;
    const double all = seen + count;
    *mean += gap * count / all;
    *squares += new_squares + gap * gap * seen * count / all;
}

static void add_column(double *mean, double *squares, double seen, const float *samples, int count,
                       int size) {
    double new_mean = 0.0;
    double new_squares = 0.0;
    for (int n = 0; n < count; n++) {
        const double gap = (double)samples[(size_t)n * (size_t)size] - new_mean;
        new_mean += gap / (n + 1);
        new_squares += gap * ((double)samples[(size_t)n * (size_t)size] - new_mean);
    }
    join_column(mean, squares, seen, new_mean, new_squares, count);
}

void moments_add(double *means, double *squares, double *seen, const float *samples, int count,
                 int size) {
    if (count == 0)
        return;
    for (int i = 0; i < size; i++)
        add_column(&means[i], &squares[i], *seen, samples + i, count, size);
    *seen += count;
}

struct pixel_sums {
    uint64_t values;
    uint64_t squares;
};

/* A sum of this many squared bytes fits 32 bits. */
enum { PIXELS_AT_ONCE = 65536 };

VECTORIZED static void add_pixels(struct pixel_sums *sums, const uint8_t *pixels, int count) {
    uint32_t values = 0;
    uint32_t squares = 0;
    for (int i = 0; i < count; i++) {
        const uint32_t value = pixels[i];
        values += value;
        squares += value * value;
    }
    sums->values += values;
    sums->squares += squares;
}

static void add_plane(struct pixel_sums *sums, const uint8_t *pixels, int count) {
    for (int i = 0; i < count; i += PIXELS_AT_ONCE)
        add_pixels(sums, pixels + i, count - i < PIXELS_AT_ONCE ? count - i : PIXELS_AT_ONCE);
}

void moments_add_pixels(double *means, double *squares, double *seen, const uint8_t *samples,
                        int count, int channels, int plane) {
    static const double levels = 255.0;
    if (count == 0)
        return;
    for (int c = 0; c < channels; c++) {
        struct pixel_sums sums = {0};
        for (int n = 0; n < count; n++)
            add_plane(&sums, samples + ((size_t)n * (size_t)channels + (size_t)c) * (size_t)plane,
                      plane);
        const double pixels = (double)count * plane;
        const double mean = (double)sums.values / pixels;
        const double variance = fmax((double)sums.squares / pixels - mean * mean, 0.0);
        join_column(&means[c], &squares[c], *seen, mean / levels,
                    variance * count / (levels * levels), count);
    }
    *seen += count;
}

double moments_deviation(double squares, double seen) {
    return seen > 0.0 ? sqrt(squares / seen) : 1.0;
}
