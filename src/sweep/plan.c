#include "sweep/plan.h"
#include "train/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An option in which settings differ, as in the file. */
struct axis {
    const struct option *option;
    const struct json *list; /* NULL: random */
    struct plan_range range;
};

/* The state while a file is read. */
struct reader {
    const char *path;
    struct plan *plan;
    struct axis axes[PLAN_MAX_AXES];
    int64_t samples; /* random points; 0: not given */
    struct option all[OPTION_MAX_COUNT + 1];
    struct train_config scratch; /* for checking values */
    struct error *error;
};

static enum status out_of_memory(struct error *error) {
    return error_set(error, STATUS_FAILED, "out of memory for a sweep");
}

static enum status refuse(struct reader *reader, const char *key, const char *why) {
    char shown[OPTION_NAME_SIZE];
    snprintf(shown, sizeof shown, "%s", key);
    printable(shown);
    return error_set(reader->error, STATUS_BAD_INPUT, "'%s': '%s' %s", reader->path, shown, why);
}

/* ---- Random points --------------------------------------------------------------------------- */

double plan_range_at(const struct plan_range *range, double share) {
    const double low = range->minimum;
    const double high = range->maximum;
    double value;
    if (range->is_log)
        value = exp(log(low) + share * (log(high) - log(low)));
    else if (range->is_whole)
        value = low + floor(share * (high - low + 1));
    else
        value = low + share * (high - low);
    if (range->is_whole) {
        value = round(value);
    } else {
        char text[32];
        snprintf(text, sizeof text, "%.4g", value);
        value = strtod(text, NULL);
    }
    return fmin(fmax(value, low), high);
}

double plan_draw(const struct plan_range *range, int64_t search_seed, int sample, int axis) {
    struct rng rng;
    rng_seed(&rng, (uint64_t)search_seed, (uint64_t)sample * PLAN_MAX_AXES + (uint64_t)axis);
    return plan_range_at(range, rng_uniform(&rng));
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* The option's value in object as text, which the caller frees; NULL and the error if it is missing
 * or wrong. */
static char *read_value(struct reader *reader, const struct option *option,
                        const struct json *object, const char *key) {
    const struct option alone[] = {*option, {0}};
    char text[OPTION_TEXT_SIZE];
    char why[128];
    const char *wanted = option_from_json(option, object, key, &reader->scratch);
    if (wanted) {
        snprintf(why, sizeof why, "must be %s", wanted);
        refuse(reader, key, why);
        return NULL;
    }
    if (options_check(alone, &reader->scratch, reader->error) != STATUS_OK) {
        error_context(reader->error, "'%.200s'", reader->path);
        return NULL;
    }
    options_format(option, &reader->scratch, text, sizeof text);
    char *copy = strdup(text);
    if (!copy)
        out_of_memory(reader->error);
    return copy;
}

/* The same; also frees object. */
static char *read_own_value(struct reader *reader, const struct option *option,
                            struct json *object) {
    char *text = read_value(reader, option, object, option->name);
    json_free(object);
    return text;
}

static char *list_value(struct reader *reader, const struct axis *axis, int64_t index) {
    struct json *object = json_new_object();
    json_set(object, axis->option->name, json_duplicate(json_at(axis->list, (size_t)index)));
    return read_own_value(reader, axis->option, object);
}

static char *random_value(struct reader *reader, int axis_index, int64_t sample) {
    const double most = 9e18; /* fits into an int64_t, and is out of every option's bounds */
    const struct axis *axis = &reader->axes[axis_index];
    struct json *object = json_new_object();
    const double value =
        plan_draw(&axis->range, reader->plan->search_seed, (int)sample, axis_index);
    if (axis->option->type == OPTION_INT)
        json_set_int(object, axis->option->name, (int64_t)fmax(-most, fmin(value, most)));
    else
        json_set_real(object, axis->option->name, value);
    return read_own_value(reader, axis->option, object);
}

/* The number of combinations of the lists' values, without random points; -1: too many. */
static int64_t count_combinations(const struct reader *reader) {
    int64_t count = 1;
    for (int i = 0; i < reader->plan->axis_count; i++) {
        if (reader->axes[i].list)
            count *= (int64_t)json_count(reader->axes[i].list);
        if (count > PLAN_MAX_RUNS)
            return -1;
    }
    return count;
}

/* Fills in the values of one setting. The last list's value changes fastest. */
static enum status fill_setting(struct reader *reader, int64_t setting) {
    struct plan *plan = reader->plan;
    const int64_t samples = reader->samples > 0 ? reader->samples : 1;
    int64_t combination = setting / samples;
    for (int i = plan->axis_count - 1; i >= 0; i--) {
        const struct axis *axis = &reader->axes[i];
        char **value = &plan->values[setting * plan->axis_count + i];
        if (axis->list) {
            const int64_t count = (int64_t)json_count(axis->list);
            *value = list_value(reader, axis, combination % count);
            combination /= count;
        } else {
            *value = random_value(reader, i, setting % samples);
        }
        if (!*value)
            return reader->error->status;
    }
    return STATUS_OK;
}

static enum status fill_settings(struct reader *reader) {
    struct plan *plan = reader->plan;
    const int64_t samples = reader->samples > 0 ? reader->samples : 1;
    const int64_t combinations = count_combinations(reader);
    if (combinations < 0 || samples > PLAN_MAX_RUNS ||
        combinations * samples * plan->seed_count > PLAN_MAX_RUNS)
        return error_set(reader->error, STATUS_BAD_INPUT, "'%s' asks for more than %d runs",
                         reader->path, PLAN_MAX_RUNS);
    const size_t settings = (size_t)(combinations * samples);
    plan->values = calloc(settings * (size_t)plan->axis_count + 1, sizeof *plan->values);
    if (!plan->values)
        return out_of_memory(reader->error);
    plan->setting_count = (int)settings;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < settings && status == STATUS_OK; i++)
        status = fill_setting(reader, (int64_t)i);
    return status;
}

/* ---- Members of the file --------------------------------------------------------------------- */

static enum status take_whole(struct reader *reader, const char *key, int64_t low, int64_t *value) {
    if (json_has(reader->plan->file, key) &&
        (!json_get_int(reader->plan->file, key, value) || *value < low))
        return refuse(reader, key,
                      low > 0 ? "must be a whole number from 1 on"
                              : "must be a whole number from 0 on");
    return STATUS_OK;
}

/* Reads a list of seeds or their number; they then count from 1. "seed" may also have a list. */
static enum status take_seeds(struct reader *reader) {
    struct plan *plan = reader->plan;
    const bool has_seeds = json_has(plan->file, "seeds");
    const char *key = has_seeds ? "seeds" : "seed";
    const struct json *list = json_get_array(plan->file, key);
    int64_t count = list ? (int64_t)json_count(list) : 1;
    if (has_seeds && json_has(plan->file, "seed"))
        return refuse(reader, "seed", "and 'seeds' exclude each other; leave out one");
    if (has_seeds && !list && !json_get_int(plan->file, key, &count))
        return refuse(reader, key, "must be the number of seeds, or a list of them");
    if (count < 1 || count > PLAN_MAX_RUNS)
        return refuse(reader, key, "must be at least one seed, and no more than 10000");
    plan->seeds = calloc((size_t)count, sizeof *plan->seeds);
    if (!plan->seeds)
        return out_of_memory(reader->error);
    plan->seed_count = (int)count;
    for (int i = 0; i < plan->seed_count; i++) {
        bool is_right = true;
        plan->seeds[i] = i + 1;
        if (list)
            is_right = json_as_int(json_at(list, (size_t)i), &plan->seeds[i]);
        else if (!has_seeds && json_has(plan->file, key))
            is_right = json_get_int(plan->file, key, &plan->seeds[i]);
        if (!is_right || plan->seeds[i] < 0)
            return refuse(reader, key, "must be whole numbers from 0 on");
        for (int k = 0; k < i; k++)
            if (plan->seeds[k] == plan->seeds[i])
                return refuse(reader, key, "has a seed twice");
    }
    return STATUS_OK;
}

static enum status read_range(struct reader *reader, const struct json *json, struct axis *axis) {
    const char *name = axis->option->name;
    struct plan_range *range = &axis->range;
    const bool is_number = axis->option->type == OPTION_INT || axis->option->type == OPTION_REAL;
    if (!is_number)
        return refuse(reader, name, "is not a number: only numbers have ranges; give a list");
    for (const char *key = json_first_key(json); key; key = json_next_key(json, key))
        if (strcmp(key, "min") != 0 && strcmp(key, "max") != 0 && strcmp(key, "log") != 0)
            return refuse(reader, name,
                          "must be a range: {\"min\": A, \"max\": B, \"log\": true or false}");
    range->is_whole = axis->option->type == OPTION_INT;
    if (!json_get_real(json, "min", &range->minimum) ||
        !json_get_real(json, "max", &range->maximum) || !(range->minimum < range->maximum))
        return refuse(reader, name,
                      "needs \"min\" and \"max\", two numbers, the smaller one first");
    if (json_has(json, "log") && !json_get_bool(json, "log", &range->is_log))
        return refuse(reader, name, "has a \"log\" that is neither true nor false");
    if (range->is_log && range->minimum <= 0)
        return refuse(reader, name, "has a \"min\" that is not above 0, and so no logarithm");
    if (range->is_whole &&
        (range->minimum != floor(range->minimum) || range->maximum != floor(range->maximum)))
        return refuse(reader, name, "needs whole numbers for \"min\" and \"max\"");
    return STATUS_OK;
}

static enum status take_axis(struct reader *reader, const struct option *option, const char *key) {
    struct plan *plan = reader->plan;
    const struct json *list = json_get_array(plan->file, key);
    if (plan->axis_count == PLAN_MAX_AXES)
        return error_set(reader->error, STATUS_BAD_INPUT,
                         "'%s': more than %d options with several values", reader->path,
                         PLAN_MAX_AXES);
    if (list && json_count(list) == 0)
        return refuse(reader, key, "has an empty list");
    struct axis *axis = &reader->axes[plan->axis_count];
    *axis = (struct axis){.option = option, .list = list};
    snprintf(plan->axes[plan->axis_count++], OPTION_NAME_SIZE, "%s", option->name);
    return list ? STATUS_OK : read_range(reader, json_get_object(plan->file, key), axis);
}

/* Refuses an option of one call, unless it has its default: a run's config.json contains these,
 * too. */
static enum status refuse_of_call(struct reader *reader, const struct option *option,
                                  const char *value) {
    char usual[OPTION_TEXT_SIZE];
    const struct option alone[] = {*option, {0}};
    options_defaults(alone, &reader->scratch);
    options_format(option, &reader->scratch, usual, sizeof usual);
    if (value && strcmp(value, usual) == 0)
        return STATUS_OK;
    return refuse(reader, option->name,
                  "is an option of one call, not of a sweep's runs; leave it out");
}

static bool starts_runs(const char *name) {
    return strcmp(name, "checkpoint") == 0 || strcmp(name, "channels") == 0 ||
           strcmp(name, "config") == 0;
}

static enum status take_fixed(struct reader *reader, const struct option *option, const char *key) {
    struct plan *plan = reader->plan;
    char *value = read_value(reader, option, plan->file, key);
    if (!value)
        return reader->error->status;
    if (option->flags & OPTION_OF_CALL && !starts_runs(option->name)) {
        const enum status status = refuse_of_call(reader, option, value);
        free(value);
        return status;
    }
    struct plan_option *taken = &plan->options[plan->option_count++];
    snprintf(taken->name, sizeof taken->name, "%s", option->name);
    taken->value = value;
    return STATUS_OK;
}

static enum status unknown_key(struct reader *reader, const char *key) {
    char shown[OPTION_NAME_SIZE];
    char why[128];
    snprintf(shown, sizeof shown, "%s", key);
    printable(shown);
    const char *nearest = options_suggest(reader->all, shown);
    snprintf(why, sizeof why, "is not an option of `asyncrl train`%s%s%s",
             nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return refuse(reader, key, why);
}

static bool is_of_sweep(const char *key) {
    static const char *const keys[] = {"about", "seed", "seeds", "samples", "search_seed", "pbt"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

/* The method is not a row of an options' table: it chooses the table. */
static const struct option method_option =
    TEXT_OPTION("method", struct train_config, method.name, NULL, "METHOD", "");

static enum status take_member(struct reader *reader, const char *key) {
    const struct plan *plan = reader->plan;
    const struct option *option =
        strcmp(key, "method") == 0 ? &method_option : options_find(reader->all, key);
    if (is_of_sweep(key))
        return STATUS_OK;
    if (!option)
        return unknown_key(reader, key);
    if (plan->setting_count == 0 && plan_value(plan, 0, option->name))
        return refuse(reader, key, "is given twice, under two of its names");
    const bool varies = json_get_array(plan->file, key) || json_get_object(plan->file, key);
    if (varies && option->flags & OPTION_OF_CALL)
        return refuse_of_call(reader, option, NULL);
    return varies ? take_axis(reader, option, key) : take_fixed(reader, option, key);
}

/* ---- The whole ------------------------------------------------------------------------------- */

/* Checks that the method exists, and that it has all of the file's options. */
static enum status check_method(struct reader *reader, const char *name) {
    struct option table[OPTION_MAX_COUNT + 1];
    const struct plan *plan = reader->plan;
    const enum status status = plan_table(name, table, reader->error);
    if (status != STATUS_OK)
        return error_context(reader->error, "'%.200s'", reader->path);
    for (int i = 0; i < plan->option_count + plan->axis_count; i++) {
        const int axis = i - plan->option_count;
        const char *option = axis < 0 ? plan->options[i].name : plan->axes[axis];
        if (strcmp(option, method_option.name) != 0 && !options_find(table, option))
            return error_set(reader->error, STATUS_BAD_INPUT, "'%s': '%s' is not an option of %s",
                             reader->path, option, name);
    }
    return STATUS_OK;
}

/* Whether runs of a setting end by themselves. */
static bool has_end(const struct plan *plan, int setting) {
    static const char *const names[] = {"total_steps", "stop_time", "stop_flag_rate"};
    const char *score = plan_value(plan, setting, "stop_score");
    bool ends = (score && score[0]) || plan_value(plan, setting, "config");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = plan_value(plan, setting, names[i]);
        ends = ends || (value && strtod(value, NULL) > 0);
    }
    return ends;
}

static enum status check_settings(struct reader *reader) {
    const struct plan *plan = reader->plan;
    const char *checked = "";
    for (int i = 0; i < plan->setting_count; i++) {
        const char *method = plan_value(plan, i, method_option.name);
        enum status status = STATUS_OK;
        if (!method)
            return error_set(reader->error, STATUS_BAD_INPUT,
                             "'%s' names no method, such as \"method\": \"a3c\"", reader->path);
        if (!has_end(plan, i))
            return error_set(reader->error, STATUS_BAD_INPUT,
                             "'%s': runs of a sweep need an end: \"total_steps\", \"stop_score\" "
                             "or \"stop_time\"",
                             reader->path);
        if (strcmp(method, checked) != 0)
            status = check_method(reader, method);
        if (status != STATUS_OK)
            return status;
        checked = method;
    }
    return STATUS_OK;
}

static enum status check_samples(struct reader *reader) {
    bool is_random = false;
    for (int i = 0; i < reader->plan->axis_count; i++)
        is_random = is_random || !reader->axes[i].list;
    if (is_random && reader->samples == 0)
        return error_set(reader->error, STATUS_BAD_INPUT,
                         "'%s' has a range, and needs \"samples\", the number of random points",
                         reader->path);
    if (!is_random && reader->samples > 0)
        return refuse(reader, "samples", "needs an option with a range, {\"min\": A, \"max\": B}");
    return STATUS_OK;
}

static enum status read_members(struct reader *reader) {
    const struct json *file = reader->plan->file;
    enum status status = take_whole(reader, "samples", 1, &reader->samples);
    if (status == STATUS_OK)
        status = take_whole(reader, "search_seed", 0, &reader->plan->search_seed);
    if (status == STATUS_OK)
        status = take_seeds(reader);
    for (const char *key = json_first_key(file); key && status == STATUS_OK;
         key = json_next_key(file, key))
        status = take_member(reader, key);
    if (status == STATUS_OK)
        status = check_samples(reader);
    if (status == STATUS_OK)
        status = fill_settings(reader);
    if (status == STATUS_OK)
        status = check_settings(reader);
    if (status != STATUS_OK)
        return status;
    status = plan_find_idle(reader->plan, reader->all, reader->error);
    return status == STATUS_OK ? status : error_context(reader->error, "'%.200s'", reader->path);
}

enum status plan_read(const char *path, struct plan *plan, struct error *error) {
    struct reader *reader = calloc(1, sizeof *reader);
    *plan = (struct plan){.search_seed = 1};
    if (!reader)
        return out_of_memory(error);
    reader->path = path;
    reader->plan = plan;
    reader->error = error;
    enum status status = train_all_options(reader->all, error);
    if (status == STATUS_OK)
        status = json_load(path, &plan->file, error);
    if (status == STATUS_OK)
        status = read_members(reader);
    free(reader);
    if (status != STATUS_OK)
        plan_free(plan);
    return status;
}

void plan_free(struct plan *plan) {
    for (int i = 0; i < plan->option_count; i++)
        free(plan->options[i].value);
    for (int i = 0; i < plan->setting_count * plan->axis_count; i++)
        free(plan->values[i]);
    free((void *)plan->values);
    free(plan->seeds);
    free(plan->idle);
    json_free(plan->file);
    *plan = (struct plan){0};
}

/* ---- Runs ------------------------------------------------------------------------------------ */

const char *plan_value(const struct plan *plan, int setting, const char *name) {
    for (int i = 0; i < plan->axis_count; i++)
        if (strcmp(plan->axes[i], name) == 0)
            return plan->values ? plan_axis_value(plan, setting, i) : "";
    for (int i = 0; i < plan->option_count; i++)
        if (strcmp(plan->options[i].name, name) == 0)
            return plan->options[i].value;
    return NULL;
}

void plan_name(const struct plan *plan, int run, char out[PLAN_NAME_SIZE]) {
    const int count = plan_run_count(plan);
    const int digits = count > 9999 ? 5 : count > 999 ? 4 : 3;
    snprintf(out, PLAN_NAME_SIZE, "%0*d", digits, run + 1);
}

void plan_describe(const struct plan *plan, int run, char *out, size_t size) {
    size_t length = 0;
    out[0] = '\0';
    for (int i = 0; i < plan->axis_count && length < size; i++)
        length += (size_t)snprintf(out + length, size - length, "%s %s, ", plan->axes[i],
                                   plan_axis_value(plan, plan_setting(plan, run), i));
    if (length < size)
        snprintf(out + length, size - length, "seed %lld", (long long)plan_seed(plan, run));
}

/* Adds a word to the block, which holds the pointers and then the texts. */
static void add_word(char **words, int *count, char **text, const char *name, const char *value) {
    words[(*count)++] = *text;
    *text += sprintf(*text, "%s%s%s%s", name[0] ? "--" : "", name, name[0] ? "=" : "", value) + 1;
}

/* index: among all options, then axes. An empty value is the default, as in a run's config.json,
 * and some options refuse it. */
static void add_option(char **words, int *count, char **text, const struct plan *plan, int setting,
                       int index) {
    const int axis = index - plan->option_count;
    const char *name = axis < 0 ? plan->options[index].name : plan->axes[axis];
    const char *value =
        axis < 0 ? plan->options[index].value : plan_axis_value(plan, setting, axis);
    if (strcmp(name, method_option.name) != 0 && value[0] && !plan_is_idle(plan, setting, index))
        add_word(words, count, text, name, value);
}

static size_t count_words(char *const *words) {
    size_t count = 0;
    while (words[count])
        count++;
    return count;
}

char **plan_arguments(const struct plan *plan, int run, const char *run_dir, char *const *more) {
    const int setting = plan_setting(plan, run);
    const size_t most =
        (size_t)plan->option_count + (size_t)plan->axis_count + count_words(more) + 10;
    char **words = calloc(1, most * (sizeof *words + OPTION_NAME_SIZE + OPTION_TEXT_SIZE + 4) +
                                 strlen(run_dir));
    if (!words)
        return NULL;
    char *text = (char *)(words + most);
    char seed[24];
    int count = 0;
    add_word(words, &count, &text, "", "asyncrl");
    add_word(words, &count, &text, "", "train");
    add_word(words, &count, &text, "", plan_value(plan, setting, method_option.name));
    for (int i = 0; i < plan->option_count; i++)
        add_option(words, &count, &text, plan, setting, i);
    for (int i = 0; i < plan->axis_count; i++)
        add_option(words, &count, &text, plan, setting, plan->option_count + i);
    snprintf(seed, sizeof seed, "%lld", (long long)plan_seed(plan, run));
    add_word(words, &count, &text, "seed", seed);
    add_word(words, &count, &text, "run_dir", run_dir);
    add_word(words, &count, &text, "", "--json");
    add_word(words, &count, &text, "", "--plain");
    for (; *more; more++)
        words[count++] = *more;
    return words;
}
