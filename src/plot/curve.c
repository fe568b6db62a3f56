#include "plot/curve.h"
#include "plot/iqm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The number of samples at or before x. */
static size_t samples_up_to(const struct plot_source *source, double x) {
    size_t low = 0;
    size_t high = source->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (source->samples[middle].x <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Interpolates linearly between two points of a file. There is one at or before x. */
static double point_at(const struct plot_source *source, double x) {
    const size_t after = samples_up_to(source, x);
    const struct sample *left = &source->samples[after - 1];
    if (after == source->count)
        return left->y;
    const struct sample *right = left + 1;
    return left->y + (x - left->x) / (right->x - left->x) * (right->y - left->y);
}

/* The mean of the last window samples at x. There are enough of them. */
static double mean_at(const struct plot_source *source, int window, double x) {
    const struct sample *last = &source->samples[samples_up_to(source, x)];
    double sum = 0;
    for (int i = 1; i <= window; i++)
        sum += last[-i].y;
    return sum / window;
}

/* The x range in which a curve of this run can have points. */
static enum status find_ends(const struct plot_source *source, int window, double *start,
                             double *end, struct error *error) {
    const size_t needed = source->points ? 1 : (size_t)window;
    if (source->count < needed)
        return error_set(
            error, STATUS_BAD_INPUT,
            "'%s' has %zu values, and a point is the mean of %d; use a smaller --window=N",
            source->path, source->count, window);
    *start = fmax(*start, source->samples[needed - 1].x);
    *end = fmin(*end, source->samples[source->count - 1].x);
    return STATUS_OK;
}

static enum status make_grid(struct plot_curve *curve, double start, double end, double step,
                             struct error *error) {
    const double first = floor(start / step) + 1;
    const size_t inner = (size_t)fmax(0, ceil(end / step) - first);
    const size_t capacity = inner + 2;
    double *memory = malloc(4 * capacity * sizeof *memory);
    if (!memory)
        return error_set(error, STATUS_FAILED, "out of memory for a curve");
    curve->x = memory;
    curve->y = memory + capacity;
    curve->low = memory + 2 * capacity;
    curve->high = memory + 3 * capacity;
    curve->x[curve->count++] = start;
    for (size_t i = 0; i < inner; i++)
        curve->x[curve->count++] = (first + (double)i) * step;
    if (end > start)
        curve->x[curve->count++] = end;
    return STATUS_OK;
}

static enum status fill_one(struct plot_curve *curve, const struct plot_source *source, int window,
                            struct error *error) {
    double *values = malloc((size_t)window * sizeof *values);
    if (!values)
        return error_set(error, STATUS_FAILED, "out of memory for a curve");
    curve->band = source->points || window == 1 ? PLOT_NO_BAND : PLOT_MIDDLE_HALF;
    for (int i = 0; i < curve->count; i++) {
        if (curve->band == PLOT_NO_BAND) {
            curve->y[i] = source->points ? point_at(source, curve->x[i])
                                         : mean_at(source, window, curve->x[i]);
            curve->low[i] = curve->high[i] = curve->y[i];
            continue;
        }
        curve->y[i] = mean_at(source, window, curve->x[i]);
        const size_t end = samples_up_to(source, curve->x[i]);
        for (int k = 0; k < window; k++)
            values[k] = source->samples[end - 1 - (size_t)k].y;
        sort_values(values, (size_t)window);
        curve->low[i] = quantile(values, (size_t)window, 0.25);
        curve->high[i] = quantile(values, (size_t)window, 0.75);
    }
    free(values);
    return STATUS_OK;
}

static enum status fill_many(struct plot_curve *curve, const struct plot_source *const *sources,
                             int window, struct error *error) {
    struct rng rng;
    struct iqm_resamples resamples;
    double values[PLOT_MAX_RUNS];
    rng_seed(&rng, 1, 0); /* fixed, so that a chart is the same each time */
    const enum status status = iqm_draw(&resamples, curve->run_count, &rng, error);
    if (status != STATUS_OK)
        return status;
    curve->band = PLOT_BOOTSTRAP;
    for (int i = 0; i < curve->count; i++) {
        for (int k = 0; k < curve->run_count; k++)
            values[k] = sources[k]->points ? point_at(sources[k], curve->x[i])
                                           : mean_at(sources[k], window, curve->x[i]);
        sort_values(values, (size_t)curve->run_count);
        curve->y[i] = iqm_of(values, curve->run_count);
        iqm_interval(&resamples, values, &curve->low[i], &curve->high[i]);
    }
    iqm_free(&resamples);
    return STATUS_OK;
}

enum status curve_make(struct plot_curve *curve, const struct plot_source *const *sources,
                       int run_count, int window, double step, struct error *error) {
    double start = -INFINITY;
    double end = INFINITY;
    enum status status = STATUS_OK;
    for (int i = 0; i < run_count && status == STATUS_OK; i++)
        status = find_ends(sources[i], window, &start, &end, error);
    if (status == STATUS_OK && start > end)
        status = error_set(error, STATUS_BAD_INPUT,
                           "the runs of '%s' have no part in common: one of them ends before the "
                           "means of another begin",
                           curve->label);
    if (status == STATUS_OK)
        status = make_grid(curve, start, end, step, error);
    if (status != STATUS_OK)
        return status;
    curve->run_count = run_count;
    return run_count == 1 ? fill_one(curve, sources[0], window, error)
                          : fill_many(curve, sources, window, error);
}

void curve_free(struct plot_curve *curve) {
    free(curve->x); /* followed by y, low and high */
    curve->x = NULL;
}
