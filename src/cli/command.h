/*
 * One command of the command line; each has a file of its own. Commands are what may print.
 *
 * main answers --help from the table, before run is called.
 */
#ifndef ASYNCRL_CLI_COMMAND_H
#define ASYNCRL_CLI_COMMAND_H

#include "base/base.h"
#include "games/games.h"

struct command {
    const char *name;
    const char *usage;   /* "eval --model=FILE [options]" */
    const char *summary; /* one line for the list of commands */
    const char *details; /* what --help says beyond the options, or NULL; lines of its own */
    const struct option_part *options;     /* command_options composes them */
    const struct option_default *defaults; /* its own for some of them; NULL: none */
    /* What an argument that is no option may be: "env|network", one of these words; "FILE", "DIR":
     * the path of one; "ID": a game's id; "COMMAND": one of these. NULL: there are none, or of any
     * kind. */
    const char *arguments;
    /* Commands with options of their own, of which an argument names one: `train q1`. After the
     * last comes one without a name (two at least); NULL: none. options are those of the first. */
    const struct command *variants;
    const char *variants_title; /* what --help calls them: "Methods" */
    /* argc, argv: what follows the command's name. Returns what main exits with, by way of
     * status_exit_code. */
    enum status (*run)(const struct command *command, int argc, char **argv, struct error *error);
};

extern const struct command command_train;
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

/* All of these, NULL after the last. */
extern const struct command *const command_list[];

/* The command of that name; NULL, with what it may have meant in error, where there is none. */
const struct command *command_find(const char *name, struct error *error);

/* The variant that an argument names, else the command itself. */
const struct command *command_choose(const struct command *command, int argc, char **argv);

/*
 * The option of every command that a program may read: --json prints one object on one line of
 * stdout when all is done, and nothing else there. docs/json.md lists the members. type: a struct
 * with a `bool json`.
 */
#define JSON_OPTION(type)                                                                          \
    FLAG_OPTION("json", type, json, "false", "print one line of JSON instead",                     \
                .flags = OPTION_OF_CALL)

/* Prints the object of --json, and frees it. */
void command_print_json(struct json *json);

/* True when --help is among the arguments, after printing the command's help on stdout. */
bool command_wants_help(const struct command *command, int argc, char **argv);

/* The command's table of options, composed in table. */
void command_options(const struct command *command, struct option table[OPTION_MAX_COUNT + 1]);

/* Fills config, the struct of the command's options, from defaults and arguments, which must
 * be options all. */
enum status command_parse(const struct command *command, int argc, char **argv, void *config,
                          struct error *error);

/* The same; table becomes the command's, and given (one bool an option, false before) says which
 * were among the arguments. */
enum status command_parse_given(const struct command *command, int argc, char **argv,
                                struct option table[OPTION_MAX_COUNT + 1], void *config,
                                bool *given, struct error *error);

/* The same of a command that takes arguments beside its options, up to max_arguments of them;
 * *argument_count says how many there were. */
enum status command_parse_arguments(const struct command *command, int argc, char **argv,
                                    void *config, const char **arguments, int max_arguments,
                                    int *argument_count, struct error *error);

/* STATUS_BAD_INPUT when a text option that the command cannot do without was left out. */
enum status command_require(const struct command *command, const char *name, const char *value,
                            struct error *error);

#endif
