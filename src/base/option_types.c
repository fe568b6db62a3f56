#include "base/option_types.h"
#include "base/path.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILE_MAX_SIZE = 1 << 16 };

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

/* A number with a unit, such as 10m: the unit is the placeholder, if that is a word. */
static enum status refuse_number(const struct option *option, const char *kind, const char *text,
                                 struct error *error) {
    const bool is_word = option->placeholder && strlen(option->placeholder) > 3;
    return error_set(error, STATUS_BAD_INPUT, "--%s takes %s%s%s%s, not '%.40s'", option->name,
                     kind, is_word ? " (" : "", is_word ? option->placeholder : "",
                     is_word ? ")" : "", text);
}

static enum status set_int(const struct option *option, const char *text, void *field,
                           struct error *error) {
    int64_t value;
    if (!parse_int(text, &value))
        return refuse_number(option,
                             option->maximum < 1e6 ? "a whole number"
                                                   : "a whole number such as 4000, 4k or 1.5M",
                             text, error);
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
        return refuse_number(option, "a number", text, error);
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
    if (option_is_bounded(option) && range.low == 0 && range.high > 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "--%s=%s begins with 0, which only stands alone: a range begins with at "
                         "least 1",
                         option->name, text);
    enum status status = check_bounds(option, text, (double)range.low, error);
    if (status == STATUS_OK)
        status = check_bounds(option, text, (double)range.high, error);
    if (status == STATUS_OK)
        *(struct option_range *)field = range;
    return status;
}

bool option_is_choice(const char *choices, const char *text) {
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
    if (!option->choices || option_is_choice(option->choices, text))
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT, "%s%s must be one of %s, not '%.40s'",
                     option_dashes(option->name), option->name, option->choices, text);
}

const char *option_newer_choice(const struct option *option, const char *text) {
    const size_t length = strlen(text);
    const bool is_old = option->old_choice && strncmp(option->old_choice, text, length) == 0 &&
                        option->old_choice[length] == '=';
    return is_old ? option->old_choice + length + 1 : text;
}

/* Takes the text of a file instead of its name; each run of blanks becomes one. */
static enum status set_file(const struct option *option, const char *path, char *field,
                            struct error *error) {
    char *text;
    size_t size;
    size_t used = 0;
    const enum status status = path_read_text(path, FILE_MAX_SIZE, &text, &size, error);
    if (status != STATUS_OK)
        return error_context(error, "--%s", option->name);
    for (size_t i = 0; i < size; i++)
        if (!isspace((unsigned char)text[i]))
            text[used++] = text[i];
        else if (used > 0 && text[used - 1] != ' ')
            text[used++] = ' ';
    used -= used > 0 && text[used - 1] == ' ';
    text[used] = '\0';
    const bool fits = used < OPTION_TEXT_SIZE && strlen(text) == used;
    if (fits)
        memcpy(field, text, used + 1);
    free(text);
    if (used == 0) /* not the same as the option left out */
        return error_set(error, STATUS_BAD_INPUT, "--%s: '%s' is empty", option->name, path);
    return fits ? STATUS_OK
                : error_set(error, STATUS_BAD_INPUT,
                            "--%s: '%s' is not a text of at most %d characters", option->name, path,
                            OPTION_TEXT_SIZE - 1);
}

static enum status set_text(const struct option *option, const char *text, void *field,
                            struct error *error) {
    if ((option->flags & OPTION_FILE) && text[0] == '@')
        return set_file(option, text + 1, field, error);
    text = option_newer_choice(option, text);
    if (strlen(text) >= OPTION_TEXT_SIZE)
        return error_set(error, STATUS_BAD_INPUT, "the value of %s%s is longer than %d characters",
                         option_dashes(option->name), option->name, OPTION_TEXT_SIZE - 1);
    const enum status status = check_choice(option, text, error);
    if (status == STATUS_OK)
        memmove(field, text, strlen(text) + 1);
    return status;
}

bool option_is_truth(const char *text) {
    return strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0;
}

static enum status set_flag(const struct option *option, const char *text, void *field,
                            struct error *error) {
    if (!option_is_truth(text))
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

/* 1e6 is a whole number, too. */
static bool int_from_json(const struct json *json, const char *key, void *field) {
    double real;
    if (json_get_int(json, key, field))
        return true;
    if (!json_get_real(json, key, &real) || floor(real) != real || fabs(real) > 9e15)
        return false;
    *(int64_t *)field = (int64_t)real;
    return true;
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

const struct option_type_functions option_types[] = {
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
