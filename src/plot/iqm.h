/*
 * Interquartile means with bootstrap intervals (Agarwal et al. 2021, arXiv 2108.13264, sections 4.2
 * and 4.1): pure functions on plain arrays. Any thread.
 */
#ifndef ASYNCRL_PLOT_IQM_H
#define ASYNCRL_PLOT_IQM_H

#include "base/base.h"

enum { BOOTSTRAP_RESAMPLES = 10000 };

/* Sorts values in ascending order. */
void sort_values(double *values, size_t count);

/* The mean of count >= 1 sorted values without a quarter of them, rounded down, at each end; the
 * plain mean of fewer than four. */
double iqm_of(const double *sorted, int count);

/* The quantile part (0 to 1) of count >= 1 sorted values, interpolated linearly: definition 7 of
 * Hyndman and Fan (1996), which NumPy uses. */
double quantile(const double *sorted, size_t count, double part);

/*
 * Resamples of runs, drawn once and used for all points of a curve, because whole runs are drawn.
 * All runs are of one game, so there is one stratum.
 */
struct iqm_resamples {
    int run_count;
    uint16_t *times; /* (BOOTSTRAP_RESAMPLES, run_count): how often each run was drawn */
    double *means;   /* (BOOTSTRAP_RESAMPLES): scratch */
};

/* run_count: 1 to 65535. The caller calls iqm_free. */
enum status iqm_draw(struct iqm_resamples *resamples, int run_count, struct rng *rng,
                     struct error *error);
void iqm_free(struct iqm_resamples *resamples);

/* The 95 % interval of the interquartile mean, by the percentile bootstrap. sorted: (run_count). */
void iqm_interval(struct iqm_resamples *resamples, const double *sorted, double *low, double *high);

#endif
