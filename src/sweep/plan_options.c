/* The options of a sweep's runs as `train` takes them, and those that do nothing there. */
#include "sweep/plan.h"
#include "train/train.h"

#include <stdlib.h>
#include <string.h>

struct method_row {
    const char *name;
    const struct option_part *parts;
    const struct option_default *defaults;
};

#define METHOD_ROW(id, summary) {#id, train_##id##_options, method_##id##_defaults},
static const struct method_row methods[] = {METHODS(METHOD_ROW){0}};

enum status plan_table(const char *method, struct option table[OPTION_MAX_COUNT + 1],
                       struct error *error) {
    const struct method_row *row = methods;
    while (row->name && strcmp(row->name, method) != 0)
        row++;
    return row->name ? options_compose(table, row->parts, row->defaults, error)
                     : error_set(error, STATUS_BAD_INPUT, "there is no method '%.40s'", method);
}

enum status plan_parse(const struct plan *plan, int setting,
                       struct option table[OPTION_MAX_COUNT + 1], struct train_config *config,
                       struct error *error) {
    enum { BEFORE_OPTIONS = 2 }; /* "asyncrl train" */
    const char *method = plan_value(plan, setting, "method");
    bool given[OPTION_MAX_COUNT] = {0};
    char *nothing[] = {NULL};
    enum status status = plan_table(method, table, error);
    if (status != STATUS_OK)
        return status;
    char **words = plan_arguments(plan, setting * plan->seed_count, "run", nothing);
    if (!words)
        return error_set(error, STATUS_FAILED, "out of memory for a sweep");
    int count = 0;
    while (words[count])
        count++;
    *config = (struct train_config){0};
    snprintf(config->method.name, sizeof config->method.name, "%s", method);
    status = train_parse_new(table, count - BEFORE_OPTIONS, words + BEFORE_OPTIONS, config, given,
                             error);
    free((void *)words);
    return status;
}

int64_t plan_max_processes(const struct plan *plan) {
    int64_t most = 1;
    for (int i = 0; i < plan->setting_count; i++) {
        struct option table[OPTION_MAX_COUNT + 1];
        struct train_config config;
        struct error ignored; /* the run will report it */
        if (plan_parse(plan, i, table, &config, &ignored) == STATUS_OK && config.processes > most)
            most = config.processes;
    }
    return most;
}

static int named_count(const struct plan *plan) {
    return plan->option_count + plan->axis_count;
}

static const char *name_of(const struct plan *plan, int index) {
    const int axis = index - plan->option_count;
    return axis < 0 ? plan->options[index].name : plan->axes[axis];
}

/* Which of the file's options may do nothing: because of others, or because of the game. */
struct doubts {
    bool of_needs;
    bool of_game;
};

static struct doubts find_doubts(const struct plan *plan, const struct option *all) {
    struct doubts doubts = {0};
    for (int i = 0; i < named_count(plan); i++) {
        const struct option *option = options_find(all, name_of(plan, i));
        doubts.of_needs = doubts.of_needs || (option && option->needs);
        doubts.of_game = doubts.of_game || (option && train_needs_game(option->name));
    }
    return doubts;
}

/* What the games of settings lack: opening one can take seconds, and many settings share it. */
struct known_game {
    char game[OPTION_TEXT_SIZE];
    struct game_overrides overrides;
    unsigned lacks;
};

enum { MAX_KNOWN = 16 };

struct known_games {
    int count;
    struct known_game games[MAX_KNOWN];
};

/* Whether one game's actions, lives and observations stay the same. */
static bool is_alike(const struct game_overrides *one, const struct game_overrides *other) {
    return strcmp(one->actions, other->actions) == 0 && strcmp(one->rom, other->rom) == 0 &&
           strcmp(one->core, other->core) == 0 && strcmp(one->state, other->state) == 0 &&
           one->full_action_space == other->full_action_space &&
           strcmp(one->env_kwargs, other->env_kwargs) == 0 &&
           strcmp(one->env_wrappers, other->env_wrappers) == 0;
}

static unsigned lacks_of(struct known_games *known, const struct train_config *config) {
    for (int i = 0; i < known->count; i++)
        if (strcmp(known->games[i].game, config->game) == 0 &&
            is_alike(&known->games[i].overrides, &config->overrides))
            return known->games[i].lacks;
    struct known_game *next = &known->games[known->count < MAX_KNOWN ? known->count++ : 0];
    memcpy(next->game, config->game, sizeof next->game);
    next->overrides = config->overrides;
    next->lacks = train_game_lacks(config);
    return next->lacks;
}

/* Finds those of one setting. If its options cannot be read, its runs say why: a sweep that has
 * ended can be listed without the file of its --config. known: NULL: no option needs a game. */
static void find_idle_of(struct plan *plan, int setting, struct known_games *known) {
    const int count = named_count(plan);
    struct option table[OPTION_MAX_COUNT + 1];
    struct train_config config;
    struct error ignored;
    if (plan_parse(plan, setting, table, &config, &ignored) != STATUS_OK)
        return;
    const unsigned lacks = known ? lacks_of(known, &config) : 0;
    for (int i = 0; i < count; i++) {
        const struct option *option = options_find(table, name_of(plan, i));
        plan->idle[(ptrdiff_t)setting * count + i] =
            option &&
            (option_is_idle(option, table, &config) || train_is_idle(lacks, option->name));
    }
}

enum status plan_find_idle(struct plan *plan, const struct option *all, struct error *error) {
    const struct doubts doubts = find_doubts(plan, all);
    if (!doubts.of_needs && !doubts.of_game)
        return STATUS_OK;
    bool *idle = calloc((size_t)plan->setting_count * (size_t)named_count(plan), sizeof *idle);
    struct known_games *known = calloc(1, sizeof *known);
    if (!idle || !known) {
        free(idle);
        free(known);
        return error_set(error, STATUS_FAILED, "out of memory for a sweep");
    }
    plan->idle = idle;
    for (int i = 0; i < plan->setting_count; i++)
        find_idle_of(plan, i, doubts.of_game ? known : NULL);
    free(known);
    return STATUS_OK;
}

/* Whether the option does nothing in any run. */
static bool is_idle_everywhere(const struct plan *plan, int index) {
    for (int i = 0; i < plan->setting_count; i++)
        if (!plan_is_idle(plan, i, index))
            return false;
    return true;
}

static bool is_default(const struct plan *plan, const struct option *option, int index) {
    const struct option alone[] = {*option, {0}};
    struct train_config usual;
    char text[OPTION_TEXT_SIZE];
    if (index >= plan->option_count)
        return false;
    options_defaults(alone, &usual);
    options_format(option, &usual, text, sizeof text);
    return strcmp(plan->options[index].value, text) == 0;
}

/* Whether the options of all settings can be read. */
static enum status check_parsing(const struct plan *plan, struct error *error) {
    enum status status = STATUS_OK;
    for (int i = 0; i < plan->setting_count && status == STATUS_OK; i++) {
        struct option table[OPTION_MAX_COUNT + 1];
        struct train_config config;
        status = plan_parse(plan, i, table, &config, error);
    }
    return status;
}

/* Refuses an option that does nothing in a setting. */
static enum status refuse_in(const struct plan *plan, int setting, int index, struct error *error) {
    struct option table[OPTION_MAX_COUNT + 1];
    struct train_config config;
    bool given[OPTION_MAX_COUNT] = {0};
    struct plan with_idle = *plan; /* whose runs get them */
    with_idle.idle = NULL;
    const enum status status = plan_parse(&with_idle, setting, table, &config, error);
    if (status != STATUS_OK)
        return status;
    const struct option *option = options_find(table, name_of(plan, index));
    given[option - table] = !is_default(plan, option, index);
    if (train_needs_game(option->name))
        return train_refuse_idle(train_game_lacks(&config), &config, table, given, error);
    return options_refuse_idle(table, &config, given, error);
}

enum status plan_refuse_idle(const struct plan *plan, struct error *error) {
    const bool is_of_run = json_has(plan->file, "about");
    enum status status = plan->idle ? check_parsing(plan, error) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < named_count(plan) && plan->idle && !is_of_run; i++)
        for (int k = 0; is_idle_everywhere(plan, i) && k < plan->setting_count; k++) {
            status = refuse_in(plan, k, i, error);
            if (status != STATUS_OK)
                return status;
        }
    return STATUS_OK;
}
