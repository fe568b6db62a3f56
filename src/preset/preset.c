#include "preset/preset.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Whether one of "a|b|c" matches word as a pattern. */
static bool matches(const char *patterns, const char *word) {
    for (const char *pattern = patterns; *pattern;) {
        char one[64];
        const size_t length = strcspn(pattern, "|");
        snprintf(one, sizeof one, "%.*s", (int)length, pattern);
        if (fnmatch(one, word, 0) == 0)
            return true;
        pattern += length;
        pattern += *pattern == '|';
    }
    return false;
}

bool preset_has_method(const struct preset *preset, const char *method) {
    return matches(preset->methods, method);
}

bool preset_has_game(const struct preset *preset, const char *game) {
    return matches(preset->games, game);
}

static bool fits(const struct preset *preset, const char *method, const char *game) {
    return preset_has_method(preset, method) && preset_has_game(preset, game);
}

const struct preset *preset_choose(const char *method, const char *game) {
    for (const struct preset *preset = presets; preset->name; preset++)
        if (preset->is_default && fits(preset, method, game))
            return preset;
    return NULL;
}

/* The message lists the presets that fit. */
static enum status refuse(const char *name, const char *method, const char *game,
                          struct error *error) {
    char names[256] = "";
    size_t used = 0;
    for (const struct preset *preset = presets; preset->name; preset++)
        if (fits(preset, method, game) && used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     used > 0 ? ", " : "", preset->name);
    return error_set(error, STATUS_BAD_INPUT,
                     "%s on %.100s has no preset '%.40s'; it has %s (see `asyncrl presets`)",
                     method, game, name, names);
}

enum status preset_find(const char *name, const char *method, const char *game,
                        const struct preset **preset, struct error *error) {
    for (*preset = presets; (*preset)->name; (*preset)++)
        if (strcmp((*preset)->name, name) == 0 && fits(*preset, method, game))
            return STATUS_OK;
    return refuse(name, method, game, error);
}

double preset_expected(const struct preset *preset, const char *game, int64_t steps) {
    const struct preset_point *point = preset->curve;
    if (point->steps == 0 || steps < point->steps ||
        !matches(preset->measured ? preset->measured : preset->games, game))
        return NAN;
    const struct preset_point *last = preset->curve + PRESET_MAX_POINTS - 1;
    for (; point < last && point[1].steps > 0; point++)
        if (steps < point[1].steps)
            return point->score + (point[1].score - point->score) * (double)(steps - point->steps) /
                                      (double)(point[1].steps - point->steps);
    return point->score;
}
