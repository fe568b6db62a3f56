/* Options that do nothing without others: struct option's `needs`. */
#include "base/option_types.h"
#include "base/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an option needs: a value of another one. */
struct need {
    const struct option *other; /* of several one that is set, otherwise the first */
    bool is_not;                /* the other one must not be set */
    const char *demand;         /* "=a|b", ">=0", or "": set */
};

/* Whether an option has a text, a number that is not 0, or a flag that is on. */
static bool is_set(const struct option *option, const void *config) {
    char value[OPTION_TEXT_SIZE];
    if (option->type != OPTION_TEXT)
        return option_number(option, config) != 0;
    options_format(option, config, value, sizeof value);
    return value[0] != '\0';
}

static struct need need_of(const struct option *option, const struct option *table,
                           const void *config) {
    const bool is_not = option->needs[0] == '!';
    const char *name = option->needs + is_not;
    struct need need = {.is_not = is_not, .demand = name + strcspn(name, "=>")};
    while (name < need.demand) {
        char text[OPTION_NAME_SIZE];
        const size_t length = strcspn(name, "|=>");
        snprintf(text, sizeof text, "%.*s", (int)length, name);
        const struct option *other = options_find(table, text);
        if (!need.other || (other && is_set(other, config)))
            need.other = other;
        name += length + 1;
    }
    return need;
}

static bool is_met(const struct need *need, const void *config) {
    char value[OPTION_TEXT_SIZE];
    options_format(need->other, config, value, sizeof value);
    if (need->demand[0] == '=')
        return option_is_choice(need->demand + 1, value);
    if (need->demand[0] == '>')
        return option_number(need->other, config) >= strtod(need->demand + strlen(">="), NULL);
    return is_set(need->other, config) != need->is_not;
}

/* Whether the option does nothing; if so, sets need to what it lacks. */
static bool lacks(const struct option *option, const struct option *table, const void *config,
                  struct need *need) {
    if (!option->needs)
        return false;
    *need = need_of(option, table, config);
    return need->other && !is_met(need, config);
}

bool option_is_idle(const struct option *option, const struct option *table, const void *config) {
    struct need need;
    return lacks(option, table, config, &need);
}

static enum status refuse(const struct option *option, const struct need *need, const void *config,
                          struct error *error) {
    char value[OPTION_TEXT_SIZE];
    const char *dashes = option_dashes(option->name);
    const char *other_dashes = option_dashes(need->other->name);
    options_format(need->other, config, value, sizeof value);
    if (need->demand[0] == '=')
        return error_set(error, STATUS_BAD_INPUT, "%s%s is for %s%s%s, not %.60s: leave it out",
                         dashes, option->name, other_dashes, need->other->name, need->demand,
                         value);
    if (need->is_not)
        return error_set(error, STATUS_BAD_INPUT, "%s%s does nothing with %s%s: leave it out",
                         dashes, option->name, other_dashes, need->other->name);
    return error_set(error, STATUS_BAD_INPUT,
                     "%s%s does nothing without %s%s: give that, too, or leave it out", dashes,
                     option->name, other_dashes, need->other->name);
}

/* Who turns off a part of what is off gets what they ask for: --tensorboard=false --clips=false. */
static bool is_off_too(const struct option *option, const struct need *need, const void *config) {
    return option->type == OPTION_FLAG && !is_set(option, config) && !need->is_not &&
           need->demand[0] == '\0';
}

enum status options_refuse_idle(const struct option *table, const void *config, const bool *given,
                                struct error *error) {
    struct need need;
    for (const struct option *option = table; option->name; option++)
        if (given[option - table] && lacks(option, table, config, &need) &&
            !is_off_too(option, &need, config))
            return refuse(option, &need, config, error);
    return STATUS_OK;
}
