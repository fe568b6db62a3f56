/* Where the names of curves stand: beside their ends, and not on one another. Pure functions. */
#ifndef ASYNCRL_PLOT_LABELS_H
#define ASYNCRL_PLOT_LABELS_H

#include "plot/canvas.h"

/* A curve in the units of the canvas. */
struct trace {
    struct point *points; /* (count) */
    int count;
};

struct label {
    struct point end; /* of the curve */
    double width;
    double height;
    bool beside; /* right of the chart, since the curve ends at its right edge */
    double left; /* where it comes to stand */
    double top;
};

struct frame {
    double left, top, right, bottom;
};

/* Fills left and top of every label. x of labels beside the chart: column. */
void labels_place(struct label *labels, int count, const struct trace *traces,
                  const struct frame *frame, double column);

#endif
