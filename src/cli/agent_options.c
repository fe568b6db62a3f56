#include "cli/agent_options.h"

#include <string.h>

const struct option weights_options_table[] = {
    TEXT_OPTION(
        "model", struct weights_options, model, "", "FILE",
        "weight file of the agent, or a run directory: its best weights, otherwise the newest"),
    TEXT_OPTION("observation", struct weights_options, observation, "", "NAME",
                "classic, deepmind or v4; default: from the weights", .needs = "model"),
    TEXT_OPTION("channels", struct weights_options, channels, "auto", "ORDER",
                "order of channels in foreign weights that do not state it: first or last",
                .choices = "auto|first|last", .needs = "model"),
    {0},
};

static const struct option table[] = {
    TEXT_OPTION("game", struct agent_options, game, "", "ID",
                "game to play; default: from the weights, unless that game runs code of its own"),
    INT_OPTION("seed", struct agent_options, seed, "1", 0, 0, "N",
               "the same seed gives the same games"),
    REAL_OPTION("eps", struct agent_options, eps, "0", 0, 1, "X",
                "chance of a random action for a Q network; policies draw their actions",
                .needs = "model"),
    FLAG_OPTION("greedy", struct agent_options, greedy, "false",
                "take the likeliest action of a policy, or its mean, instead of drawing one",
                .needs = "model"),
    INT_OPTION("max_steps_per_game", struct agent_options, max_steps_per_game, "0", 0, 1e9, "N",
               "stop a game after this many steps; 0: its id's limit", .needs = "model"),
    TEXT_OPTION(
        "data_dir", struct agent_options, data_dir, "", "DIR",
        "folder with libale_c.so and roms; default: $ASYNCRL_DATA, then beside the program"),
    {0},
};

const struct option_part agent_options_parts[] = {
    {.options = weights_options_table, .offset = offsetof(struct agent_options, weights)},
    {.options = table},
    {.options = game_override_options, .offset = offsetof(struct agent_options, overrides)},
    {.options = game_action_options, .offset = offsetof(struct agent_options, overrides)},
    {.options = game_atari_options, .offset = offsetof(struct agent_options, overrides)},
    {.options = environment_rule_options, .offset = offsetof(struct agent_options, environment)},
    {0},
};

/* An agent plays by the rules in its weights; an option overrides one of them. */
const struct option_default agent_option_defaults[] = {
    {"sticky", NULL}, {"noop_max", NULL}, {"fire_on_reset", NULL}, {"life_loss_ends", NULL}, {0},
};

/* Replaces a run directory by the weight file in it, and prints which that is. */
static enum status find_weights(char model[OPTION_TEXT_SIZE], struct error *error) {
    char path[PATH_SIZE];
    const enum status status = agent_find_weights(model, path, error);
    if (status != STATUS_OK || strcmp(path, model) == 0)
        return status;
    if (strlen(path) >= OPTION_TEXT_SIZE)
        return error_set(error, STATUS_BAD_INPUT, "the path '%.100s...' is too long", path);
    memcpy(model, path, strlen(path) + 1);
    fprintf(stderr, "asyncrl: the weights are %s\n", path);
    return STATUS_OK;
}

static struct agent_request request_of(const struct weights_options *options) {
    return (struct agent_request){
        .model = options->model,
        .observation = options->observation,
        .channels = weights_channels(options->channels),
    };
}

enum status weights_options_open(const struct weights_options *options, struct agent **agent,
                                 struct error *error) {
    struct weights_options found = *options;
    const enum status status = find_weights(found.model, error);
    if (status != STATUS_OK)
        return status;
    struct agent_request request = request_of(&found);
    request.without_game = true;
    return agent_open(&request, agent, error);
}

/* Whether a row of the command's table is one of the rules. */
static bool is_rule(const struct option *option) {
    for (const struct option *rule = environment_rule_options; rule->name; rule++)
        if (strcmp(rule->name, option->name) == 0)
            return true;
    return false;
}

enum status agent_options_request(struct agent_options *options, const struct option *all,
                                  const bool *given, const void *command_options,
                                  struct agent_request *request, struct error *error) {
    bool given_rules[OPTION_MAX_COUNT] = {0};
    for (const struct option *option = all; option->name; option++)
        given_rules[option - all] = given[option - all] && is_rule(option);
    const enum status status = find_weights(options->weights.model, error);
    if (status != STATUS_OK)
        return status;
    *request = request_of(&options->weights);
    request->game = options->game;
    request->overrides = &options->overrides;
    request->greedy = options->greedy;
    request->explores = options->eps > 0;
    request->max_steps = options->max_steps_per_game;
    request->rules = options->rules;
    return options_to_text(all, given_rules, command_options, options->rules, sizeof options->rules,
                           error);
}
