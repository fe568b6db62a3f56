/*
 * Presets: measured settings for a method and a kind of games. One table of data.
 *
 *     const struct preset *preset = preset_choose("a3c", "Breakout-v0");
 *     if (preset)
 *         options_parse_text(table, preset->options, &config, error);
 *
 * A preset replaces defaults; options that the user gives replace the preset's. Any thread.
 */
#ifndef ASYNCRL_PRESET_PRESET_H
#define ASYNCRL_PRESET_PRESET_H

#include "base/base.h"

#include <stdbool.h>
#include <stdint.h>

/* A measured score of a run with the preset. */
struct preset_point {
    int64_t steps;
    double score; /* mean of the last 100 whole games */
};

enum { PRESET_MAX_POINTS = 8 };

struct preset {
    const char *name;
    const char *methods; /* "a3c", "q1|qn" */
    const char *games;   /* patterns of ids: "Breakout*|Pong*", "*" */
    bool is_default;     /* taken if no preset is named */
    const char *summary;
    const char *options;                          /* as options_parse_text reads them */
    struct preset_point curve[PRESET_MAX_POINTS]; /* steps of 0 end it */
    const char *run;      /* the section of docs/results that has the run; NULL: not measured */
    const char *measured; /* patterns of the ids that the curve is of; NULL: all of its games */
};

/* All presets in order, ended by a row without a name. */
extern const struct preset presets[];

/* Whether a preset is for that method, and for that game. */
bool preset_has_method(const struct preset *preset, const char *method);
bool preset_has_game(const struct preset *preset, const char *game);

/* The default preset of a method and a game: the first that fits; NULL: none. */
const struct preset *preset_choose(const char *method, const char *game);

/*
 * The preset of that name. STATUS_BAD_INPUT, with a list of fitting presets: it does not exist, or
 * is not for this method or game.
 */
enum status preset_find(const char *name, const char *method, const char *game,
                        const struct preset **preset, struct error *error);

/* The measured score after these steps, interpolated between the points of curve; after the last
 * point, its score. NaN before the first point, and for a game on which it was not measured. */
double preset_expected(const struct preset *preset, const char *game, int64_t steps);

#endif
