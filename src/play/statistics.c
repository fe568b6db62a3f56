#include "play/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 10000 };

static int compare_doubles(const void *a, const void *b) {
    const double left = *(const double *)a;
    const double right = *(const double *)b;
    return (left > right) - (left < right);
}

static void fill_statistics(struct statistics *statistics, const double *sorted, int count) {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < count; i++)
        sum += sorted[i];
    const double mean = sum / count;
    for (int i = 0; i < count; i++)
        squares += (sorted[i] - mean) * (sorted[i] - mean);
    *statistics = (struct statistics){
        .mean = mean,
        .median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2,
        .std = sqrt(squares / count),
        .min = sorted[0],
        .max = sorted[count - 1],
    };
}

enum status statistics_of(struct statistics *statistics, const double *values, int count,
                          struct error *error) {
    double *sorted = malloc((size_t)count * sizeof *sorted);
    if (!sorted)
        return error_set(error, STATUS_FAILED, "out of memory for %d scores", count);
    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare_doubles);
    fill_statistics(statistics, sorted, count);
    free(sorted);
    return STATUS_OK;
}

static double resampled_mean(const double *values, int count, struct rng *rng) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[rng_below(rng, (uint32_t)count)];
    return sum / count;
}

enum status bootstrap_interval(double interval[2], const double *values, int count, struct rng *rng,
                               struct error *error) {
    double *means = malloc(RESAMPLES * sizeof *means);
    if (!means)
        return error_set(error, STATUS_FAILED, "out of memory for %d means", RESAMPLES);
    for (int i = 0; i < RESAMPLES; i++)
        means[i] = resampled_mean(values, count, rng);
    qsort(means, RESAMPLES, sizeof *means, compare_doubles);
    interval[0] = means[RESAMPLES * 25 / 1000];
    interval[1] = means[RESAMPLES - 1 - RESAMPLES * 25 / 1000];
    free(means);
    return STATUS_OK;
}
