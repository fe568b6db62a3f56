#include "games/retro/scenario.h"

#include <stdlib.h>
#include <string.h>

/* ---- Reading --------------------------------------------------------------------------------- */

/* The state of reading: the file's name, the variables that rules may use, and the result. */
struct reader {
    const char *path;
    const struct retro_variables *variables;
    struct retro_scenario *scenario;
    const struct json *node_json[RETRO_MAX_NODES];
};

static const char *const op_names[] = {
    [RETRO_OP_NONE] = "",
    [RETRO_OP_EQUAL] = "equal",
    [RETRO_OP_NEGATIVE_EQUAL] = "negative-equal",
    [RETRO_OP_NOT_EQUAL] = "not-equal",
    [RETRO_OP_LESS_THAN] = "less-than",
    [RETRO_OP_GREATER_THAN] = "greater-than",
    [RETRO_OP_LESS_OR_EQUAL] = "less-or-equal",
    [RETRO_OP_GREATER_OR_EQUAL] = "greater-or-equal",
    [RETRO_OP_NONZERO] = "nonzero",
    [RETRO_OP_ZERO] = "zero",
    [RETRO_OP_NEGATIVE] = "negative",
    [RETRO_OP_POSITIVE] = "positive",
    [RETRO_OP_SIGN] = "sign",
};

enum { OP_COUNT = sizeof op_names / sizeof op_names[0] };

static enum status refuse(const struct reader *reader, const char *about, const char *name,
                          struct error *error) {
    char shown[64];
    snprintf(shown, sizeof shown, "%s", name);
    printable(shown);
    return error_set(error, STATUS_BAD_INPUT, "'%s': the rule about '%s' %s", reader->path, shown,
                     about);
}

static bool read_op(const struct json *entry, enum retro_op *op) {
    char name[24];
    *op = RETRO_OP_NONE;
    if (!json_has(entry, "op"))
        return true;
    if (!json_get_text(entry, "op", name, sizeof name))
        return false;
    for (int i = 1; i < OP_COUNT; i++)
        if (strcmp(name, op_names[i]) == 0) {
            *op = (enum retro_op)i;
            return true;
        }
    return false;
}

static bool read_measurement(const struct json *entry, bool *delta) {
    char name[16];
    if (!json_has(entry, "measurement"))
        return true;
    if (!json_get_text(entry, "measurement", name, sizeof name))
        return false;
    *delta = strcmp(name, "delta") == 0;
    return *delta || strcmp(name, "absolute") == 0;
}

/* A number of at most limit, so that no sum of rewards is infinite; 0 if it is missing. */
static bool read_number(const struct json *entry, const char *key, double limit, double *number) {
    *number = 0;
    return !json_has(entry, key) ||
           (json_get_real(entry, key, number) && *number >= -limit && *number <= limit);
}

/* rule holds the defaults beforehand. */
static enum status read_rule(const struct reader *reader, const char *name,
                             const struct json *entry, struct retro_rule *rule,
                             struct error *error) {
    double reference;
    double reward;
    double penalty;
    if (!entry)
        return refuse(reader, "is not an object", name, error);
    if (!read_op(entry, &rule->op))
        return refuse(reader, "has an unknown op", name, error);
    if (!read_measurement(entry, &rule->delta))
        return refuse(reader, "measures neither \"absolute\" nor \"delta\"", name, error);
    if (!read_number(entry, "reference", 1e18, &reference) ||
        !read_number(entry, "reward", 1e15, &reward) ||
        !read_number(entry, "penalty", 1e15, &penalty))
        return refuse(reader, "has a reference, reward or penalty that is not a number", name,
                      error);
    rule->reference = (int64_t)reference;
    rule->reward = (float)reward;
    rule->penalty = (float)penalty;
    return STATUS_OK;
}

/* Makes room for more rules after the present count. */
static enum status grow(const struct reader *reader, struct retro_rule **rules, int count,
                        size_t more, struct error *error) {
    if ((size_t)count + more > RETRO_MAX_RULES)
        return error_set(error, STATUS_BAD_INPUT, "'%s' has more than %d rules", reader->path,
                         RETRO_MAX_RULES);
    struct retro_rule *grown = realloc(*rules, ((size_t)count + more + 1) * sizeof *grown);
    if (!grown)
        return error_set(error, STATUS_FAILED, "out of memory reading '%s'", reader->path);
    *rules = grown;
    return STATUS_OK;
}

/* Adds the rules of an object "variables" (NULL: none); each begins as rule. */
static enum status read_rules(const struct reader *reader, const struct json *variables,
                              const struct retro_rule *rule, struct retro_rule **rules, int *count,
                              struct error *error) {
    enum status status = grow(reader, rules, *count, json_count(variables), error);
    const char *name = variables ? json_first_key(variables) : NULL;
    for (; name && status == STATUS_OK; name = json_next_key(variables, name)) {
        struct retro_rule *added = &(*rules)[*count];
        *added = *rule;
        added->variable = retro_variables_find(reader->variables, name);
        if (added->variable < 0)
            return refuse(reader, "is about a variable that data.json does not have", name, error);
        status = read_rule(reader, name, json_get_object(variables, name), added, error);
        ++*count;
    }
    return status;
}

/* Reads "script": "lua:function", or "function"; "" if there is none. */
static enum status read_function(const struct reader *reader, const struct json *part,
                                 char function[RETRO_NAME_SIZE], struct error *error) {
    char name[RETRO_NAME_SIZE + sizeof "lua:"] = "";
    if (!json_has(part, "script"))
        return STATUS_OK;
    const bool is_text = json_get_text(part, "script", name, sizeof name);
    const char *colon = strchr(name, ':');
    if (is_text && (!colon || strncmp(name, "lua:", strlen("lua:")) == 0))
        snprintf(function, RETRO_NAME_SIZE, "%.*s", RETRO_NAME_SIZE - 1, colon ? colon + 1 : name);
    return function[0] ? STATUS_OK
                       : error_set(error, STATUS_BAD_INPUT,
                                   "'%s': a \"script\" is not a function such as \"lua:reward\"",
                                   reader->path);
}

/* The files of "scripts", which must be beside scenario.json. */
static enum status read_scripts(const struct reader *reader, const struct json *file,
                                struct error *error) {
    struct retro_scenario *scenario = reader->scenario;
    const struct json *scripts = json_get_array(file, "scripts");
    if (!scenario->reward_function[0] && !scenario->end_function[0])
        return STATUS_OK;
    bool is_sound = json_count(scripts) > 0 && json_count(scripts) <= RETRO_MAX_SCRIPTS;
    for (size_t i = 0; is_sound && i < json_count(scripts); i++) {
        const char *name = json_as_text(json_at(scripts, i));
        const size_t length = name ? strlen(name) : 0;
        is_sound = length > strlen(".lua") && length < RETRO_NAME_SIZE && is_printable(name) &&
                   !strchr(name, '/') && strcmp(name + length - strlen(".lua"), ".lua") == 0;
        if (is_sound)
            memcpy(scenario->scripts[scenario->script_count++], name, length + 1);
    }
    return is_sound
               ? STATUS_OK
               : error_set(error, STATUS_BAD_INPUT,
                           "'%s' has functions for rules, but its \"scripts\" are not up to %d "
                           "files of Lua beside it",
                           reader->path, RETRO_MAX_SCRIPTS);
}

static enum status read_reward(const struct reader *reader, const struct json *reward,
                               struct error *error) {
    struct retro_scenario *scenario = reader->scenario;
    const struct retro_rule rule = {.variable = -1, .delta = true};
    enum status status = read_function(reader, reward, scenario->reward_function, error);
    if (status != STATUS_OK || scenario->reward_function[0])
        return status;
    if (json_has(reward, "time")) {
        status = grow(reader, &scenario->rewards, scenario->reward_count, 1, error);
        if (status != STATUS_OK)
            return status;
        struct retro_rule *time = &scenario->rewards[scenario->reward_count++];
        *time = rule;
        status = read_rule(reader, "time", json_get_object(reward, "time"), time, error);
    }
    if (status == STATUS_OK)
        status = read_rules(reader, json_get_object(reward, "variables"), &rule, &scenario->rewards,
                            &scenario->reward_count, error);
    return status;
}

/* Reads "reward", or the first of the "rewards" of several players. */
static enum status read_rewards(const struct reader *reader, const struct json *file,
                                struct error *error) {
    const struct json *reward = json_get_object(file, "reward");
    if (!reward)
        reward = json_at(json_get_array(file, "rewards"), 0);
    return reward ? read_reward(reader, reward, error) : STATUS_OK;
}

static enum status add_node(struct reader *reader, const struct json *json, int parent,
                            struct error *error) {
    struct retro_scenario *scenario = reader->scenario;
    char condition[8] = "any";
    if (scenario->node_count == RETRO_MAX_NODES)
        return error_set(error, STATUS_BAD_INPUT, "'%s' has more than %d nodes", reader->path,
                         RETRO_MAX_NODES);
    if (json_has(json, "condition") &&
        (!json_get_text(json, "condition", condition, sizeof condition) ||
         (strcmp(condition, "any") != 0 && strcmp(condition, "all") != 0)))
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s': a condition is neither \"any\" nor \"all\"", reader->path);
    reader->node_json[scenario->node_count] = json;
    scenario->nodes[scenario->node_count++] =
        (struct retro_node){.all = strcmp(condition, "all") == 0, .parent = parent};
    return STATUS_OK;
}

/* Reads the nodes level by level, so that each comes after its parent. */
static enum status read_done(struct reader *reader, const struct json *done, struct error *error) {
    struct retro_scenario *scenario = reader->scenario;
    enum status status = read_function(reader, done, scenario->end_function, error);
    if (status != STATUS_OK || scenario->end_function[0])
        return status;
    status = add_node(reader, done, -1, error);
    for (int n = 0; n < scenario->node_count && status == STATUS_OK; n++) {
        const struct retro_rule rule = {.node = n};
        status = read_rules(reader, json_get_object(reader->node_json[n], "variables"), &rule,
                            &scenario->ends, &scenario->end_count, error);
        const struct json *nodes = json_get_object(reader->node_json[n], "nodes");
        const char *key = nodes ? json_first_key(nodes) : NULL;
        for (; key && status == STATUS_OK; key = json_next_key(nodes, key))
            status = add_node(reader, json_get_object(nodes, key), n, error);
    }
    return status;
}

static enum status read_crop(const struct reader *reader, const struct json *file,
                             struct error *error) {
    int64_t sides[4] = {0};
    const struct json *crop = json_get_array(file, "crop");
    for (size_t i = 0; crop && i < 4; i++)
        if (!json_as_int(json_at(crop, i), &sides[i]) || sides[i] < 0 || sides[i] > INT16_MAX)
            return error_set(error, STATUS_BAD_INPUT,
                             "'%s': its crop is not left, top, width and height", reader->path);
    reader->scenario->crop =
        (struct retro_crop){(int)sides[0], (int)sides[1], (int)sides[2], (int)sides[3]};
    return STATUS_OK;
}

static enum status read_file(struct reader *reader, const struct json *file,
                             const struct retro_system *system, struct error *error) {
    struct retro_scenario *scenario = reader->scenario;
    enum status status = read_rewards(reader, file, error);
    if (status == STATUS_OK && json_get_object(file, "done"))
        status = read_done(reader, json_get_object(file, "done"), error);
    if (status == STATUS_OK)
        status = read_scripts(reader, file, error);
    if (status == STATUS_OK)
        status = read_crop(reader, file, error);
    scenario->has_combos = json_has(file, "actions");
    if (status == STATUS_OK && scenario->has_combos)
        status = retro_combos_read(reader->path, json_get_array(file, "actions"), system,
                                   &scenario->combos, error);
    return status;
}

enum status retro_scenario_load(const char *path, const struct retro_variables *variables,
                                const struct retro_system *system, struct retro_scenario *scenario,
                                struct error *error) {
    struct reader reader = {.path = path, .variables = variables, .scenario = scenario};
    *scenario = (struct retro_scenario){0};
    struct json *file;
    enum status status = json_load_foreign(path, &file, error);
    if (status != STATUS_OK)
        return status;
    status = read_file(&reader, file, system, error);
    json_free(file);
    if (status != STATUS_OK)
        retro_scenario_free(scenario);
    return status;
}

void retro_scenario_free(struct retro_scenario *scenario) {
    free(scenario->rewards);
    free(scenario->ends);
    *scenario = (struct retro_scenario){0};
}

/* ---- Judging --------------------------------------------------------------------------------- */

static int64_t apply_op(enum retro_op op, int64_t reference, int64_t value) {
    switch (op) {
    case RETRO_OP_EQUAL:
        return value == reference;
    case RETRO_OP_NEGATIVE_EQUAL:
        return (uint64_t)value == -(uint64_t)reference;
    case RETRO_OP_NOT_EQUAL:
        return value != reference;
    case RETRO_OP_LESS_THAN:
        return value < reference;
    case RETRO_OP_GREATER_THAN:
        return value > reference;
    case RETRO_OP_LESS_OR_EQUAL:
        return value <= reference;
    case RETRO_OP_GREATER_OR_EQUAL:
        return value >= reference;
    case RETRO_OP_NONZERO:
        return value != 0;
    case RETRO_OP_ZERO:
        return value == 0;
    case RETRO_OP_NEGATIVE:
        return value < 0;
    case RETRO_OP_POSITIVE:
        return value > 0;
    case RETRO_OP_SIGN:
        return (value > 0) - (value < 0);
    case RETRO_OP_NONE:
        break;
    }
    return value;
}

static int64_t measure(const struct retro_rule *rule, const int64_t *values,
                       const int64_t *previous) {
    int64_t value = 1;
    if (rule->variable >= 0 && rule->delta)
        value = (int64_t)((uint64_t)values[rule->variable] - (uint64_t)previous[rule->variable]);
    else if (rule->variable >= 0)
        value = values[rule->variable];
    return apply_op(rule->op, rule->reference, value);
}

/* In single precision, as stable-retro sums. */
double retro_scenario_reward(const struct retro_scenario *scenario, const int64_t *values,
                             const int64_t *previous) {
    float sum = 0;
    for (int i = 0; i < scenario->reward_count; i++) {
        const struct retro_rule *rule = &scenario->rewards[i];
        const int64_t measured = measure(rule, values, previous);
        if (measured != 0)
            sum += (float)measured * (measured > 0 ? rule->reward : rule->penalty);
    }
    return (double)sum;
}

bool retro_scenario_is_over(const struct retro_scenario *scenario, const int64_t *values,
                            const int64_t *previous) {
    bool holds[RETRO_MAX_NODES] = {false};
    if (scenario->node_count == 0)
        return false;
    for (int n = 0; n < scenario->node_count; n++)
        holds[n] = scenario->nodes[n].all;
    for (int i = 0; i < scenario->end_count; i++) {
        const struct retro_rule *rule = &scenario->ends[i];
        if ((measure(rule, values, previous) > 0) != scenario->nodes[rule->node].all)
            holds[rule->node] = !scenario->nodes[rule->node].all;
    }
    /* The contents of a node are known before the node. */
    for (int n = scenario->node_count - 1; n > 0; n--) {
        const int parent = scenario->nodes[n].parent;
        if (holds[n] != scenario->nodes[parent].all)
            holds[parent] = !scenario->nodes[parent].all;
    }
    return holds[0];
}

bool retro_scenario_uses(const struct retro_scenario *scenario, int variable) {
    for (int i = 0; i < scenario->reward_count; i++)
        if (scenario->rewards[i].variable == variable)
            return true;
    for (int i = 0; i < scenario->end_count; i++)
        if (scenario->ends[i].variable == variable)
            return true;
    return false;
}
