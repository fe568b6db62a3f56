/* Statistics of a list of scores: pure functions on plain arrays. Any thread. */
#ifndef ASYNCRL_PLAY_STATISTICS_H
#define ASYNCRL_PLAY_STATISTICS_H

#include "base/base.h"

struct statistics {
    double mean, median, min, max;
    double std; /* divided by count, as NumPy does */
};

/* values: (count), count at least 1. Fails only if memory runs out. */
enum status statistics_of(struct statistics *statistics, const double *values, int count,
                          struct error *error);

/*
 * The 95 % interval of the mean by the percentile bootstrap (Efron 1979): the 2.5 % and 97.5 %
 * quantiles of the means of 10 000 resamples.
 */
enum status bootstrap_interval(double interval[2], const double *values, int count, struct rng *rng,
                               struct error *error);

#endif
