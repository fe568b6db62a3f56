#include "plot/captions.h"
#include "plot/ticks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *caption_of_x(enum plot_x x) {
    return x == PLOT_SECONDS ? "time" : x == PLOT_EMULATOR_FRAMES ? "emulator frames" : "steps";
}

void caption_of_y(const struct plot *plot, char *out, size_t size) {
    char name[sizeof plot->y];
    snprintf(name, sizeof name, "%s", plot->y);
    for (char *c = name; *c; c++)
        if (*c == '_')
            *c = ' ';
    if (plot->window == 1)
        snprintf(out, size, "%s", name);
    else
        snprintf(out, size, "%s, mean of the last %d %s", name, plot->window,
                 strcmp(plot->y, "score") == 0 ? "games" : "rows (one per second)");
}

static const char *sample_name(const struct plot *plot) {
    return strcmp(plot->y, "score") == 0 ? "games" : "rows";
}

static bool has_band(const struct plot *plot, enum plot_band band) {
    for (int i = 0; i < plot->curve_count; i++)
        if (plot->curves[i].band == band)
            return true;
    return false;
}

int caption_of_bands(const struct plot *plot, char notes[2][CAPTION_SIZE]) {
    int count = 0;
    if (has_band(plot, PLOT_BOOTSTRAP))
        snprintf(notes[count++], sizeof notes[0],
                 "Several runs: interquartile mean with its 95 %% bootstrap interval.");
    if (has_band(plot, PLOT_MIDDLE_HALF))
        snprintf(notes[count++], sizeof notes[0],
                 "One run: mean, and the range of the middle half of its %s.", sample_name(plot));
    return count;
}

/* A number with three digits. */
static void format_value(char *out, size_t size, double value) {
    double step = 1;
    while (fabs(value) < 99.95 * step && step > 1e-9)
        step /= 10;
    while (fabs(value) >= 1e4 && fabs(value) >= 999.5 * step)
        step *= 10;
    format_number(out, size, value, step, fabs(value));
}

void caption_of_end(const struct plot_curve *curve, char *out, size_t size) {
    char value[32];
    format_value(value, sizeof value, curve->y[curve->count - 1]);
    if (curve->band == PLOT_NO_BAND && curve->run_count == 1)
        snprintf(out, size, "%s", value);
    else
        snprintf(out, size, "%s · %d %s", value, curve->run_count,
                 curve->run_count == 1 ? "run" : "runs");
}
