/* clang-format off */
/*
 * Options of a command: one table drives parsing, bounds, defaults, --help and the run's config file.
 *
 * A command keeps its options in a struct of its own; the table says where each one lies in it.
 *
 *     struct eval_options { int64_t episodes; char model[OPTION_TEXT_SIZE]; };
 *     static const struct option eval_table[] = {
 *         {"episodes", OPTION_INT, offsetof(struct eval_options, episodes), "30", 1, 1e6, "N",
 *          "games to play", NULL},
 *         {"model", OPTION_TEXT, offsetof(struct eval_options, model), "", 0, 0, "FILE",
 *          "weights to judge", NULL},
 *         {0},
 *     };
 *
 * --name=value and --name value are the same, and so are '_' and '-' in names. A flag takes no value
 * (--json) or one (--json=false, --json False). An option whose name is one letter is written with
 * one dash, too: -o FILE. Bounds that are both 0 mean none.
 */
/* clang-format on */
#ifndef ASYNCRL_BASE_OPTIONS_H
#define ASYNCRL_BASE_OPTIONS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { OPTION_TEXT_SIZE = 512, OPTION_MAX_COUNT = 64 };

/* The field's type in the command's struct: int64_t, double, char[OPTION_TEXT_SIZE], bool. */
enum option_type { OPTION_INT, OPTION_REAL, OPTION_TEXT, OPTION_FLAG };

struct option {
    const char *name; /* NULL ends the table */
    enum option_type type;
    size_t offset;
    const char *fallback; /* the default, as text */
    double minimum;
    double maximum;
    const char *placeholder; /* what --help calls the value; NULL for flags */
    const char *help;
    const char *choices; /* "a|b|c": what a text may be; NULL: anything */
};

/* Fills the struct at config with the defaults. */
void options_defaults(const struct option *table, void *config);

/*
 * Parses arguments into config, which holds the defaults. given (one bool an option, or NULL) says
 * which were named. Arguments that are no options go to positional (at most max_positional of them,
 * *positional_count counts). An unknown option, a value of the wrong kind or out of bounds:
 * STATUS_BAD_INPUT.
 */
enum status options_parse(const struct option *table, int argc, char **argv, void *config,
                          bool *given, const char **positional, int max_positional,
                          int *positional_count, struct error *error);

/* Checks the values in config, wherever they came from, as options_parse would. */
enum status options_check(const struct option *table, const void *config, struct error *error);

/* Writes the value of one option as text. */
void options_format(const struct option *option, const void *config, char *out, size_t size);

/* Whether an option is written with one dash: -o FILE. */
bool option_is_letter(const struct option *option);

/* Prints the table as the options part of a --help text, 80 columns wide. */
void options_help(const struct option *table, FILE *stream);

/* The candidate nearest to word, or NULL where none is near enough to be meant. */
const char *options_nearest(const char *word, const char *const *candidates, int count);

#endif
