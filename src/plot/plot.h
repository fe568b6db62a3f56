/*
 * Charts of runs: how scores, or what else progress.csv tells, went with steps or time.
 *
 *     const char *const arguments[] = {"runs/s1", "runs/s2", "clipped=runs/c1,runs/c2"};
 *     const struct plot_request request = {.arguments = arguments, .argument_count = 3,
 *                                          .x = PLOT_STEPS, .y = "score"};
 *     status = plot_read(&request, &plot, error);
 *     if (status == STATUS_OK)
 *         status = plot_draw(plot, &look, "scores.svg", error);
 *     plot_free(plot);
 *
 * An argument is a folder of a run or a CSV file of points, or LABEL=PATH,PATH for a curve of one's
 * own choice. Runs without a label make one curve when they differ in nothing but their seed.
 *
 * Of several runs a curve shows the interquartile mean and 95 % intervals by the stratified
 * bootstrap, point by point, as rliable does (Agarwal et al. 2021, arXiv 2108.13264); of one run
 * its moving mean, and between which values the middle half of what that is the mean of lies.
 *
 * One thread of one process. Reads runs that are still going on, too.
 */
#ifndef ASYNCRL_PLOT_PLOT_H
#define ASYNCRL_PLOT_PLOT_H

#include "base/base.h"

#include <stdbool.h>
#include <stddef.h>

enum { PLOT_MAX_CURVES = 12, PLOT_MAX_RUNS = 256, PLOT_LABEL_SIZE = 96 };

enum plot_x { PLOT_STEPS, PLOT_EMULATOR_FRAMES, PLOT_SECONDS };

struct plot_request {
    const char *const *arguments;
    int argument_count;
    enum plot_x x;
    const char *y;     /* "score", or a column of progress.csv */
    int window;        /* games (or rows of progress.csv) that a point is the mean of; 0: choose */
    const char *title; /* "": made from what the runs have in common */
};

/* What the band around a curve says. */
enum plot_band {
    PLOT_NO_BAND,     /* points of a file, as they are */
    PLOT_MIDDLE_HALF, /* quartiles of the games or rows that a point is the mean of: one run */
    PLOT_BOOTSTRAP,   /* 95 % bootstrap interval of the interquartile mean: several runs */
};

/* One curve, on a grid that all curves of a plot share but for their first and last points. */
struct plot_curve {
    char label[PLOT_LABEL_SIZE];
    int run_count;
    enum plot_band band;
    int count;    /* of points, at least 1 */
    double *x;    /* (count), ascending */
    double *y;    /* (count) */
    double *low;  /* (count) */
    double *high; /* (count) */
};

struct plot_source;

struct plot {
    enum plot_x x;
    char y[64];
    int window;
    char title[2 * PLOT_LABEL_SIZE];
    int curve_count;
    struct plot_curve curves[PLOT_MAX_CURVES];
    int source_count;
    struct plot_source *sources[PLOT_MAX_RUNS]; /* what was read */
    int curve_of[PLOT_MAX_RUNS];                /* which curve a source is part of */
};

/* Reads the runs and works the curves out. On success the caller frees *plot. No run at a path, a
 * file without rows or with a damaged one, no such column: STATUS_BAD_INPUT. */
enum status plot_read(const struct plot_request *request, struct plot **plot, struct error *error);

/* One line on what was left out of the damaged file of source index, of plot->source_count; "":
 * nothing. The plot's. */
const char *plot_warning(const struct plot *plot, int index);

/* NULL is ignored. */
void plot_free(struct plot *plot);

/* The mean of all games (or rows) of a curve's runs from x >= from to x < to, and their number. */
double plot_mean_between(const struct plot *plot, int curve, double from, double to, size_t *count);

/* A step of 1, 2 or 5 times a power of ten that has span in at most max_count steps. */
double plot_nice_step(double span, int max_count);

/* AUTO: of an SVG what its reader prefers, else light. */
enum plot_theme { PLOT_AUTO, PLOT_LIGHT, PLOT_DARK };

struct plot_look {
    enum plot_theme theme;
    int width; /* of an SVG and a PDF, in their units; a PNG has twice as many pixels */
    int height;
};

/* STATUS_BAD_INPUT where plot_draw cannot write to path: an ending that is none of .svg, .png and
 * .pdf, or a folder that is not there. */
enum status plot_check_path(const char *path, struct error *error);

/* Draws the plot into a file of the kind that path's ending says, whole or not at all. */
enum status plot_draw(const struct plot *plot, const struct plot_look *look, const char *path,
                      struct error *error);

/* x as a tick's label has it, where the axis goes to largest in steps of step: "1.5M", "30 min". */
void plot_format_x(char *out, size_t size, enum plot_x kind, double x, double step, double largest);

#endif
