#include "cli/command.h"
#include "play/play.h"
#include "store/store.h"

#include <unistd.h>

struct eval_options {
    char model[OPTION_TEXT_SIZE];
    char game[OPTION_TEXT_SIZE];
    char observation[OPTION_TEXT_SIZE];
    char channels[OPTION_TEXT_SIZE];
    char data_dir[OPTION_TEXT_SIZE];
    int64_t max_steps_per_game;
    int64_t episodes;
    int64_t seed;
    double eps;
    int64_t processes;
    bool json;
    struct game_choices choices;
};

static const struct option table[] = {
    TEXT_OPTION("model", struct eval_options, model, "", "FILE", "weights to judge"),
    TEXT_OPTION(
        "game", struct eval_options, game, "", "ID",
        "game to play; left out: the one that the weights name, unless it runs code of its own"),
    INT_OPTION("episodes", struct eval_options, episodes, "30", 1, EVAL_MAX_EPISODES, "N",
               "games to play"),
    INT_OPTION("seed", struct eval_options, seed, "1", 0, 0, "N",
               "the same seed gives the same games, however many run side by side"),
    REAL_OPTION("eps", struct eval_options, eps, "0", 0, 1, "X",
                "chance of a random action of a Q network; A3C samples its policy"),
    INT_OPTION("processes", struct eval_options, processes, "0", 0, EVAL_MAX_PROCESSES, "N",
               "games side by side; 0: one a processor"),
    TEXT_OPTION("observation", struct eval_options, observation, "", "NAME",
                "seed, deepmind or v4; left out: what the weights name"),
    TEXT_OPTION("channels", struct eval_options, channels, "auto", "ORDER",
                "of the channels in weights of other programs that do not say: first or last",
                .choices = "auto|first|last"),
    INT_OPTION("max_steps_per_game", struct eval_options, max_steps_per_game, "0", 0, 1e9, "N",
               "cut a game after this many steps; 0: what its id says"),
    TEXT_OPTION(
        "data_dir", struct eval_options, data_dir, "", "DIR",
        "folder with libale_c.so and roms; left out: $ASYNCRL_DATA, then beside the program"),
    JSON_OPTION(struct eval_options),
    {0},
};

static const struct option_part parts[] = {
    {.options = table},
    {.options = game_choice_options, .offset = offsetof(struct eval_options, choices)},
    {.options = game_action_options, .offset = offsetof(struct eval_options, choices)},
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
    json_set_int(json, "agent_frames", result->agent_frames);
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
    printf("frames     %lld agent frames in %.1f s\n", (long long)result->agent_frames,
           result->seconds);
}

static void print_progress(int done, int episodes) {
    fprintf(stderr, "\r%d of %d games", done, episodes);
}

static enum status run(const struct command *command, int argc, char **argv, struct error *error) {
    struct eval_options options;
    enum status status = command_parse(command, argc, argv, &options, error);
    if (status == STATUS_OK)
        status = command_require(command, "model", options.model, error);
    if (status != STATUS_OK)
        return status;

    const bool watched = isatty(STDERR_FILENO);
    const struct eval_request request = {
        .model = options.model,
        .game = options.game,
        .choices = &options.choices,
        .observation = options.observation,
        .channels = weights_channels(options.channels),
        .max_steps = options.max_steps_per_game,
        .data_dir = options.data_dir,
        .episodes = (int)options.episodes,
        .seed = (uint64_t)options.seed,
        .eps = options.eps,
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
    .summary = "play many games without pictures, in parallel, and judge the scores",
    .details = "Prints mean, median, standard deviation, minimum, maximum and a 95 % bootstrap\n"
               "interval of the mean. Games follow Gym's rules of their id; on Atari a game also\n"
               "ends after 100 no-ops in a row.\n",
    .options = parts,
    .run = run,
};
