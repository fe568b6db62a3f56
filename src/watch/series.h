/*
 * A curve of any length in memory of a fixed size: rows of numbers are merged in pairs whenever
 * there are too many, so the kept rows are evenly spread over the whole. Private to the watch room.
 * One thread.
 */
#ifndef ASYNCRL_WATCH_SERIES_H
#define ASYNCRL_WATCH_SERIES_H

#include <stddef.h>
#include <stdint.h>

/* How a column is merged: the mean of the rows, or the last row's value. */
enum series_merge { SERIES_MEAN, SERIES_LAST };

struct series {
    int width;                      /* numbers in a row */
    const enum series_merge *merge; /* (width); owned by the caller of series_make */
    size_t limit;                   /* limit of rows kept; even */
    size_t count;                   /* rows kept; the last one may stand for less than stride */
    int64_t stride;                 /* rows that each one kept stands for */
    int64_t newest;                 /* rows that the last one stands for */
    double *rows;                   /* (limit, width); NULL while there are none */
};

/* Makes an empty series. It owns memory once a row is added: series_clear frees it. */
struct series series_make(int width, const enum series_merge *merge, size_t limit);

/* Adds row (width); NAN is ignored. If memory is short, the row is dropped. */
void series_add(struct series *series, const double *row);

/* The kept row of that index: (width). */
const double *series_row(const struct series *series, size_t index);

void series_clear(struct series *series);

#endif
