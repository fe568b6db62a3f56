/* Options that do nothing without others: struct option's `needs`. */
#include "base/option_types.h"
#include "base/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an option needs: a value of another one. */
struct need {
    const struct option *other;
    bool is_not;        /* the other one must be empty */
    const char *demand; /* "=a|b", ">=0", or "": not empty */
};

static struct need need_of(const struct option *option, const struct option *table) {
    char name[OPTION_NAME_SIZE];
    const bool is_not = option->needs[0] == '!';
    const char *start = option->needs + is_not;
    const size_t length = strcspn(start, "=>");
    snprintf(name, sizeof name, "%.*s", (int)length, start);
    return (struct need){options_find(table, name), is_not, start + length};
}

static bool is_met(const struct need *need, const void *config) {
    char value[OPTION_TEXT_SIZE];
    options_format(need->other, config, value, sizeof value);
    if (need->demand[0] == '=')
        return option_is_choice(need->demand + 1, value);
    if (need->demand[0] == '>')
        return option_number(need->other, config) >= strtod(need->demand + strlen(">="), NULL);
    return (value[0] == '\0') == need->is_not;
}

bool option_is_idle(const struct option *option, const struct option *table, const void *config) {
    if (!option->needs)
        return false;
    const struct need need = need_of(option, table);
    return need.other && !is_met(&need, config);
}

static enum status refuse(const struct option *option, const struct option *table,
                          const void *config, struct error *error) {
    const struct need need = need_of(option, table);
    char value[OPTION_TEXT_SIZE];
    options_format(need.other, config, value, sizeof value);
    if (need.demand[0] == '=')
        return error_set(error, STATUS_BAD_INPUT, "%s%s is for --%s%s, not %.60s: leave it out",
                         option_dashes(option->name), option->name, need.other->name, need.demand,
                         value);
    if (need.is_not)
        return error_set(error, STATUS_BAD_INPUT, "%s%s does nothing with --%s: leave it out",
                         option_dashes(option->name), option->name, need.other->name);
    return error_set(error, STATUS_BAD_INPUT,
                     "%s%s does nothing without --%s: give that, too, or leave it out",
                     option_dashes(option->name), option->name, need.other->name);
}

enum status options_refuse_idle(const struct option *table, const void *config, const bool *given,
                                struct error *error) {
    for (const struct option *option = table; option->name; option++)
        if (given[option - table] && option_is_idle(option, table, config))
            return refuse(option, table, config, error);
    return STATUS_OK;
}
