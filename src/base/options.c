#include "base/options.h"
#include "base/option_types.h"
#include "base/process.h"

#include <stdalign.h>
#include <string.h>

static void *field_of(const struct option *option, void *config) {
    return (char *)config + option->offset;
}

/* Option names use '_'; users may type '-' instead. */
static void normalize_name(char *out, const char *name, size_t length) {
    if (length >= OPTION_NAME_SIZE)
        length = OPTION_NAME_SIZE - 1;
    for (size_t i = 0; i < length; i++)
        out[i] = name[i] == '-' ? '_' : name[i];
    out[length] = '\0';
}

const struct option *options_find(const struct option *table, const char *name) {
    const struct option *aliased = NULL;
    for (const struct option *option = table; option->name; option++) {
        if (strcmp(option->name, name) == 0)
            return option;
        if (!aliased && option->alias && strcmp(option->alias, name) == 0)
            aliased = option;
    }
    return aliased;
}

bool option_is_bounded(const struct option *option) {
    return option->minimum != 0 || option->maximum != 0;
}

void option_to_json(const struct option *option, const void *config, struct json *json) {
    option_types[option->type].to_json(json, option->name, (const char *)config + option->offset);
}

const char *option_from_json(const struct option *option, const struct json *json, const char *key,
                             void *config) {
    char *field = field_of(option, config);
    if (!option_types[option->type].from_json(json, key, field))
        return option_types[option->type].wanted;
    if (option->old_choice) {
        const char *choice = option_newer_choice(option, field);
        memmove(field, choice, strlen(choice) + 1);
    }
    return NULL;
}

double option_number(const struct option *option, const void *config) {
    return option_types[option->type].number((const char *)config + option->offset);
}

void options_format(const struct option *option, const void *config, char *out, size_t size) {
    option_types[option->type].format((const char *)config + option->offset, out, size);
}

/* A default is used unchanged, even outside of the bounds and choices for users. */
void options_defaults(const struct option *table, void *config) {
    for (const struct option *option = table; option->name; option++) {
        struct option free_option = *option;
        struct error ignored;
        if (!option->initial)
            continue;
        free_option.minimum = free_option.maximum = 0;
        free_option.choices = NULL;
        option_types[option->type].set(&free_option, option->initial, field_of(option, config),
                                       &ignored);
    }
}

/* ---- Composition ----------------------------------------------------------------------------- */

static enum status append_part(struct option table[], int *count, const struct option *options,
                               size_t offset, const char *group, struct error *error) {
    for (const struct option *option = options; option->name; option++) {
        if (*count == OPTION_MAX_COUNT)
            return error_set(error, STATUS_FAILED, "more than %d options", OPTION_MAX_COUNT);
        table[*count] = (struct option){0};
        if (options_find(table, option->name) ||
            (option->alias && options_find(table, option->alias)))
            return error_set(error, STATUS_FAILED, "two options named %s", option->name);
        table[*count] = *option;
        table[*count].offset += offset;
        table[*count].group = group;
        table[++*count] = (struct option){0};
    }
    return STATUS_OK;
}

/* The depth to which lists of parts may be nested. */
enum { MAX_DEPTH = 8 };

/* The parts still to append: the rest of each list that contains the newest, outermost first. */
struct pending {
    int depth;
    const struct option_part *parts[MAX_DEPTH];
    size_t offsets[MAX_DEPTH];
    const char *titles[MAX_DEPTH];
};

static enum status append_parts(struct option table[], const struct option_part *parts,
                                struct error *error) {
    struct pending pending = {.depth = 1, .parts = {parts}};
    enum status status = STATUS_OK;
    int count = 0;
    while (pending.depth > 0 && status == STATUS_OK) {
        const struct option_part *part = pending.parts[pending.depth - 1]++;
        const size_t offset = pending.offsets[pending.depth - 1] + part->offset;
        const char *title = part->title ? part->title : pending.titles[pending.depth - 1];
        if (part->options) {
            status = append_part(table, &count, part->options, offset, title, error);
        } else if (!part->parts) {
            pending.depth--;
        } else if (pending.depth == MAX_DEPTH) {
            status = error_set(error, STATUS_FAILED, "options are nested too deep");
        } else {
            pending.parts[pending.depth] = part->parts;
            pending.titles[pending.depth] = title;
            pending.offsets[pending.depth++] = offset;
        }
    }
    return status;
}

enum status options_compose(struct option table[], const struct option_part *parts,
                            const struct option_default *defaults, struct error *error) {
    table[0] = (struct option){0};
    const enum status status = append_parts(table, parts, error);
    for (; defaults && defaults->name && status == STATUS_OK; defaults++) {
        const struct option *option = options_find(table, defaults->name);
        if (!option)
            return error_set(error, STATUS_FAILED, "a default for an unknown option %s",
                             defaults->name);
        table[option - table].initial = defaults->initial;
    }
    return status;
}

/* ---- Checking -------------------------------------------------------------------------------- */

enum status options_check(const struct option *table, const void *config, struct error *error) {
    for (const struct option *option = table; option->name; option++) {
        char text[OPTION_TEXT_SIZE];
        alignas(max_align_t) char unused[OPTION_TEXT_SIZE]; /* as large as the largest field */
        options_format(option, config, text, sizeof text);
        const enum status status = option_types[option->type].set(option, text, unused, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* ---- Parsing --------------------------------------------------------------------------------- */

static enum status unknown_option(const struct option *table, const char *name,
                                  struct error *error) {
    if (strcmp(name, "help") == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "--help takes no value but all: --help=all lists all options");
    const char *nearest = options_suggest(table, name);
    if (nearest)
        return error_set(error, STATUS_BAD_INPUT, "unknown option --%s; did you mean %s%s?", name,
                         option_dashes(nearest), nearest);
    return error_set(error, STATUS_BAD_INPUT, "unknown option --%s; --help%s lists them", name,
                     options_basic_count(table) > 0 ? "=all" : "");
}

/* Whether an argument is a dash and the letter that is an option's whole name. */
static bool is_short(const struct option *table, const char *argument) {
    if (argument[0] != '-' || argument[1] == '\0' || (argument[2] != '\0' && argument[2] != '='))
        return false;
    const char name[] = {argument[1], '\0'};
    return options_find(table, name) != NULL;
}

/* name: as the user wrote it. */
static enum status refuse_no_value(const struct option *option, const char *name,
                                   struct error *error) {
    return error_set(error, STATUS_BAD_INPUT,
                     strlen(name) == 1 ? "-%s needs a value: -%s %s"
                                       : "--%s needs a value: --%s=%s",
                     name, name, option->placeholder ? option->placeholder : "VALUE");
}

/* An empty value is an unset variable of a script: without this, --resume="$run" would begin
 * another run, --gif="$file" write nothing, and --token="$secret" serve a page that needs none. */
static bool cannot_be_empty(const struct option *option) {
    static const char *const placeholders[] = {"FILE",      "DIR",    "RUN_DIR",
                                               "SWEEP_DIR", "N|FILE", "TOKEN"};
    for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++)
        if (option->placeholder && strcmp(option->placeholder, placeholders[i]) == 0)
            return true;
    return false;
}

/* Parses the option at argv[i]; *used says whether it took the argument after it as its value. */
static enum status parse_one(const struct option *table, int argc, char **argv, int i, void *config,
                             bool *given, bool *used, struct error *error) {
    const char *text = argv[i] + (strncmp(argv[i], "--", 2) == 0 ? 2 : 1);
    const char *equals = strchr(text, '=');
    char name[OPTION_NAME_SIZE];
    normalize_name(name, text, equals ? (size_t)(equals - text) : strlen(text));
    const struct option *option = options_find(table, name);
    if (!option)
        return unknown_option(table, name, error);

    const char *value = equals ? equals + 1 : NULL;
    const bool truth_follows = i + 1 < argc && option_is_truth(argv[i + 1]);
    if (!value && option->type == OPTION_FLAG && !truth_follows) {
        value = "true";
    } else if (!value) {
        if (i + 1 >= argc || strncmp(argv[i + 1], "--", 2) == 0)
            return refuse_no_value(option, name, error);
        value = argv[i + 1];
        *used = true;
    }
    if (value[0] == '\0' && cannot_be_empty(option))
        return refuse_no_value(option, name, error);
    given[option - table] = true;
    return option_types[option->type].set(option, value, field_of(option, config), error);
}

/* A surplus argument may be meant as the value of the first option: the game, or the weights. */
static enum status refuse_argument(const struct option *table, bool is_first_given,
                                   const char *argument, struct error *error) {
    char word[OPTION_TEXT_SIZE];
    process_quote(word, sizeof word, argument);
    if (!is_first_given && table->name && table->type == OPTION_TEXT)
        return error_set(error, STATUS_BAD_INPUT, "unexpected argument '%s'; did you mean --%s=%s?",
                         argument, table->name, word);
    return error_set(error, STATUS_BAD_INPUT, "unexpected argument '%s'", argument);
}

enum status options_parse(const struct option *table, int argc, char **argv, void *config,
                          bool *given, const char **positional, int max_positional,
                          int *positional_count, struct error *error) {
    bool unasked[OPTION_MAX_COUNT] = {0};
    given = given ? given : unasked;
    *positional_count = 0;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0 && !is_short(table, argv[i])) {
            if (argv[i][0] == '-' && argv[i][1] != '\0')
                return error_set(error, STATUS_BAD_INPUT,
                                 "unknown option %s; options begin with two dashes", argv[i]);
            if (*positional_count >= max_positional)
                return refuse_argument(table, given[0], argv[i], error);
            positional[(*positional_count)++] = argv[i];
            continue;
        }
        bool used = false;
        const enum status status = parse_one(table, argc, argv, i, config, given, &used, error);
        if (status != STATUS_OK)
            return status;
        i += used;
    }
    return STATUS_OK;
}

bool option_is_letter(const struct option *option) {
    return option->name[0] != '\0' && option->name[1] == '\0';
}

const char *option_dashes(const char *name) {
    return strlen(name) == 1 ? "-" : "--";
}

bool option_shows_default(const struct option *option) {
    return option->initial && option->initial[0] &&
           (option->type != OPTION_FLAG || strcmp(option->initial, "true") == 0);
}
