#include "cli/agent_options.h"
#include "play/play.h"

#include <unistd.h>

struct eval_options {
    struct agent_options agent;
    int64_t episodes;
    int64_t processes;
    bool json;
};

static const struct option table[] = {
    INT_OPTION("episodes", struct eval_options, episodes, "30", 1, EVAL_MAX_EPISODES, "N",
               "games to play"),
    INT_OPTION("processes", struct eval_options, processes, "0", 0, EVAL_MAX_PROCESSES, "N",
               "games played in parallel; does not change scores; 0: one per processor"),
    JSON_OPTION(struct eval_options),
    {0},
};

static const struct option_part parts[] = {
    {.parts = agent_options_parts, .offset = offsetof(struct eval_options, agent)},
    {.options = table},
    {0},
};

static void print_json(const struct eval_result *result) {
    struct json *json = json_new_object();
    json_set_text(json, "game", result->game);
    json_set_int(json, "episodes", result->episodes);
    json_set_real(json, "mean", result->mean);
    json_set_real(json, "median", result->median);
    json_set_real(json, "std", result->std);
    json_set_real(json, "min", result->min);
    json_set_real(json, "max", result->max);
    json_set_reals(json, "ci95", result->ci95, 2);
    json_set_reals(json, "scores", result->scores, result->episodes);
    json_set_int(json, "cut", result->cut);
    if (result->flag_rate >= 0)
        json_set_real(json, "flag_rate", result->flag_rate);
    json_set_int(json, "steps", result->steps);
    json_set_int(json, "agent_frames", result->steps); /* its older name */
    json_set_real(json, "seconds", result->seconds);
    command_print_json(json);
}

static void print_table(const struct eval_result *result) {
    printf("game       %s\n", result->game);
    printf("episodes   %d\n", result->episodes);
    printf("mean       %.2f, with 95 %% confidence %.2f to %.2f\n", result->mean, result->ci95[0],
           result->ci95[1]);
    printf("median     %.2f\n", result->median);
    printf("std        %.2f\n", result->std);
    printf("min        %.2f\n", result->min);
    printf("max        %.2f\n", result->max);
    if (result->cut > 0)
        printf("cut        %d games, by a limit and not by their own end\n", result->cut);
    if (result->flag_rate >= 0)
        printf("flag       %.0f %% of the games reached it\n", 100 * result->flag_rate);
    printf("steps      %lld in %.1f s\n", (long long)result->steps, result->seconds);
}

static void print_progress(int done, int episodes) {
    fprintf(stderr, "\r%d of %d games", done, episodes);
}

static enum status parse_eval(const struct command *command, int argc, char **argv,
                              struct eval_options *options, struct agent_request *agent,
                              struct error *error) {
    *options = (struct eval_options){0}; /* not all fields have an option here */
    struct option all[OPTION_MAX_COUNT + 1];
    bool given[OPTION_MAX_COUNT] = {0};
    enum status status = command_parse_given(command, argc, argv, all, options, given, error);
    if (status == STATUS_OK)
        status = command_require(command, "model", options->agent.weights.model, error);
    if (status == STATUS_OK)
        status = agent_options_request(&options->agent, all, given, options, agent, error);
    return status;
}

static enum status run_eval(const struct command *command, int argc, char **argv,
                            struct error *error) {
    struct eval_options options = {0};
    struct agent_request agent;
    enum status status = parse_eval(command, argc, argv, &options, &agent, error);
    if (status != STATUS_OK)
        return status;

    const bool watched = isatty(STDERR_FILENO);
    const struct eval_request request = {
        .agent = agent,
        .data_dir = options.agent.data_dir,
        .episodes = (int)options.episodes,
        .seed = (uint64_t)options.agent.seed,
        .eps = options.agent.eps,
        .processes = (int)options.processes,
        .progress = watched ? print_progress : NULL,
    };
    struct eval_result result;
    status = eval_run(&request, &result, error);
    if (watched)
        fputs("\r\033[K", stderr);
    if (status == STATUS_OK && options.json)
        print_json(&result);
    else if (status == STATUS_OK)
        print_table(&result);
    eval_result_free(&result);
    return status;
}

const struct command command_eval = {
    .name = "eval",
    .usage = "eval --model=FILE [options]",
    .summary = "play many games in parallel, without pictures, and summarize scores",
    .details = "Prints mean, median, standard deviation, minimum, maximum and a 95 % bootstrap\n"
               "interval of the mean. Games follow Gym's rules for their id, overridden by the\n"
               "weights, then by options; an Atari game also ends after 100 no-ops in a row.\n",
    .options = parts,
    .defaults = agent_option_defaults,
    .run = run_eval,
};
