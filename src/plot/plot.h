/*
 * Charts of runs: scores, or a column of progress.csv, over steps or time.
 *
 *     const char *const arguments[] = {"runs/s1", "runs/s2", "clipped=runs/c1,runs/c2"};
 *     const struct plot_request request = {.arguments = arguments, .argument_count = 3,
 *                                          .x = PLOT_STEPS, .y = "score"};
 *     status = plot_read(&request, &plot, error);
 *     if (status == STATUS_OK)
 *         status = plot_draw(plot, &look, "scores.svg", error);
 *     plot_free(plot);
 *
 * An argument is a run directory, a folder of run directories or a CSV file of points, or
 * LABEL=PATH,PATH to choose a curve's runs. Runs of a folder that have nothing to draw are skipped.
 * Runs without a label share a curve if they differ only in their seed. A curve of several
 * runs shows the interquartile mean and 95 % intervals by the stratified bootstrap, point by point,
 * as rliable does (Agarwal et al. 2021, arXiv 2108.13264). A curve of one run shows its moving mean
 * and the range of the middle half of the averaged values.
 *
 * One thread of one process. Unfinished runs can be read, too.
 */
#ifndef ASYNCRL_PLOT_PLOT_H
#define ASYNCRL_PLOT_PLOT_H

#include "base/base.h"

#include <stdbool.h>
#include <stddef.h>

enum { PLOT_MAX_CURVES = 12, PLOT_MAX_RUNS = 256, PLOT_LABEL_SIZE = 96 };
enum { PLOT_MAX_WARNINGS = 2 }; /* of a run: progress.csv and episodes.csv */

enum plot_x { PLOT_STEPS, PLOT_EMULATOR_FRAMES, PLOT_SECONDS };

struct plot_request {
    const char *const *arguments;
    int argument_count;
    enum plot_x x;
    const char *y;     /* "score", or a column of progress.csv */
    int window;        /* games (or rows of progress.csv) averaged per point; 0: choose */
    const char *title; /* "": made from the options that the runs share */
    bool expected;     /* also the curves that the runs' presets were measured with */
};

/* The meaning of the band around a curve. */
enum plot_band {
    PLOT_NO_BAND,     /* points of a file, as they are */
    PLOT_MIDDLE_HALF, /* one run: quartiles of the games or rows averaged per point */
    PLOT_BOOTSTRAP,   /* several runs: 95 % bootstrap interval of the interquartile mean */
};

/* One curve. All curves of a plot share a grid, except for their first and last points. */
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
    struct plot_source *sources[PLOT_MAX_RUNS]; /* the data read */
    int curve_of[PLOT_MAX_RUNS];                /* the curve of each source */
    int passed_over_count;
    char *passed_over[PLOT_MAX_RUNS]; /* why a run of a folder is not drawn, one line each */
};

/* Reads the runs and computes the curves. On success the caller frees *plot. STATUS_BAD_INPUT: no
 * run at a path, a file without rows or with a damaged one, no such column. */
enum status plot_read(const struct plot_request *request, struct plot **plot, struct error *error);

/* One line for each damaged or unfinished file of source index (below plot->source_count), at
 * places from 0, that says what was left out of it; "": nothing. Owned by the plot. */
const char *plot_warning(const struct plot *plot, int index, int place);

/* NULL is ignored. */
void plot_free(struct plot *plot);

/* The mean of all games (or rows) of a curve's runs from x >= from to x < to, and their number. */
double plot_mean_between(const struct plot *plot, int curve, double from, double to, size_t *count);

/* The smallest step of 1, 2 or 5 times a power of ten that covers span in at most max_count
 * steps. */
double plot_nice_step(double span, int max_count);

/* AUTO: an SVG follows its reader's preference; other files are light. */
enum plot_theme { PLOT_AUTO, PLOT_LIGHT, PLOT_DARK };

struct plot_look {
    enum plot_theme theme;
    int width; /* of an SVG or PDF, in their units; a PNG has twice as many pixels */
    int height;
};

/* STATUS_BAD_INPUT if plot_draw cannot write to path: another ending than .svg, .png or .pdf, or a
 * missing folder. */
enum status plot_check_path(const char *path, struct error *error);

/* Draws the plot into a file, atomically; path's ending chooses the format. */
enum status plot_draw(const struct plot *plot, const struct plot_look *look, const char *path,
                      struct error *error);

/* Writes x as a tick's label, "1.5M", "30 min", on an axis up to largest with ticks every step. */
void plot_format_x(char *out, size_t size, enum plot_x kind, double x, double step, double largest);

#endif
