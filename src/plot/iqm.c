#include "plot/iqm.h"

#include <stdlib.h>
#include <string.h>

static int compare_doubles(const void *a, const void *b) {
    const double left = *(const double *)a;
    const double right = *(const double *)b;
    return (left > right) - (left < right);
}

void sort_values(double *values, size_t count) {
    qsort(values, count, sizeof *values, compare_doubles);
}

double iqm_of(const double *sorted, int count) {
    const int cut = count / 4;
    double sum = 0;
    for (int i = cut; i < count - cut; i++)
        sum += sorted[i];
    return sum / (count - 2 * cut);
}

double quantile(const double *sorted, size_t count, double part) {
    const double place = part * (double)(count - 1);
    const size_t below = (size_t)place;
    if (below + 1 >= count)
        return sorted[count - 1];
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

enum status iqm_draw(struct iqm_resamples *resamples, int run_count, struct rng *rng,
                     struct error *error) {
    const size_t width = (size_t)run_count;
    *resamples = (struct iqm_resamples){
        .run_count = run_count,
        .times = calloc(BOOTSTRAP_RESAMPLES * width, sizeof *resamples->times),
        .means = malloc(BOOTSTRAP_RESAMPLES * sizeof *resamples->means),
    };
    if (!resamples->times || !resamples->means) {
        iqm_free(resamples);
        return error_set(error, STATUS_FAILED, "out of memory for resamples of %d runs", run_count);
    }
    for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++)
        for (int drawn = 0; drawn < run_count; drawn++)
            resamples->times[i * width + rng_below(rng, (uint32_t)run_count)]++;
    return STATUS_OK;
}

void iqm_free(struct iqm_resamples *resamples) {
    free(resamples->times);
    free(resamples->means);
    memset(resamples, 0, sizeof *resamples);
}

/* iqm_of sorted values, the i-th repeated times[i] times, count in all. */
static double resampled_mean(const double *sorted, const uint16_t *times, int count) {
    const int cut = count / 4;
    double sum = 0;
    int passed = 0;
    for (int i = 0; i < count; i++) {
        const int from = passed > cut ? passed : cut;
        passed += times[i];
        const int to = passed < count - cut ? passed : count - cut;
        if (to > from)
            sum += sorted[i] * (to - from);
    }
    return sum / (count - 2 * cut);
}

void iqm_interval(struct iqm_resamples *resamples, const double *sorted, double *low,
                  double *high) {
    const int count = resamples->run_count;
    for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++)
        resamples->means[i] = resampled_mean(sorted, &resamples->times[i * (size_t)count], count);
    sort_values(resamples->means, BOOTSTRAP_RESAMPLES);
    *low = quantile(resamples->means, BOOTSTRAP_RESAMPLES, 0.025);
    *high = quantile(resamples->means, BOOTSTRAP_RESAMPLES, 0.975);
}
