#include "base/options.h"
#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void *field_of(const struct option *option, void *config) {
    return (char *)config + option->offset;
}

/* Option names use '_'; '-' in what a user types means the same. */
static void normalize_name(char *out, const char *name, size_t length) {
    if (length >= OPTION_NAME_SIZE)
        length = OPTION_NAME_SIZE - 1;
    for (size_t i = 0; i < length; i++)
        out[i] = name[i] == '-' ? '_' : name[i];
    out[length] = '\0';
}

const struct option *options_find(const struct option *table, const char *name) {
    for (const struct option *option = table; option->name; option++)
        if (strcmp(option->name, name) == 0 || (option->alias && strcmp(option->alias, name) == 0))
            return option;
    return NULL;
}

bool option_is_bounded(const struct option *option) {
    return option->minimum != 0 || option->maximum != 0;
}

static enum status check_bounds(const struct option *option, const char *text, double value,
                                struct error *error) {
    if (!option_is_bounded(option) || (value >= option->minimum && value <= option->maximum))
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT, "--%s=%s is out of bounds: it must be from %g to %g",
                     option->name, text, option->minimum, option->maximum);
}

/* The factor that a suffix letter stands for; 0 for an unknown letter. */
static long double unit_of(const char *letter) {
    static const struct {
        const char *letter;
        long double unit;
    } units[] = {{"", 1}, {"k", 1e3L}, {"K", 1e3L}, {"M", 1e6L}, {"G", 1e9L}, {"B", 1e9L}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(letter, units[i].letter) == 0)
            return units[i].unit;
    return 0;
}

/* "4000", "4k", "4e3", "1.5M". */
static bool parse_int(const char *text, int64_t *value) {
    char *end;
    errno = 0;
    const long long plain = strtoll(text, &end, 10);
    if (end != text && *end == '\0') {
        *value = plain;
        return errno == 0;
    }
    const char *letter = text + strspn(text, "+-.0123456789eE"); /* no hexadecimal, no "inf" */
    const long double whole = strtold(text, &end) * unit_of(letter);
    if (end == text || end != letter || unit_of(letter) == 0 || fabsl(whole) > 9e18L ||
        floorl(whole) != whole)
        return false;
    *value = (int64_t)whole;
    return true;
}

static enum status set_int(const struct option *option, const char *text, void *field,
                           struct error *error) {
    int64_t value;
    if (!parse_int(text, &value))
        return error_set(error, STATUS_BAD_INPUT, "--%s takes a whole number, not '%.40s'",
                         option->name, text);
    const enum status status = check_bounds(option, text, (double)value, error);
    if (status == STATUS_OK)
        *(int64_t *)field = value;
    return status;
}

static enum status set_real(const struct option *option, const char *text, void *field,
                            struct error *error) {
    char *end;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value))
        return error_set(error, STATUS_BAD_INPUT, "--%s takes a number, not '%.40s'", option->name,
                         text);
    const enum status status = check_bounds(option, text, value, error);
    if (status == STATUS_OK)
        *(double *)field = value;
    return status;
}

bool option_range_parse(const char *text, struct option_range *range) {
    char *end;
    errno = 0;
    const long long low = strtoll(text, &end, 10);
    if (end == text || low < 0)
        return false;
    long long high = low;
    if (*end == '-') {
        text = end + 1;
        high = strtoll(text, &end, 10);
    }
    if (end == text || *end != '\0' || high < low || errno != 0)
        return false;
    *range = (struct option_range){low, high};
    return true;
}

static enum status set_range(const struct option *option, const char *text, void *field,
                             struct error *error) {
    struct option_range range;
    if (!option_range_parse(text, &range))
        return error_set(error, STATUS_BAD_INPUT,
                         "--%s takes a whole number or a range such as 2-4, not '%.40s'",
                         option->name, text);
    const bool is_mixed = range.low == 0 && range.high > 0; /* 0 alone may have a meaning */
    enum status status = check_bounds(option, text, (double)(is_mixed ? -1 : range.low), error);
    if (status == STATUS_OK)
        status = check_bounds(option, text, (double)range.high, error);
    if (status == STATUS_OK)
        *(struct option_range *)field = range;
    return status;
}

static bool is_choice(const char *choices, const char *text) {
    const size_t length = strlen(text);
    for (const char *choice = choices; choice; choice = strchr(choice, '|')) {
        choice += *choice == '|';
        if (length > 0 && strncmp(choice, text, length) == 0 &&
            (choice[length] == '|' || choice[length] == '\0'))
            return true;
    }
    return false;
}

static enum status check_choice(const struct option *option, const char *text,
                                struct error *error) {
    if (!option->choices || is_choice(option->choices, text))
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT, "--%s must be one of %s, not '%.40s'", option->name,
                     option->choices, text);
}

/* The choice that an older word stands for; any other text as it is. */
static const char *newer_choice(const struct option *option, const char *text) {
    const size_t length = strlen(text);
    const bool is_old = option->old_choice && strncmp(option->old_choice, text, length) == 0 &&
                        option->old_choice[length] == '=';
    return is_old ? option->old_choice + length + 1 : text;
}

static enum status set_text(const struct option *option, const char *text, void *field,
                            struct error *error) {
    text = newer_choice(option, text);
    if (strlen(text) >= OPTION_TEXT_SIZE)
        return error_set(error, STATUS_BAD_INPUT, "the value of --%s is longer than %d characters",
                         option->name, OPTION_TEXT_SIZE - 1);
    const enum status status = check_choice(option, text, error);
    if (status == STATUS_OK)
        memmove(field, text, strlen(text) + 1);
    return status;
}

/* In any case: Python writes True. */
static bool is_truth(const char *text) {
    return strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0;
}

static enum status set_flag(const struct option *option, const char *text, void *field,
                            struct error *error) {
    if (!is_truth(text))
        return error_set(error, STATUS_BAD_INPUT, "--%s takes true or false, not '%.40s'",
                         option->name, text);
    *(bool *)field = strcasecmp(text, "true") == 0;
    return STATUS_OK;
}

static void format_int(const void *field, char *out, size_t size) {
    snprintf(out, size, "%lld", (long long)*(const int64_t *)field);
}

static void format_real(const void *field, char *out, size_t size) {
    snprintf(out, size, "%.15g", *(const double *)field);
}

static void format_text(const void *field, char *out, size_t size) {
    snprintf(out, size, "%s", (const char *)field);
}

static void format_flag(const void *field, char *out, size_t size) {
    snprintf(out, size, "%s", *(const bool *)field ? "true" : "false");
}

static void format_range(const void *field, char *out, size_t size) {
    const struct option_range *range = field;
    snprintf(out, size, range->low == range->high ? "%lld" : "%lld-%lld", (long long)range->low,
             (long long)range->high);
}

static void int_to_json(struct json *json, const char *key, const void *field) {
    json_set_int(json, key, *(const int64_t *)field);
}

static void real_to_json(struct json *json, const char *key, const void *field) {
    json_set_real(json, key, *(const double *)field);
}

static void text_to_json(struct json *json, const char *key, const void *field) {
    json_set_text(json, key, field);
}

static void flag_to_json(struct json *json, const char *key, const void *field) {
    json_set_bool(json, key, *(const bool *)field);
}

static void range_to_json(struct json *json, const char *key, const void *field) {
    const struct option_range *range = field;
    char text[48];
    format_range(field, text, sizeof text);
    if (range->low == range->high)
        json_set_int(json, key, range->low);
    else
        json_set_text(json, key, text);
}

static bool int_from_json(const struct json *json, const char *key, void *field) {
    return json_get_int(json, key, field);
}

static bool real_from_json(const struct json *json, const char *key, void *field) {
    return json_get_real(json, key, field);
}

static bool text_from_json(const struct json *json, const char *key, void *field) {
    return json_get_text(json, key, field, OPTION_TEXT_SIZE);
}

static bool flag_from_json(const struct json *json, const char *key, void *field) {
    return json_get_bool(json, key, field);
}

static bool range_from_json(const struct json *json, const char *key, void *field) {
    struct option_range *range = field;
    char text[48];
    int64_t number;
    if (json_get_text(json, key, text, sizeof text))
        return option_range_parse(text, range);
    if (!json_get_int(json, key, &number))
        return false;
    *range = (struct option_range){number, number};
    return true;
}

static double int_number(const void *field) {
    return (double)*(const int64_t *)field;
}

static double real_number(const void *field) {
    return *(const double *)field;
}

static double text_number(const void *field) {
    (void)field;
    return NAN;
}

static double flag_number(const void *field) {
    return *(const bool *)field;
}

static double range_number(const void *field) {
    const struct option_range *range = field;
    return ((double)range->low + (double)range->high) / 2;
}

/* What sets the types of options apart. */
static const struct {
    enum status (*set)(const struct option *option, const char *text, void *field,
                       struct error *error);
    void (*format)(const void *field, char *out, size_t size);
    void (*to_json)(struct json *json, const char *key, const void *field);
    bool (*from_json)(const struct json *json, const char *key, void *field);
    double (*number)(const void *field);
    const char *wanted; /* of a value in JSON */
} types[] = {
    [OPTION_INT] = {set_int, format_int, int_to_json, int_from_json, int_number, "a whole number"},
    [OPTION_REAL] = {set_real, format_real, real_to_json, real_from_json, real_number, "a number"},
    [OPTION_TEXT] = {set_text, format_text, text_to_json, text_from_json, text_number,
                     "a text of 511 bytes at most"},
    [OPTION_FLAG] = {set_flag, format_flag, flag_to_json, flag_from_json, flag_number,
                     "true or false"},
    [OPTION_RANGE] = {set_range, format_range, range_to_json, range_from_json, range_number,
                      "a whole number or a text such as \"2-4\""},
};
_Static_assert(OPTION_TEXT_SIZE == 512, "the words on a text's length are wrong");

void option_to_json(const struct option *option, const void *config, struct json *json) {
    types[option->type].to_json(json, option->name, (const char *)config + option->offset);
}

const char *option_from_json(const struct option *option, const struct json *json, const char *key,
                             void *config) {
    char *field = field_of(option, config);
    if (!types[option->type].from_json(json, key, field))
        return types[option->type].wanted;
    if (option->old_choice) {
        const char *choice = newer_choice(option, field);
        memmove(field, choice, strlen(choice) + 1);
    }
    return NULL;
}

double option_number(const struct option *option, const void *config) {
    return types[option->type].number((const char *)config + option->offset);
}

void options_format(const struct option *option, const void *config, char *out, size_t size) {
    types[option->type].format((const char *)config + option->offset, out, size);
}

/* A default stands as it is, also outside of the bounds and choices of what a person may say. */
void options_defaults(const struct option *table, void *config) {
    for (const struct option *option = table; option->name; option++) {
        struct option free_option = *option;
        struct error ignored;
        if (!option->initial)
            continue;
        free_option.minimum = free_option.maximum = 0;
        free_option.choices = NULL;
        types[option->type].set(&free_option, option->initial, field_of(option, config), &ignored);
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

/* Lists of parts may lie within lists: this deep. */
enum { MAX_DEPTH = 8 };

/* What is still to be appended: the rest of each list that contains the newest, outermost first. */
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
            status = error_set(error, STATUS_FAILED, "options lie too deep");
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
        const enum status status = types[option->type].set(option, text, unused, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* ---- Parsing --------------------------------------------------------------------------------- */

static int table_names(const struct option *table, const char *names[OPTION_MAX_COUNT]) {
    int count = 0;
    for (const struct option *option = table; option->name && count < OPTION_MAX_COUNT; option++)
        names[count++] = option->name;
    return count;
}

static enum status unknown_option(const struct option *table, const char *name,
                                  struct error *error) {
    const char *names[OPTION_MAX_COUNT];
    const char *nearest = options_nearest(name, names, table_names(table, names));
    if (nearest)
        return error_set(error, STATUS_BAD_INPUT, "unknown option --%s; did you mean --%s?", name,
                         nearest);
    return error_set(error, STATUS_BAD_INPUT, "unknown option --%s; --help lists them", name);
}

/* Whether an argument is a dash and the letter that is an option's whole name. */
static bool is_short(const struct option *table, const char *argument) {
    if (argument[0] != '-' || argument[1] == '\0' || (argument[2] != '\0' && argument[2] != '='))
        return false;
    const char name[] = {argument[1], '\0'};
    return options_find(table, name) != NULL;
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
    const bool truth_follows = i + 1 < argc && is_truth(argv[i + 1]);
    if (!value && option->type == OPTION_FLAG && !truth_follows) {
        value = "true";
    } else if (!value) {
        if (i + 1 >= argc || strncmp(argv[i + 1], "--", 2) == 0)
            return error_set(error, STATUS_BAD_INPUT,
                             option_is_letter(option) ? "-%s needs a value: -%s %s"
                                                      : "--%s needs a value: --%s=%s",
                             name, name, option->placeholder ? option->placeholder : "VALUE");
        value = argv[i + 1];
        *used = true;
    }
    if (given)
        given[option - table] = true;
    return types[option->type].set(option, value, field_of(option, config), error);
}

enum status options_parse(const struct option *table, int argc, char **argv, void *config,
                          bool *given, const char **positional, int max_positional,
                          int *positional_count, struct error *error) {
    *positional_count = 0;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0 && !is_short(table, argv[i])) {
            if (argv[i][0] == '-' && argv[i][1] != '\0')
                return error_set(error, STATUS_BAD_INPUT,
                                 "unknown option %s; options begin with two dashes", argv[i]);
            if (*positional_count >= max_positional)
                return error_set(error, STATUS_BAD_INPUT, "unexpected argument '%s'", argv[i]);
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

bool option_shows_default(const struct option *option) {
    return option->initial && option->initial[0] &&
           (option->type != OPTION_FLAG || strcmp(option->initial, "true") == 0);
}
