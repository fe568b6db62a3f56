/* One source of a chart: a run, or a file of points. */
#ifndef ASYNCRL_PLOT_SOURCE_H
#define ASYNCRL_PLOT_SOURCE_H

#include "plot/plot.h"

struct sample {
    double x;
    double y;
};

struct plot_source {
    char path[PATH_SIZE];
    struct json *config;    /* config.json; NULL for a file of points */
    bool points;            /* already means: drawn unchanged */
    size_t count;           /* at least 1 */
    struct sample *samples; /* (count) games or rows, by ascending x */
    /* Their messages say what was left out of a damaged file; "": nothing. */
    struct error warnings[PLOT_MAX_WARNINGS];
};

/*
 * Reads y as a function of x from the run directory or file path. If a run was resumed from
 * earlier weights (--checkpoint=N), rows beyond those weights are dropped, and time and emulator
 * frames, which restart there, are continued. On success the caller frees *source.
 */
enum status source_read(const char *path, enum plot_x x, const char *y, struct plot_source **source,
                        struct error *error);

/* NULL is ignored. */
void source_free(struct plot_source *source);

/* Whether the runs differ only in options that do not change how they learn, such as the seed. */
bool source_alike(const struct plot_source *a, const struct plot_source *b);

/*
 * Writes the value of a run's option as text; false for a file of points, or if config.json lacks
 * the option.
 */
bool source_option(const struct plot_source *source, const char *name, char *out, size_t size);

/* Iterates over the options of a source that change how it learns; NULL after the last. name: the
 * previous result, NULL at first. */
const char *source_next_option(const struct plot_source *source, const char *name);

#endif
