#include "cli/command.h"
#include "preset/preset.h"

#include <string.h>

struct presets_options {
    bool json;
};

static const struct option table[] = {JSON_OPTION(struct presets_options), {0}};

static const struct option_part parts[] = {
    {.options = table},
    {0},
};

static bool is_wanted(const struct preset *preset, const char *name) {
    return !name || strcmp(preset->name, name) == 0;
}

static const char *measured_games(const struct preset *preset) {
    return preset->measured ? preset->measured : preset->games;
}

static struct json *curve_json(const struct preset *preset) {
    struct json *curve = json_new_array();
    for (int i = 0; i < PRESET_MAX_POINTS && preset->curve[i].steps > 0; i++) {
        struct json *point = json_new_object();
        json_set_int(point, "steps", preset->curve[i].steps);
        json_set_real(point, "score", preset->curve[i].score);
        json_append(curve, point);
    }
    return curve;
}

static void print_json(const char *name) {
    struct json *json = json_new_object();
    struct json *list = json_new_array();
    for (const struct preset *preset = presets; preset->name; preset++) {
        if (!is_wanted(preset, name))
            continue;
        struct json *row = json_new_object();
        json_set_text(row, "name", preset->name);
        json_set_text(row, "methods", preset->methods);
        json_set_text(row, "games", preset->games);
        json_set_bool(row, "default", preset->is_default);
        json_set_text(row, "summary", preset->summary);
        json_set_text(row, "options", preset->options);
        json_set(row, "curve", curve_json(preset));
        if (preset->run) {
            json_set_text(row, "run", preset->run);
            json_set_text(row, "measured", measured_games(preset));
        }
        json_append(list, row);
    }
    json_set(json, "presets", list);
    command_print_json(json);
}

static void print_preset(const struct preset *preset) {
    printf("%s\n  methods  %s\n  games    %s%s\n  what     %s\n  options  %s\n", preset->name,
           preset->methods, preset->games, preset->is_default ? " (their default)" : "",
           preset->summary, preset->options[0] ? preset->options : "the method's defaults");
    for (int i = 0; i < PRESET_MAX_POINTS && preset->curve[i].steps > 0; i++)
        printf("%s%g at %g M", i > 0 ? ", " : "  scores   ", preset->curve[i].score,
               (double)preset->curve[i].steps / 1e6);
    if (preset->run)
        printf(" steps of %s: %s", measured_games(preset), preset->run);
    if (preset->run || preset->curve[0].steps > 0)
        putchar('\n');
}

static enum status run_presets(const struct command *command, int argc, char **argv,
                               struct error *error) {
    const char *name = NULL;
    int name_count;
    struct presets_options options;
    const enum status status =
        command_parse_arguments(command, argc, argv, &options, &name, 1, &name_count, error);
    if (status != STATUS_OK)
        return status;
    bool is_any = false;
    for (const struct preset *preset = presets; preset->name; preset++)
        is_any = is_any || is_wanted(preset, name);
    if (!is_any)
        return error_set(error, STATUS_BAD_INPUT,
                         "there is no preset '%.40s'; asyncrl presets lists them all", name);
    if (options.json) {
        print_json(name);
        return STATUS_OK;
    }
    for (const struct preset *preset = presets; preset->name; preset++)
        if (is_wanted(preset, name))
            print_preset(preset);
    return STATUS_OK;
}

const struct command command_presets = {
    .name = "presets",
    .usage = "presets [NAME] [--json]",
    .summary = "list the measured settings of --preset, with their scores",
    .details = "`train` takes the default preset of its method and game, unless --preset names\n"
               "another. Options on the command line override a preset.\n",
    .options = parts,
    .run = run_presets,
};
