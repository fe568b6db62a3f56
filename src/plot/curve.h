/* Curves from runs: moving means on a grid, with intervals. */
#ifndef ASYNCRL_PLOT_CURVE_H
#define ASYNCRL_PLOT_CURVE_H

#include "plot/source.h"

/*
 * Fills all of curve except its label from run_count runs (or one file of points). The curve starts
 * where every run has window samples and ends where the first run ends; its points, except the
 * first and the last, are multiples of step. STATUS_BAD_INPUT: fewer than window samples, or no x
 * in common.
 */
enum status curve_make(struct plot_curve *curve, const struct plot_source *const *sources,
                       int run_count, int window, double step, struct error *error);

void curve_free(struct plot_curve *curve);

#endif
