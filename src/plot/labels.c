#include "plot/labels.h"

#include <math.h>

enum { GAP = 4, DISTANCE = 9 };

/* ---- Beside the chart ------------------------------------------------------------------------ */

/* Indices of the labels beside the chart, from the topmost curve down. */
static int sort_beside(const struct label *labels, int count, int order[PLOT_MAX_CURVES]) {
    int found = 0;
    for (int i = 0; i < count; i++) {
        if (!labels[i].beside)
            continue;
        int place = found++;
        for (; place > 0 && labels[order[place - 1]].end.y > labels[i].end.y; place--)
            order[place] = order[place - 1];
        order[place] = i;
    }
    return found;
}

/* Pushes labels apart: down until none overlap, then up from the lower edge. */
static void stack(struct label *labels, int count, const struct frame *frame, double column) {
    int order[PLOT_MAX_CURVES];
    const int found = sort_beside(labels, count, order);
    double free_from = frame->top - GAP;
    for (int i = 0; i < found; i++) {
        struct label *label = &labels[order[i]];
        label->left = column;
        label->top = fmax(label->end.y - label->height / 2, free_from);
        free_from = label->top + label->height + GAP;
    }
    double free_to = frame->bottom + GAP;
    for (int i = found - 1; i >= 0; i--) {
        struct label *label = &labels[order[i]];
        label->top = fmin(label->top, free_to - label->height);
        free_to = label->top - GAP;
    }
}

/* ---- In the chart ---------------------------------------------------------------------------- */

static bool is_inside(const struct label *label, double margin, const struct point *point) {
    return point->x > label->left - margin && point->x < label->left + label->width + margin &&
           point->y > label->top - margin && point->y < label->top + label->height + margin;
}

static bool overlap(const struct label *a, const struct label *b) {
    return a->left < b->left + b->width && b->left < a->left + a->width &&
           a->top < b->top + b->height && b->top < a->top + a->height;
}

/* How much of a trace lies under a label. */
static int count_hidden(const struct label *label, const struct trace *trace) {
    enum { PLACES = 8 }; /* a line: curves have steep parts */
    int hidden = 0;
    for (int k = 1; k < trace->count; k++) {
        const struct point *from = &trace->points[k - 1];
        const struct point *to = &trace->points[k];
        for (int i = 0; i < PLACES; i++) {
            const double part = (double)i / PLACES;
            const struct point point = {from->x + part * (to->x - from->x),
                                        from->y + part * (to->y - from->y)};
            hidden += is_inside(label, 2, &point);
        }
    }
    return hidden;
}

/* How much a label covers at its place: curves, other labels, the frame's edge. */
static double covered(const struct label *label, const struct label *labels, int placed,
                      const struct trace *traces, int trace_count, const struct frame *frame) {
    double sum = 0;
    for (int i = 0; i < trace_count; i++)
        sum += count_hidden(label, &traces[i]);
    for (int i = 0; i < placed; i++)
        sum += !labels[i].beside && overlap(label, &labels[i]) ? 1000 : 0;
    if (label->left < frame->left || label->left + label->width > frame->right ||
        label->top < frame->top || label->top + label->height > frame->bottom)
        sum += 10000;
    return sum;
}

/* Puts it right of the end, above or below: where it covers least. */
static void place_inside(struct label *labels, int i, const struct trace *traces, int count,
                         const struct frame *frame) {
    struct label *label = &labels[i];
    const struct point end = label->end;
    const double middle = label->width / 2;
    const struct point places[] = {
        {end.x + DISTANCE, end.y - label->height / 2},
        {end.x - middle, end.y - label->height - DISTANCE},
        {end.x - middle, end.y + DISTANCE},
        {end.x + DISTANCE, end.y - label->height - DISTANCE},
        {end.x + DISTANCE, end.y + DISTANCE},
        {end.x - middle, end.y - label->height - 4 * DISTANCE},
        {end.x - middle, end.y + 4 * DISTANCE},
    };
    double least = INFINITY;
    struct point best = places[0];
    for (size_t k = 0; k < sizeof places / sizeof places[0]; k++) {
        label->left = places[k].x;
        label->top = places[k].y;
        const double cost = covered(label, labels, i, traces, count, frame);
        if (cost < least) {
            least = cost;
            best = places[k];
        }
    }
    label->left = best.x;
    label->top = best.y;
}

void labels_place(struct label *labels, int count, const struct trace *traces,
                  const struct frame *frame, double column) {
    stack(labels, count, frame, column);
    for (int i = 0; i < count; i++)
        if (!labels[i].beside)
            place_inside(labels, i, traces, count, frame);
}
