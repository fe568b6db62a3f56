#include "plot/plot.h"
#include "plot/curve.h"
#include "plot/group.h"
#include "plot/source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The default window of a point's mean: games, as in a run's status line, or rows, one per
 * second. */
enum { WINDOW_GAMES = 100, WINDOW_ROWS = 30 };

/* For short runs, a third of the shortest one, so that the curve has points. */
static int choose_window(const struct plot *plot) {
    size_t window = strcmp(plot->y, "score") == 0 ? WINDOW_GAMES : WINDOW_ROWS;
    for (int i = 0; i < plot->source_count; i++)
        if (!plot->sources[i]->points && plot->sources[i]->count / 3 < window)
            window = plot->sources[i]->count / 3;
    return window > 0 ? (int)window : 1;
}

/* About the number of points of a curve as wide as the chart. */
enum { GRID_MAX_POINTS = 500 };

static enum status make_curves(struct plot *plot, struct error *error) {
    double end = 0;
    for (int i = 0; i < plot->source_count; i++)
        end = fmax(end, plot->sources[i]->samples[plot->sources[i]->count - 1].x);
    const double step = end > 0 ? plot_nice_step(end, GRID_MAX_POINTS) : 1;
    enum status status = STATUS_OK;
    for (int curve = 0; curve < plot->curve_count && status == STATUS_OK; curve++) {
        const struct plot_source *runs[PLOT_MAX_RUNS];
        int run_count = 0;
        for (int i = 0; i < plot->source_count; i++)
            if (plot->curve_of[i] == curve)
                runs[run_count++] = plot->sources[i];
        status = curve_make(&plot->curves[curve], runs, run_count, plot->window, step, error);
    }
    return status;
}

enum status plot_read(const struct plot_request *request, struct plot **plot, struct error *error) {
    struct plot *made = calloc(1, sizeof *made);
    if (!made)
        return error_set(error, STATUS_FAILED, "out of memory for a chart");
    made->x = request->x;
    snprintf(made->y, sizeof made->y, "%s", request->y);
    enum status status = group_sources(made, request, error);
    if (status == STATUS_OK) {
        made->window = request->window > 0 ? request->window : choose_window(made);
        status = make_curves(made, error);
    }
    if (status != STATUS_OK) {
        plot_free(made);
        return status;
    }
    if (request->title[0])
        snprintf(made->title, sizeof made->title, "%s", request->title);
    else
        group_title(made, made->title, sizeof made->title);
    make_legible(made->title);
    *plot = made;
    return STATUS_OK;
}

const char *plot_warning(const struct plot *plot, int index, int place) {
    return plot->sources[index]->warnings[place].message;
}

void plot_free(struct plot *plot) {
    if (!plot)
        return;
    for (int i = 0; i < plot->curve_count; i++)
        curve_free(&plot->curves[i]);
    for (int i = 0; i < plot->source_count; i++)
        source_free(plot->sources[i]);
    for (int i = 0; i < plot->passed_over_count; i++)
        free(plot->passed_over[i]);
    free(plot);
}

double plot_mean_between(const struct plot *plot, int curve, double from, double to,
                         size_t *count) {
    double sum = 0;
    *count = 0;
    for (int i = 0; i < plot->source_count; i++) {
        const struct plot_source *source = plot->sources[i];
        for (size_t k = 0; plot->curve_of[i] == curve && k < source->count; k++)
            if (source->samples[k].x >= from && source->samples[k].x < to) {
                sum += source->samples[k].y;
                ++*count;
            }
    }
    return *count > 0 ? sum / (double)*count : 0;
}
