#include "watch/series.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct series series_make(int width, const enum series_merge *merge, size_t limit) {
    return (struct series){.width = width, .merge = merge, .limit = limit, .stride = 1};
}

const double *series_row(const struct series *series, size_t index) {
    return series->rows + index * (size_t)series->width;
}

/* Merges row, which stands for row_count rows, into into, which stands for into_count rows. */
static void merge_row(const struct series *series, double *into, int64_t into_count,
                      const double *row, int64_t row_count) {
    const double share = (double)row_count / (double)(into_count + row_count);
    for (int i = 0; i < series->width; i++) {
        if (isnan(row[i]))
            continue;
        if (series->merge[i] == SERIES_LAST || isnan(into[i]))
            into[i] = row[i];
        else
            into[i] += share * (row[i] - into[i]);
    }
}

/* Halves the number of rows: each then stands for twice as many. All rows must be full. */
static void merge_pairs(struct series *series) {
    const size_t width = (size_t)series->width;
    for (size_t i = 0; i < series->count / 2; i++) {
        double *kept = series->rows + i * width;
        memmove(kept, series_row(series, 2 * i), width * sizeof *kept);
        merge_row(series, kept, series->stride, series_row(series, 2 * i + 1), series->stride);
    }
    series->count /= 2;
    series->stride *= 2;
    series->newest = series->stride;
}

void series_add(struct series *series, const double *row) {
    const size_t width = (size_t)series->width;
    if (!series->rows)
        series->rows = calloc(series->limit * width, sizeof *series->rows);
    if (!series->rows)
        return;
    const bool is_full = series->count == 0 || series->newest == series->stride;
    if (is_full && series->count == series->limit)
        merge_pairs(series);
    if (series->count > 0 && series->newest < series->stride) {
        merge_row(series, series->rows + (series->count - 1) * width, series->newest, row, 1);
        series->newest++;
        return;
    }
    memcpy(series->rows + series->count * width, row, width * sizeof *row);
    series->count++;
    series->newest = 1;
}

void series_clear(struct series *series) {
    free(series->rows);
    *series = series_make(series->width, series->merge, series->limit);
}
