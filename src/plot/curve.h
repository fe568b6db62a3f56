/* Curves out of runs: moving means on a grid, and how far they can be trusted. */
#ifndef ASYNCRL_PLOT_CURVE_H
#define ASYNCRL_PLOT_CURVE_H

#include "plot/source.h"

/*
 * Fills all of curve but its label from run_count runs (of which a file of points may be one). It
 * goes from where the last of them has window samples to where the first of them ends, by steps of
 * step (a multiple of which every point but the first and the last one is). Fewer than window
 * samples, or runs that have no x in common: STATUS_BAD_INPUT.
 */
enum status curve_make(struct plot_curve *curve, const struct plot_source *const *sources,
                       int run_count, int window, double step, struct error *error);

void curve_free(struct plot_curve *curve);

#endif
