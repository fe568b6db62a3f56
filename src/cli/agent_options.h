/* The options for a trained agent and its game: shared by play and eval, and in part by predict and
 * export. */
#ifndef ASYNCRL_CLI_AGENT_OPTIONS_H
#define ASYNCRL_CLI_AGENT_OPTIONS_H

#include "agent/agent.h"
#include "cli/command.h"

struct weights_options {
    char model[OPTION_TEXT_SIZE];
    char observation[OPTION_TEXT_SIZE];
    char channels[OPTION_TEXT_SIZE];
};

struct agent_options {
    struct weights_options weights;
    char game[OPTION_TEXT_SIZE];
    char data_dir[OPTION_TEXT_SIZE];
    int64_t max_steps_per_game;
    int64_t seed;
    double eps;
    bool greedy;
    struct game_overrides overrides;
    struct environment_options environment; /* only those given count */
    char rules[OPTION_TEXT_SIZE];           /* those given, as text; not an option itself */
};

/* Tables for these structs, and the defaults that a command with agent_options_parts has. */
extern const struct option weights_options_table[];
extern const struct option_part agent_options_parts[];
extern const struct option_default agent_option_defaults[];

/* Opens the agent that the options name, without a game; the caller closes it. */
enum status weights_options_open(const struct weights_options *options, struct agent **agent,
                                 struct error *error);

/*
 * Makes the request for an agent that plays; it points into options. all: the command's table;
 * given: one bool per option, whether it was given; command_options: the struct of that table,
 * which contains options.
 */
enum status agent_options_request(struct agent_options *options, const struct option *all,
                                  const bool *given, const void *command_options,
                                  struct agent_request *request, struct error *error);

#endif
