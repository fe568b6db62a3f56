/* Places the names of curves beside their ends, without overlaps. Pure functions. */
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
    bool beside; /* right of the chart, because the curve ends at its right edge */
    double left; /* the place found */
    double top;
};

struct frame {
    double left, top, right, bottom;
};

/* Fills left and top of every label. x of labels beside the chart: column. */
void labels_place(struct label *labels, int count, const struct trace *traces,
                  const struct frame *frame, double column);

#endif
