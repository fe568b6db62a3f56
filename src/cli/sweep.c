#include "sweep/sweep.h"
#include "cli/command.h"
#include "plot/plot.h"

#include <stdio.h>
#include <string.h>

struct sweep_options {
    char sweep_dir[OPTION_TEXT_SIZE];
    char resume[OPTION_TEXT_SIZE];
    int64_t jobs;
    int64_t run;
    char output[OPTION_TEXT_SIZE];
    bool list;
    bool plain;
    bool json;
};

static const struct option table[] = {
    INT_OPTION("jobs", struct sweep_options, jobs, "0", 0, 10000, "N",
               "runs at a time; 0: as many as this machine's processors can take",
               .needs = "!list|run"),
    TEXT_OPTION("sweep_dir", struct sweep_options, sweep_dir, "", "DIR",
                "directory for the runs, one subdirectory each [runs/<name of FILE>]"),
    TEXT_OPTION("resume", struct sweep_options, resume, "", "SWEEP_DIR",
                "go on with the sweep in that directory, by its sweep.json; only for sweeps that "
                "you trust"),
    INT_OPTION("run", struct sweep_options, run, "0", 0, 10000, "N",
               "make only run number N, from 1, as a job of a batch system; 0: all"),
    TEXT_OPTION("o", struct sweep_options, output, "", "FILE",
                "chart of the best settings: .svg, .png or .pdf; also --output [scores.svg in the "
                "sweep's directory]",
                .alias = "output", .needs = "!list|run"),
    FLAG_OPTION("list", struct sweep_options, list, "false",
                "list the runs and their options, and start none"),
    FLAG_OPTION("plain", struct sweep_options, plain, "false",
                "print plain lines instead of the table, also in a terminal", .needs = "!list"),
    JSON_OPTION(struct sweep_options),
    {0},
};

static const struct option_part parts[] = {
    {.options = table},
    {0},
};

/* Draws the curves of the best settings. A sweep without scores has no chart; this is not
 * an error. */
static enum status draw(const struct sweep *sweep, const char *output, char *path,
                        struct error *error) {
    const char *dirs[PLOT_MAX_RUNS];
    const struct plot_look look = {.theme = PLOT_AUTO, .width = 800, .height = 450};
    const struct plot_request request = {
        .arguments = dirs,
        .argument_count = sweep_list_drawn(sweep, PLOT_MAX_CURVES, dirs, PLOT_MAX_RUNS),
        .x = PLOT_STEPS,
        .y = "score",
        .title = "",
    };
    struct plot *plot;
    enum status status = STATUS_OK;
    path[0] = '\0';
    if (request.argument_count == 0)
        return STATUS_OK;
    if (plot_read(&request, &plot, error) != STATUS_OK) {
        log_line("sweep", "there is no chart: %s", error->message);
        return STATUS_OK;
    }
    if (output[0])
        snprintf(path, PATH_SIZE, "%s", output);
    else
        status = path_join(path, sweep_dir(sweep), "scores.svg", error);
    if (status == STATUS_OK)
        status = plot_draw(plot, &look, path, error);
    plot_free(plot);
    if (status == STATUS_OK)
        log_line("sweep", "the best settings' curves: %s", path);
    return status;
}

/* Prints the results so far, also if runs failed. */
static enum status report(const struct sweep *sweep, const struct sweep_options *options,
                          struct error *error) {
    char chart[PATH_SIZE] = "";
    enum status status = STATUS_OK;
    if (options->run == 0)
        status = draw(sweep, options->output, chart, error);
    if (status != STATUS_OK)
        return status;
    if (options->json) {
        struct json *json = sweep_to_json(sweep);
        json_set_text(json, "chart", chart);
        command_print_json(json);
    } else if (options->run == 0) {
        sweep_print_table(sweep, stdout);
    }
    return STATUS_OK;
}

static enum status make(struct sweep *sweep, const struct sweep_options *options,
                        struct error *error) {
    struct error failure;
    const enum status made = sweep_run(sweep, &failure);
    const enum status told = report(sweep, options, error);
    if (told == STATUS_OK && made != STATUS_OK)
        *error = failure;
    return told == STATUS_OK ? made : told;
}

static enum status check_arguments(const struct command *command,
                                   const struct sweep_options *options, int count,
                                   struct error *error) {
    if (count == 0 && !options->resume[0])
        return error_set(error, STATUS_BAD_INPUT, "sweep needs a file: asyncrl %s", command->usage);
    if (count > 0 && options->resume[0])
        return error_set(error, STATUS_BAD_INPUT,
                         "--resume takes the file from the sweep's directory; leave out FILE");
    if (options->resume[0] && options->sweep_dir[0])
        return error_set(error, STATUS_BAD_INPUT,
                         "--resume names the sweep's directory; leave out --sweep_dir");
    return options->output[0] ? plot_check_path(options->output, error) : STATUS_OK;
}

static enum status run_sweep(const struct command *command, int argc, char **argv,
                             struct error *error) {
    struct sweep_options options;
    const char *file = "";
    int count;
    enum status status =
        command_parse_arguments(command, argc, argv, &options, &file, 1, &count, error);
    if (status == STATUS_OK)
        status = check_arguments(command, &options, count, error);
    if (status != STATUS_OK)
        return status;
    const struct sweep_request request = {
        .file = file,
        .dir = options.sweep_dir,
        .resume = options.resume,
        .jobs = (int)options.jobs,
        .only = (int)options.run,
        .plain = options.plain,
        .is_dry = options.list,
    };
    struct sweep *sweep;
    status = sweep_open(&request, &sweep, error);
    if (status != STATUS_OK)
        return status;
    if (!options.list)
        status = make(sweep, &options, error);
    else if (options.json)
        command_print_json(sweep_to_json(sweep));
    else
        sweep_print_runs(sweep, stdout);
    sweep_close(sweep);
    return status;
}

const struct command command_sweep = {
    .name = "sweep",
    .usage = "sweep FILE [options]",
    .summary = "train with many settings and seeds, and compare them",
    .details =
        "FILE is JSON of train's options, as a run's config.json, with \"method\" and\n"
        "an end (\"total_steps\"). An option with a list of values makes a run for each\n"
        "value, several lists one for each combination. {\"min\": A, \"max\": B,\n"
        "\"log\": true} is a range, and \"samples\": N the number of random points.\n"
        "\"seeds\": N makes N runs of each setting.\n"
        "\n"
        "    {\"method\": \"a3c\", \"game\": \"catch\", \"total_steps\": 100000, \"seeds\": 3,\n"
        "     \"n_step\": [5, 20], \"lr\": {\"min\": 1e-4, \"max\": 1e-2, \"log\": true},\n"
        "     \"samples\": 5}\n"
        "\n"
        "With \"pbt\" the runs are a population, whose worst members copy the best.\n"
        "\n"
        "Ctrl-C saves and stops; the same line goes on: finished runs stay, others are\n"
        "resumed. At the end it prints a table, sorted by mean score, and draws a chart.\n",
    .options = parts,
    .arguments = "FILE",
    .run = run_sweep,
};
