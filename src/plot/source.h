/* What a chart is made of: one run, or one file of points. */
#ifndef ASYNCRL_PLOT_SOURCE_H
#define ASYNCRL_PLOT_SOURCE_H

#include "plot/plot.h"

struct sample {
    double x;
    double y;
};

struct plot_source {
    char path[PATH_SIZE];
    struct json *config;    /* what config.json says; NULL of a file of points */
    bool points;            /* means already: drawn as they are */
    size_t count;           /* at least 1 */
    struct sample *samples; /* (count) games or rows, by ascending x */
    struct error warning;   /* its message: what was left out of a damaged file; "": nothing */
};

/*
 * Reads what y was at which x, in the run in folder path or the file path. Where a run went on from
 * earlier weights (--checkpoint=N), what it had played beyond them is left out, and time and
 * emulator frames, which begin anew there, are counted on. On success the caller frees *source.
 */
enum status source_read(const char *path, enum plot_x x, const char *y, struct plot_source **source,
                        struct error *error);

/* NULL is ignored. */
void source_free(struct plot_source *source);

/* Whether the runs differ in nothing but what has no say in how they learn, such as the seed. */
bool source_alike(const struct plot_source *a, const struct plot_source *b);

/*
 * Writes the value that a run's option has as text; false for a file of points and where
 * config.json does not have the option.
 */
bool source_option(const struct plot_source *source, const char *name, char *out, size_t size);

/* The options of a source that make a difference, in order; NULL after the last. name: what was
 * returned before, NULL at first. */
const char *source_next_option(const struct plot_source *source, const char *name);

#endif
