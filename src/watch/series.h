/*
 * A curve of any length in memory of a fixed size: rows of numbers, which are merged in pairs
 * whenever there are too many, so that what is kept is always spread evenly over the whole.
 *
 * Inside of the watch room. One thread.
 */
#ifndef ASYNCRL_WATCH_SERIES_H
#define ASYNCRL_WATCH_SERIES_H

#include <stddef.h>
#include <stdint.h>

enum { SERIES_MAX_WIDTH = 32 };

/* What a merged row says of a column: the mean of what its rows said, or what the last one did. */
enum series_merge { SERIES_MEAN, SERIES_LAST };

struct series {
    int width;                      /* numbers in a row, up to SERIES_MAX_WIDTH */
    const enum series_merge *merge; /* (width); the maker's */
    size_t limit;                   /* rows kept at most; even */
    size_t count;                   /* rows kept; the last one may stand for less than stride */
    int64_t stride;                 /* rows that each one kept stands for */
    int64_t newest;                 /* rows that the last one stands for */
    double *rows;                   /* (limit, width); NULL while there are none */
};

/* An empty series. It owns memory once a row is added: series_clear frees it. */
struct series series_make(int width, const enum series_merge *merge, size_t limit);

/* Adds row (width); a number that is none (NAN) counts for nothing. Without memory for it, it is
 * left out. */
void series_add(struct series *series, const double *row);

/* Row index of those kept: (width). */
const double *series_row(const struct series *series, size_t index);

void series_clear(struct series *series);

#endif
