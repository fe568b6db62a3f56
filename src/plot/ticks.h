/* Axes: their ticks and the ticks' labels. Pure functions. */
#ifndef ASYNCRL_PLOT_TICKS_H
#define ASYNCRL_PLOT_TICKS_H

#include "plot/plot.h"

/* An axis from low to high with a tick at every multiple of step. */
struct axis {
    double low;
    double high;
    double step;
};

/* x: from 0, unless all curves lie in its last half. */
struct axis axis_of_x(enum plot_x kind, double low, double high, int max_ticks);

/* y: from 0 if values are not far from it; with some room above and below. */
struct axis axis_of_y(double low, double high, int max_ticks);

/* A short number for a tick's label: "1.5M", "-20", "0.05". */
void format_number(char *out, size_t size, double value, double step, double largest);

#endif
