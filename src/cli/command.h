/*
 * A command of the command line; each has a file of its own. Only commands print. main handles
 * --help with the table, before it calls run.
 */
#ifndef ASYNCRL_CLI_COMMAND_H
#define ASYNCRL_CLI_COMMAND_H

#include "base/base.h"
#include "games/games.h"

struct command {
    const char *name;
    const char *usage;   /* "eval --model=FILE [options]" */
    const char *summary; /* one line for the list of commands */
    const char *details; /* text of --help besides the options, in whole lines, or NULL */
    const struct option_part *options;     /* command_options composes them */
    const struct option_default *defaults; /* overrides for some options; NULL: none */
    /* The kind of arguments that are not options, for completion: "env|network", one of these
     * words; "FILE", "DIR": a path; "ID": a game's id; "COMMAND": a command. NULL: none, or any. */
    const char *arguments;
    /* Variants with options of their own, chosen by an argument: `train q1`. At least two, ended by
     * one without a name; NULL: none. options are those of the first. */
    const struct command *variants;
    const char *variants_title; /* their heading in --help: "Methods" */
    /* argc, argv: after the command's name. The status becomes main's exit code, by
     * status_exit_code. */
    enum status (*run)(const struct command *command, int argc, char **argv, struct error *error);
};

extern const struct command command_train;
extern const struct command command_sweep;
extern const struct command command_play;
extern const struct command command_watch;
extern const struct command command_eval;
extern const struct command command_predict;
extern const struct command command_trace;
extern const struct command command_games;
extern const struct command command_presets;
extern const struct command command_plot;
extern const struct command command_export;
extern const struct command command_bench;
extern const struct command command_completion;
extern const struct command command_man;

/* All commands, ended by NULL. */
extern const struct command *const command_list[];

/* The command of that name; NULL: there is none, and error suggests a similar name. */
const struct command *command_find(const char *name, struct error *error);

/* The variant named by an argument; without one, the command itself. */
const struct command *command_choose(const struct command *command, int argc, char **argv);

/*
 * The option of commands with machine-readable output: --json prints one object on one line of
 * stdout at the end, and nothing else there. docs/json.md lists the members. type: a struct with a
 * `bool json`.
 */
#define JSON_OPTION(type)                                                                          \
    FLAG_OPTION("json", type, json, "false", "print one line of JSON instead",                     \
                .flags = OPTION_OF_CALL)

/* Prints the object of --json, and frees it. */
void command_print_json(struct json *json);

/* Writes what has been printed on stdout so far. Before a long wait: a full disk is told at once,
 * and with its reason, which is gone at the end. */
enum status command_flush(struct error *error);

/* True when --help, -h or --help=all is among the arguments, after printing the command's help on
 * stdout. */
bool command_wants_help(const struct command *command, int argc, char **argv);

/* The command's table of options, composed in table. */
void command_options(const struct command *command, struct option table[OPTION_MAX_COUNT + 1]);

/* Fills config, the struct of the command's options, from defaults and arguments; all arguments
 * must be options. */
enum status command_parse(const struct command *command, int argc, char **argv, void *config,
                          struct error *error);

/* The same; also fills table, and sets given (one bool per option, initially false) for those among
 * the arguments. */
enum status command_parse_given(const struct command *command, int argc, char **argv,
                                struct option table[OPTION_MAX_COUNT + 1], void *config,
                                bool *given, struct error *error);

/* The same for a command with arguments besides its options: at most max_arguments; *argument_count
 * is their number. */
enum status command_parse_arguments(const struct command *command, int argc, char **argv,
                                    void *config, const char **arguments, int max_arguments,
                                    int *argument_count, struct error *error);

/* STATUS_BAD_INPUT if a required text option is missing. */
enum status command_require(const struct command *command, const char *name, const char *value,
                            struct error *error);

#endif
