#include "plot/expected.h"
#include "preset/preset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The preset of a run, if its curve is of the run's game; otherwise NULL. */
static const struct preset *find_preset(const struct plot_source *source,
                                        char game[OPTION_TEXT_SIZE]) {
    char name[OPTION_TEXT_SIZE];
    char method[OPTION_TEXT_SIZE];
    const struct preset *preset;
    struct error unknown;
    const bool has_curve = source_option(source, "preset", name, sizeof name) &&
                           source_option(source, "method", method, sizeof method) &&
                           source_option(source, "game", game, OPTION_TEXT_SIZE) &&
                           preset_find(name, method, game, &preset, &unknown) == STATUS_OK &&
                           !isnan(preset_expected(preset, game, INT64_MAX));
    return has_curve ? preset : NULL;
}

/* Its measured points up to x = end, and one there, but at least the first. Returns their number.
 * samples: (PRESET_MAX_POINTS + 1) */
static size_t list_points(const struct preset *preset, const char *game, double end,
                          struct sample *samples) {
    size_t count = 0;
    for (int i = 0; i < PRESET_MAX_POINTS && preset->curve[i].steps > 0; i++) {
        const struct sample sample = {(double)preset->curve[i].steps, preset->curve[i].score};
        if (count == 0 || sample.x <= end) {
            samples[count++] = sample;
            continue;
        }
        if (samples[count - 1].x < end) {
            samples[count] = (struct sample){end, preset_expected(preset, game, (int64_t)end)};
            count++;
        }
        break;
    }
    return count;
}

static enum status add_curve(struct plot *plot, const struct preset *preset, const char *game,
                             double end, struct error *error) {
    if (plot->curve_count == PLOT_MAX_CURVES || plot->source_count == PLOT_MAX_RUNS)
        return error_set(error, STATUS_BAD_INPUT,
                         "there is no room for --expected beside %d curves; name fewer runs",
                         plot->curve_count);
    struct plot_source *source = calloc(1, sizeof *source);
    if (source)
        source->samples = calloc(PRESET_MAX_POINTS + 1, sizeof *source->samples);
    if (!source || !source->samples) {
        source_free(source);
        return error_set(error, STATUS_FAILED, "out of memory for a chart");
    }
    source->points = true;
    source->count = list_points(preset, game, end, source->samples);
    snprintf(source->path, sizeof source->path, "preset %s", preset->name);
    snprintf(plot->curves[plot->curve_count].label, PLOT_LABEL_SIZE, "expected, preset %s",
             preset->name);
    plot->curve_of[plot->source_count] = plot->curve_count++;
    plot->sources[plot->source_count++] = source;
    return STATUS_OK;
}

enum status expected_add(struct plot *plot, struct error *error) {
    const struct preset *added[PLOT_MAX_CURVES];
    const int runs = plot->source_count;
    int count = 0;
    double end = 0;
    enum status status = STATUS_OK;
    if (plot->x != PLOT_STEPS || strcmp(plot->y, "score") != 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "--expected shows scores over steps: leave out -x and -y");
    for (int i = 0; i < runs; i++)
        end = fmax(end, plot->sources[i]->samples[plot->sources[i]->count - 1].x);
    for (int i = 0; i < runs && status == STATUS_OK; i++) {
        char game[OPTION_TEXT_SIZE];
        const struct preset *preset = find_preset(plot->sources[i], game);
        bool is_new = preset != NULL;
        for (int k = 0; k < count; k++)
            is_new = is_new && added[k] != preset;
        if (!is_new)
            continue;
        status = add_curve(plot, preset, game, end, error);
        if (status == STATUS_OK)
            added[count++] = preset;
    }
    if (status == STATUS_OK && count == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "no run has a preset whose scores were measured on its game (see `asyncrl "
                         "presets`): leave out --expected");
    return status;
}
