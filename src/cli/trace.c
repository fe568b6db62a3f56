#include "cli/command.h"
#include "play/play.h"

struct trace_options {
    char game[OPTION_TEXT_SIZE];
    char actions[OPTION_TEXT_SIZE];
    char data_dir[OPTION_TEXT_SIZE];
    int64_t seed;
    struct game_overrides overrides;
};

static const struct option table[] = {
    TEXT_OPTION("game", struct trace_options, game, "", "ID", "game to play"),
    TEXT_OPTION("actions", struct trace_options, actions, "", "FILE",
                "action numbers separated by white space"),
    INT_OPTION("seed", struct trace_options, seed, "1", 0, 0, "N",
               "the same seed gives the same game"),
    TEXT_OPTION("action_set", struct trace_options, overrides.actions, "", "SET",
                "set of actions, if a game has several: as --actions of train",
                .flags = OPTION_FILE),
    TEXT_OPTION(
        "data_dir", struct trace_options, data_dir, "", "DIR",
        "folder with libale_c.so and roms; default: $ASYNCRL_DATA, then beside the program"),
    {0},
};

static const struct option_part parts[] = {
    {.options = table},
    {.options = game_atari_options, .offset = offsetof(struct trace_options, overrides)},
    {.options = game_override_options, .offset = offsetof(struct trace_options, overrides)},
    {0},
};

static enum status run_trace(const struct command *command, int argc, char **argv,
                             struct error *error) {
    struct trace_options options = {0};
    enum status status = command_parse(command, argc, argv, &options, error);
    if (status == STATUS_OK)
        status = command_require(command, "game", options.game, error);
    if (status == STATUS_OK)
        status = command_require(command, "actions", options.actions, error);
    if (status != STATUS_OK)
        return status;
    const struct trace_request request = {
        .game = options.game,
        .overrides = &options.overrides,
        .actions = options.actions,
        .data_dir = options.data_dir,
        .seed = (uint64_t)options.seed,
    };
    return trace_run(&request, stdout, error);
}

const struct command command_trace = {
    .name = "trace",
    .usage = "trace --game=ID --actions=FILE [options]",
    .summary = "replay a list of actions and print the steps as CSV",
    .details = "One line per step: step,action,reward,raw_reward,terminated,truncated,lives,\n"
               "and the game's own info. Only the step limit of the game's id truncates an\n"
               "episode; after its end the next action begins a new one.\n",
    .options = parts,
    .run = run_trace,
};
