#include "plot/plot.h"
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

struct plot_options {
    char output[OPTION_TEXT_SIZE];
    char x[OPTION_TEXT_SIZE];
    char y[OPTION_TEXT_SIZE];
    int64_t window;
    char title[OPTION_TEXT_SIZE];
    char theme[OPTION_TEXT_SIZE];
    int64_t width;
    int64_t height;
    bool expected;
    bool table;
    bool json;
};

static const struct option table[] = {
    TEXT_OPTION("o", struct plot_options, output, "", "FILE",
                "picture to write: .svg, .png (two pixels per unit) or .pdf; also --output",
                .alias = "output"),
    TEXT_OPTION("x", struct plot_options, x, "steps", "WHAT", "steps, emulator_frames or seconds",
                .choices = "steps|emulator_frames|seconds", .old_choice = "frames=steps"),
    TEXT_OPTION("y", struct plot_options, y, "score", "WHAT",
                "score, or a column of progress.csv: entropy, value, steps_per_second and others"),
    INT_OPTION("window", struct plot_options, window, "0", 0, 1e6, "N",
               "games (or rows of progress.csv, one per second) averaged per point; 0: 100 games "
               "or 30 rows, fewer for short runs",
               .needs = "o|json"),
    TEXT_OPTION("title", struct plot_options, title, "", "TEXT",
                "title; default: the game and method that all runs share", .needs = "o|json"),
    TEXT_OPTION(
        "theme", struct plot_options, theme, "auto", "NAME",
        "light, dark or auto: an SVG follows its reader's preference, other files are light",
        .choices = "auto|light|dark", .needs = "o"),
    INT_OPTION("width", struct plot_options, width, "800", 300, 4000, "N",
               "of the picture, in units", .needs = "o"),
    INT_OPTION("height", struct plot_options, height, "450", 200, 4000, "N",
               "of the picture, in units", .needs = "o"),
    FLAG_OPTION("expected", struct plot_options, expected, "false",
                "also draw the measured scores of the runs' presets, to see whether a run is "
                "healthy"),
    FLAG_OPTION("table", struct plot_options, table, "false",
                "print means and numbers of games between ticks as a Markdown table"),
    FLAG_OPTION("json", struct plot_options, json, "false",
                "print the numbers of the chart as one line of JSON"),
    {0},
};

static const struct option_part parts[] = {
    {.options = table},
    {0},
};

static const char *const x_names[] = {
    [PLOT_STEPS] = "steps",
    [PLOT_EMULATOR_FRAMES] = "emulator_frames",
    [PLOT_SECONDS] = "seconds",
};

static enum plot_x find_x(const char *name) {
    return strcmp(name, "seconds") == 0           ? PLOT_SECONDS
           : strcmp(name, "emulator_frames") == 0 ? PLOT_EMULATOR_FRAMES
                                                  : PLOT_STEPS;
}

static enum plot_theme find_theme(const char *name) {
    return strcmp(name, "light") == 0  ? PLOT_LIGHT
           : strcmp(name, "dark") == 0 ? PLOT_DARK
                                       : PLOT_AUTO;
}

static struct json *curve_to_json(const struct plot *plot, int index) {
    static const char *const bands[] = {
        [PLOT_NO_BAND] = "none",
        [PLOT_MIDDLE_HALF] = "middle_half",
        [PLOT_BOOTSTRAP] = "bootstrap_95",
    };
    const struct plot_curve *curve = &plot->curves[index];
    struct json *json = json_new_object();
    json_set_text(json, "label", curve->label);
    json_set_int(json, "runs", curve->run_count);
    json_set_text(json, "statistic", curve->run_count > 1 ? "interquartile_mean" : "mean");
    json_set_text(json, "band", bands[curve->band]);
    json_set_reals(json, "x", curve->x, curve->count);
    json_set_reals(json, "y", curve->y, curve->count);
    json_set_reals(json, "low", curve->low, curve->count);
    json_set_reals(json, "high", curve->high, curve->count);
    return json;
}

/* Curves are members of an object, by their labels, which are distinct. */
static void print_json(const struct plot *plot) {
    struct json *json = json_new_object();
    struct json *curves = json_new_object();
    json_set_text(json, "title", plot->title);
    json_set_text(json, "x", x_names[plot->x]);
    json_set_text(json, "y", plot->y);
    json_set_int(json, "window", plot->window);
    for (int i = 0; i < plot->curve_count; i++)
        json_set(curves, plot->curves[i].label, curve_to_json(plot, i));
    json_set(json, "curves", curves);
    json_print(json, stdout);
    json_free(json);
}

static void print_table(const struct plot *plot) {
    double end = 0;
    for (int i = 0; i < plot->curve_count; i++) {
        const double last = plot->curves[i].x[plot->curves[i].count - 1];
        end = last > end ? last : end;
    }
    const double step = plot_nice_step(end, 16);
    printf("| %s, up to |", x_names[plot->x]);
    for (int i = 0; i < plot->curve_count; i++)
        printf(" %s |", plot->curves[i].label);
    printf("\n| ---: |");
    for (int i = 0; i < plot->curve_count; i++)
        printf(" ---: |");
    for (int row = 1; (row - 1) * step < end; row++) {
        char text[32];
        plot_format_x(text, sizeof text, plot->x, row * step, step, end);
        printf("\n| %s |", text);
        for (int i = 0; i < plot->curve_count; i++) {
            size_t count;
            const double mean = plot_mean_between(plot, i, (row - 1) * step, row * step, &count);
            if (count > 0)
                printf(" %.4g (%zu) |", mean, count);
            else
                printf("  |");
        }
    }
    printf("\n");
}

/* One line per curve: its end. */
static void print_ends(const struct plot *plot) {
    for (int i = 0; i < plot->curve_count; i++) {
        const struct plot_curve *curve = &plot->curves[i];
        const int last = curve->count - 1;
        char x[32];
        plot_format_x(x, sizeof x, plot->x, curve->x[last], plot_nice_step(curve->x[last], 500),
                      curve->x[last]);
        printf("%s: %.4g", curve->label, curve->y[last]);
        if (curve->band != PLOT_NO_BAND)
            printf(" (%.4g to %.4g)", curve->low[last], curve->high[last]);
        printf(" at %s of %d %s\n", x, curve->run_count, curve->run_count == 1 ? "run" : "runs");
    }
}

static void print_warnings(const struct plot *plot) {
    for (int i = 0; i < plot->source_count; i++)
        for (int k = 0; k < PLOT_MAX_WARNINGS; k++)
            if (plot_warning(plot, i, k)[0])
                fprintf(stderr, "asyncrl: %s\n", plot_warning(plot, i, k));
    for (int i = 0; i < plot->passed_over_count; i++)
        fprintf(stderr, "asyncrl: skipped: %s\n", plot->passed_over[i]);
}

static enum status run_plot(const struct command *command, int argc, char **argv,
                            struct error *error) {
    struct plot_options options;
    const char *arguments[PLOT_MAX_RUNS];
    int argument_count;
    enum status status = command_parse_arguments(command, argc, argv, &options, arguments,
                                                 PLOT_MAX_RUNS, &argument_count, error);
    if (status == STATUS_OK && argument_count == 0)
        status = error_set(error, STATUS_BAD_INPUT, "plot needs a run: asyncrl %s", command->usage);
    if (status == STATUS_OK && !options.output[0] && !options.json && !options.table)
        status = error_set(error, STATUS_BAD_INPUT,
                           "plot needs -o FILE, --json or --table: asyncrl %s", command->usage);
    if (status == STATUS_OK && options.json && options.table)
        status = error_set(error, STATUS_BAD_INPUT, "--json and --table do not go together");
    if (status == STATUS_OK && options.output[0])
        status = plot_check_path(options.output, error);
    if (status != STATUS_OK)
        return status;

    const struct plot_request request = {
        .arguments = arguments,
        .argument_count = argument_count,
        .x = find_x(options.x),
        .y = options.y,
        .window = (int)options.window,
        .title = options.title,
        .expected = options.expected,
    };
    const struct plot_look look = {
        .theme = find_theme(options.theme),
        .width = (int)options.width,
        .height = (int)options.height,
    };
    struct plot *plot;
    status = plot_read(&request, &plot, error);
    if (status != STATUS_OK)
        return status;
    print_warnings(plot);
    if (options.output[0])
        status = plot_draw(plot, &look, options.output, error);
    if (status == STATUS_OK) {
        if (options.json)
            print_json(plot);
        else if (options.table)
            print_table(plot);
        else
            print_ends(plot);
    }
    plot_free(plot);
    return status;
}

const struct command command_plot = {
    .name = "plot",
    .usage = "plot RUN_DIR... -o FILE [options]",
    .summary = "draw scores over steps or time, of one run or of many",
    .details = "RUN_DIR is a run directory (the run may still be going on), a folder of them,\n"
               "or a CSV file of points (steps,score_mean_100). Runs of a folder that have\n"
               "nothing to draw yet are skipped. Runs that differ only in their seed share a\n"
               "curve; LABEL=RUN_DIR,RUN_DIR joins others. A curve of several runs is their\n"
               "interquartile mean with 95 % bootstrap intervals, up to the end of the shortest\n"
               "run. A curve of one run is the mean of its last games; the band holds the\n"
               "middle half of them.\n",
    .options = parts,
    .arguments = "DIR",
    .run = run_plot,
};
