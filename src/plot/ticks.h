/* Axes: where their ticks are, and what stands at them. Pure functions. */
#ifndef ASYNCRL_PLOT_TICKS_H
#define ASYNCRL_PLOT_TICKS_H

#include "plot/plot.h"

/* An axis from low to high with a tick at every multiple of step. */
struct axis {
    double low;
    double high;
    double step;
};

/* x: from 0, but where all of the curves is in the last half of it. */
struct axis axis_of_x(enum plot_x kind, double low, double high, int max_ticks);

/* y: from 0 where values are not far from it; with some room above and below. */
struct axis axis_of_y(double low, double high, int max_ticks);

/* A number as short as a tick's label: "1.5M", "-20", "0.05". */
void format_number(char *out, size_t size, double value, double step, double largest);

#endif
