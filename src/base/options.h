/*
 * Options of a command: one table drives parsing, bounds, defaults, --help and the run's config
 * file.
 *
 * A module has a struct for its options, and a table that tells where each one lies in it:
 *
 *     struct eval_options { int64_t episodes; char model[OPTION_TEXT_SIZE]; };
 *     static const struct option eval_table[] = {
 *         INT_OPTION("episodes", struct eval_options, episodes, "30", 1, 1e6, "N", "games"),
 *         TEXT_OPTION("model", struct eval_options, model, "", "FILE", "weights to judge"),
 *         {0},
 *     };
 *
 * A command composes the tables of several modules with options_compose.
 *
 * --name=value and --name value are the same, and so are '_' and '-' in names. A flag takes no
 * value (--json) or one (--json=false, --json False). Whole numbers may be written as 1e6, 10M or
 * 4k. An option whose name is one letter is written with one dash, too: -o FILE. Bounds that are
 * both 0 mean none.
 */
#ifndef ASYNCRL_BASE_OPTIONS_H
#define ASYNCRL_BASE_OPTIONS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json;

/* Names have fewer characters than OPTION_NAME_SIZE. */
enum { OPTION_TEXT_SIZE = 512, OPTION_NAME_SIZE = 64, OPTION_MAX_COUNT = 128 };

/* The field's type in the command's struct: int64_t, double, char[OPTION_TEXT_SIZE], bool, struct
 * option_range. */
enum option_type { OPTION_INT, OPTION_REAL, OPTION_TEXT, OPTION_FLAG, OPTION_RANGE };

/* Whole numbers from low to high, both at least 0: "2-4", or "3" if they are equal. */
struct option_range {
    int64_t low;
    int64_t high;
};

enum option_flags {
    OPTION_OF_CALL = 1,   /* of one call of the program, not of a run and its config.json */
    OPTION_FIXED = 2,     /* a run that is resumed cannot change it */
    OPTION_NO_HPARAM = 4, /* does not affect how a run learns */
    OPTION_SECRET = 8,    /* is written into no file */
    OPTION_BASIC = 16,    /* among the few that --help shows first */
    OPTION_FILE = 32      /* @FILE stands for the text in a file */
};

struct option {
    const char *name; /* NULL ends the table */
    size_t offset;
    const char *initial; /* the default, as text; NULL: none, and the field is left alone */
    double minimum;
    double maximum;
    const char *placeholder; /* the value's name in --help; NULL for flags */
    const char *help;
    const char *choices;    /* "a|b|c": the allowed texts; NULL: any */
    const char *old_choice; /* "old=new": an older word for one of them; NULL: none */
    const char *needs;      /* it does nothing without that of another option; NULL: it needs none.
                               "name=a|b": one of these values; "name>=0": a number from 0 on;
                               "name": a text that is not empty, a number other than 0, or a flag
                               that is on; "a|b": one of these so; "!name", "!a|b": none */
    const char *group;      /* heading in --help; options_compose fills it; NULL: none */
    const char *alias;      /* read by this name, too: an older one, or that of other programs */
    enum option_type type;
    unsigned flags; /* of enum option_flags */
};

/*
 * Rows of a table. structure, field: where the value lies; more fields may follow, as in
 * TEXT_OPTION(..., .choices = "a|b", .flags = OPTION_FIXED).
 */
#define INT_OPTION(name_, structure, field, initial_, minimum_, maximum_, placeholder_, ...)       \
    OPTION_ROW(name_, OPTION_INT, structure, field, initial_, placeholder_, .minimum = (minimum_), \
               .maximum = (maximum_), .help = __VA_ARGS__)
#define REAL_OPTION(name_, structure, field, initial_, minimum_, maximum_, placeholder_, ...)      \
    OPTION_ROW(name_, OPTION_REAL, structure, field, initial_, placeholder_,                       \
               .minimum = (minimum_), .maximum = (maximum_), .help = __VA_ARGS__)
#define RANGE_OPTION(name_, structure, field, initial_, minimum_, maximum_, placeholder_, ...)     \
    OPTION_ROW(name_, OPTION_RANGE, structure, field, initial_, placeholder_,                      \
               .minimum = (minimum_), .maximum = (maximum_), .help = __VA_ARGS__)
#define TEXT_OPTION(name_, structure, field, initial_, placeholder_, ...)                          \
    OPTION_ROW(name_, OPTION_TEXT, structure, field, initial_, placeholder_, .help = __VA_ARGS__)
#define FLAG_OPTION(name_, structure, field, initial_, ...)                                        \
    OPTION_ROW(name_, OPTION_FLAG, structure, field, initial_, NULL, .help = __VA_ARGS__)
#define OPTION_ROW(name_, type_, structure, field, initial_, placeholder_, ...)                    \
    {                                                                                              \
        .name = (name_), .type = (type_), .offset = offsetof(structure, field),                    \
        .initial = (initial_), .placeholder = (placeholder_), __VA_ARGS__                          \
    }

/* ---- Composition ----------------------------------------------------------------------------- */

/* The table of a module, in a config that holds the module's struct at offset. */
struct option_part {
    const struct option *options;    /* a table, */
    const struct option_part *parts; /* or a list of parts; both NULL end the list */
    size_t offset;
    const char *title; /* the group of its options; NULL: that of the enclosing list */
};

/* A command's own default for an option of a module. */
struct option_default {
    const char *name; /* NULL ends the list */
    const char *initial;
};

/*
 * Composes one table from the parts' tables: table has room for OPTION_MAX_COUNT options and the
 * row that ends them. defaults: NULL if there are none. A table that is too long, a name that
 * occurs twice, or a default for an unknown option is a programming error: STATUS_FAILED.
 */
enum status options_compose(struct option table[], const struct option_part *parts,
                            const struct option_default *defaults, struct error *error);

/* The option of that name, otherwise the first with that alias, otherwise NULL. */
const struct option *options_find(const struct option *table, const char *name);

/* ---- Values ---------------------------------------------------------------------------------- */

/* Fills the struct at config with the defaults. */
void options_defaults(const struct option *table, void *config);

/*
 * Parses arguments into config, which holds the defaults. given (one bool per option, or NULL):
 * whether each was named. Arguments that are not options go to positional (at most max_positional;
 * *positional_count is their number). An unknown option, a value of the wrong kind or out of
 * bounds: STATUS_BAD_INPUT.
 */
enum status options_parse(const struct option *table, int argc, char **argv, void *config,
                          bool *given, const char **positional, int max_positional,
                          int *positional_count, struct error *error);

/*
 * The same for a text, "--lr=0.001 --sticky=0": spaces separate the options, and '=' comes before
 * each value; a flag may lack it. Anything that is not an option is STATUS_BAD_INPUT, too.
 */
enum status options_parse_text(const struct option *table, const char *text, void *config,
                               struct error *error);

/*
 * Writes the options of config that are given (one bool per option; NULL: those that differ from
 * their defaults) as options_parse_text reads them. Values hold no spaces. STATUS_FAILED if size is
 * too small.
 */
enum status options_to_text(const struct option *table, const bool *given, const void *config,
                            char *out, size_t size, struct error *error);

/* Checks the values in config, from any source, as options_parse would. */
enum status options_check(const struct option *table, const void *config, struct error *error);

/*
 * Whether an option of table does nothing with the values in config, because of what it needs; and
 * a refusal of the first such option that is given (one bool per option), STATUS_BAD_INPUT. The
 * option that is needed is in table, too.
 */
bool option_is_idle(const struct option *option, const struct option *table, const void *config);
enum status options_refuse_idle(const struct option *table, const void *config, const bool *given,
                                struct error *error);

/* Writes the value of one option as text. */
void options_format(const struct option *option, const void *config, char *out, size_t size);

/* Writes the value of one option as a member of json, under its name. */
void option_to_json(const struct option *option, const void *config, struct json *json);

/* Takes an option's value from the member key of json. Returns NULL, or, if the value has the wrong
 * type, the words for the right one; then config stays unchanged. */
const char *option_from_json(const struct option *option, const struct json *json, const char *key,
                             void *config);

/* The value as a number: 0 or 1 for a flag, the middle of a range, NaN for a text. */
double option_number(const struct option *option, const void *config);

/* Whether values have bounds. */
bool option_is_bounded(const struct option *option);

/* Reads "3" or "2-4"; false for any other text. */
bool option_range_parse(const char *text, struct option_range *range);

/* Whether an option is written with one dash: -o FILE. */
bool option_is_letter(const struct option *option);

/* The dashes before an option's name: "-" or "--". */
const char *option_dashes(const char *name);

/* Whether help names the default; it omits a flag's if that is false. */
bool option_shows_default(const struct option *option);

/* The number of options with the flag OPTION_BASIC. */
int options_basic_count(const struct option *table);

/* Prints the table as the options part of a --help text, 80 columns wide: under headings if options
 * have groups, or, with basic_only, those with the flag OPTION_BASIC. */
void options_help(const struct option *table, bool basic_only, FILE *stream);

/* The candidate nearest to word; NULL if none is near enough to be meant. */
const char *options_nearest(const char *word, const char *const *candidates, int count);

/* The option of table that another program calls name, otherwise the one whose name is nearest;
 * NULL if none is near enough to be meant. */
const char *options_suggest(const struct option *table, const char *name);

#endif
