#include "sweep/population.h"
#include "store/store.h"
#include "train/train.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char STATE[] = "population.json";
static const char HISTORY[] = "population.csv";

/* ---- Rules ----------------------------------------------------------------------------------- */

struct rules_reader {
    const struct json *json;
    const char *path;
    struct option all[OPTION_MAX_COUNT + 1];
    struct population_rules *rules;
    struct error *error;
};

static enum status refuse(const struct rules_reader *reader, const char *why) {
    return error_set(reader->error, STATUS_BAD_INPUT, "'%s': \"pbt\" %s", reader->path, why);
}

static enum status read_factors(const struct rules_reader *reader) {
    struct population_rules *rules = reader->rules;
    const struct json *list = json_get_array(reader->json, "perturb");
    if (!json_has(reader->json, "perturb")) {
        rules->factor_count = 2; /* the paper's */
        rules->factors[0] = 0.8;
        rules->factors[1] = 1.2;
        return STATUS_OK;
    }
    const size_t count = list ? json_count(list) : 0;
    if (count == 0 || count > POPULATION_MAX_FACTORS)
        return refuse(reader, "needs \"perturb\": factors such as [0.8, 1.2], 16 at most");
    for (size_t i = 0; i < count; i++)
        if (!json_as_real(json_at(list, i), &rules->factors[i]) || rules->factors[i] <= 0)
            return refuse(reader, "needs numbers above 0 in \"perturb\"");
    rules->factor_count = (int)count;
    return STATUS_OK;
}

static enum status read_option(const struct rules_reader *reader, const char *name) {
    struct population_rules *rules = reader->rules;
    const struct option *option = name ? options_find(reader->all, name) : NULL;
    char why[160];
    for (int i = 0; option && i < rules->option_count; i++)
        if (strcmp(rules->options[i].name, option->name) == 0) {
            snprintf(why, sizeof why, "names '%.60s' twice in \"options\"", option->name);
            return refuse(reader, why);
        }
    if (option && (option->type == OPTION_REAL || option->type == OPTION_INT) &&
        !(option->flags & (OPTION_FIXED | OPTION_OF_CALL | OPTION_NO_HPARAM)) &&
        strcmp(option->name, "total_steps") != 0) {
        rules->options[rules->option_count++] = *option;
        return STATUS_OK;
    }
    snprintf(why, sizeof why, "cannot change '%.40s': %s", name ? name : "",
             option ? "it must be a number that a resumed run may change"
                    : "it is not an option of `asyncrl train`");
    printable(why);
    return refuse(reader, why);
}

static enum status read_options(const struct rules_reader *reader) {
    const struct json *list = json_get_array(reader->json, "options");
    const size_t count = list ? json_count(list) : 0;
    enum status status = STATUS_OK;
    if (count == 0 || count > POPULATION_MAX_OPTIONS)
        return refuse(reader, "needs \"options\" to change, such as [\"lr\"], 16 at most");
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = read_option(reader, json_as_text(json_at(list, i)));
    return status;
}

/* A member takes over all options of another one, so members may differ only in those that are
 * changed, and in their seeds.
 */
static enum status check_plan(const struct rules_reader *reader, const struct plan *plan) {
    const struct population_rules *rules = reader->rules;
    char why[160];
    for (int i = 0; i < plan->axis_count; i++) {
        bool changes = false;
        for (int k = 0; k < rules->option_count; k++)
            changes = changes || strcmp(rules->options[k].name, plan->axes[i]) == 0;
        if (changes)
            continue;
        snprintf(why, sizeof why,
                 "must have '%s' among its \"options\", because members differ in it",
                 plan->axes[i]);
        return refuse(reader, why);
    }
    return plan_run_count(plan) > 1 ? STATUS_OK
                                    : refuse(reader, "needs two members at least: raise \"seeds\"");
}

/* A resumed run refuses an option that does nothing there. Members whose options cannot be read say
 * why themselves. */
static enum status refuse_idle(const struct rules_reader *reader, const struct plan *plan) {
    const struct population_rules *rules = reader->rules;
    for (int i = 0; i < plan->setting_count; i++) {
        struct option table[OPTION_MAX_COUNT + 1];
        struct train_config config;
        struct error ignored;
        bool given[OPTION_MAX_COUNT] = {0};
        if (plan_parse(plan, i, table, &config, &ignored) != STATUS_OK)
            continue;
        for (int k = 0; k < rules->option_count; k++) {
            const struct option *option = options_find(table, rules->options[k].name);
            if (option)
                given[option - table] = true;
        }
        if (options_refuse_idle(table, &config, given, reader->error) != STATUS_OK)
            return error_context(reader->error, "'%.200s'", reader->path);
    }
    return STATUS_OK;
}

static enum status read_keys(const struct rules_reader *reader) {
    static const char *const keys[] = {"every", "quantile", "perturb", "options"};
    for (const char *key = json_first_key(reader->json); key;
         key = json_next_key(reader->json, key)) {
        bool known = false;
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
            known = known || strcmp(key, keys[i]) == 0;
        if (!known)
            return refuse(reader, "has only \"every\", \"quantile\", \"perturb\" and \"options\"");
    }
    return STATUS_OK;
}

static enum status read_numbers(const struct rules_reader *reader, const struct plan *plan) {
    struct population_rules *rules = reader->rules;
    const char *total = plan_value(plan, 0, "total_steps");
    double every = 0;
    rules->quantile = 0.2;
    rules->total_steps = total ? strtoll(total, NULL, 10) : 0;
    if (rules->total_steps <= 0)
        return refuse(reader, "needs \"total_steps\", at which it ends");
    if (!json_get_real(reader->json, "every", &every) || every < 1 || every > 1e15 ||
        every != floor(every))
        return refuse(reader, "needs \"every\": the steps between two comparisons");
    if (json_has(reader->json, "quantile") &&
        (!json_get_real(reader->json, "quantile", &rules->quantile) || rules->quantile <= 0 ||
         rules->quantile > 0.5))
        return refuse(reader, "needs a \"quantile\" above 0, and 0.5 at most");
    rules->every = (int64_t)every;
    return STATUS_OK;
}

enum status population_read_rules(const struct plan *plan, const char *path,
                                  struct population_rules *rules, struct error *error) {
    struct rules_reader reader = {
        .json = json_get_object(plan->file, "pbt"), .path = path, .rules = rules, .error = error};
    *rules = (struct population_rules){0};
    if (!reader.json)
        return refuse(&reader, "must be an object");
    enum status status = train_all_options(reader.all, error);
    if (status == STATUS_OK)
        status = read_keys(&reader);
    if (status == STATUS_OK)
        status = read_numbers(&reader, plan);
    if (status == STATUS_OK)
        status = read_factors(&reader);
    if (status == STATUS_OK)
        status = read_options(&reader);
    if (status == STATUS_OK)
        status = check_plan(&reader, plan);
    return status == STATUS_OK ? refuse_idle(&reader, plan) : status;
}

/* ---- Choosing -------------------------------------------------------------------------------- */

struct standing {
    int member;
    double score;
    bool failed;
};

/* Best first; failed ones last. */
static int compare_standings(const void *a, const void *b) {
    const struct standing *left = a;
    const struct standing *right = b;
    if (left->failed != right->failed)
        return left->failed ? 1 : -1;
    if (left->score != right->score)
        return left->score < right->score ? 1 : -1;
    return left->member - right->member;
}

bool population_choose(double quantile, int count, const double *scores, const bool *failed,
                       struct rng *rng, int *from) {
    struct standing *standings = calloc((size_t)count, sizeof *standings);
    int good = 0;
    if (!standings)
        return false;
    for (int i = 0; i < count; i++) {
        const double score = isnan(scores[i]) ? -INFINITY : scores[i];
        standings[i] = (struct standing){.member = i, .score = score, .failed = failed[i]};
        from[i] = i;
        good += !failed[i];
    }
    qsort(standings, (size_t)count, sizeof *standings, compare_standings);
    const int share = (int)fmax(1, floor(quantile * count));
    const int best = share < good ? share : good;
    /* The donors come first in standings; those that take over come after them. */
    int first = count - share < good ? count - share : good;
    first = first < best ? best : first;
    for (int i = first; i < count && good > 0; i++)
        from[standings[i].member] = standings[rng_below(rng, (uint32_t)best)].member;
    free(standings);
    return good > 0;
}

double population_perturb(const struct population_rules *rules, const struct option *option,
                          double value, struct rng *rng) {
    const double factor = rules->factors[rng_below(rng, (uint32_t)rules->factor_count)];
    double changed = value * factor;
    if (option->type == OPTION_INT) {
        changed = round(changed);
        if (changed == value && factor != 1)
            changed += factor > 1 ? 1 : -1;
    }
    if (option_is_bounded(option))
        changed = fmin(fmax(changed, option->minimum), option->maximum);
    return changed;
}

/* ---- Options of a member --------------------------------------------------------------------- */

/* The option's value in a run's config.json; NAN: none. */
static double value_in(const struct json *config, const struct option *option) {
    double value;
    if (json_get_real(config, option->name, &value) ||
        (option->alias && json_get_real(config, option->alias, &value)))
        return value;
    return NAN;
}

static struct json *load_config(const struct job *job) {
    char path[PATH_SIZE];
    struct json *config = NULL;
    struct error ignored;
    if (path_join(path, job->dir, "config.json", &ignored) != STATUS_OK ||
        json_load(path, &config, &ignored) != STATUS_OK)
        return NULL;
    return config;
}

static void explore(const struct population *population, const struct job *donor,
                    struct member *member, struct rng *rng) {
    struct json *config = load_config(donor);
    for (int i = 0; config && i < population->rules.option_count; i++) {
        const struct option *option = &population->rules.options[i];
        const double value = value_in(config, option);
        if (!isnan(value))
            snprintf(member->values[i], sizeof member->values[i], "%.*g",
                     option->type == OPTION_INT ? 15 : 6,
                     population_perturb(&population->rules, option, value, rng));
    }
    json_free(config);
}

/* A member's present value of option i: the one that it takes over, until its process has written
 * it to config. */
static double value_now(const struct population *population, int member, const struct json *config,
                        int i) {
    const char *text = population->members[member].values[i];
    return text[0] ? strtod(text, NULL) : value_in(config, &population->rules.options[i]);
}

void population_describe(const struct population *population, int member, const struct job *job,
                         char *out, size_t size) {
    struct json *config = load_config(job);
    size_t length = 0;
    out[0] = '\0';
    for (int i = 0; i < population->rules.option_count && length < size; i++)
        length += (size_t)snprintf(out + length, size - length, "%s%s %.6g", i > 0 ? ", " : "",
                                   population->rules.options[i].name,
                                   value_now(population, member, config, i));
    json_free(config);
}

struct json *population_options(const struct population *population, int member,
                                const struct job *job) {
    struct json *config = load_config(job);
    struct json *options = json_new_object();
    for (int i = 0; i < population->rules.option_count; i++)
        json_set_real(options, population->rules.options[i].name,
                      value_now(population, member, config, i));
    json_free(config);
    return options;
}

char **population_words(const struct population *population, int member) {
    enum { WORD = OPTION_NAME_SIZE + 40 };
    const struct population_rules *rules = &population->rules;
    const size_t most = (size_t)rules->option_count + 2;
    char **words = calloc(1, most * (sizeof *words + WORD));
    if (!words)
        return NULL;
    char *text = (char *)(words + most);
    int count = 0;
    for (int i = 0; i < rules->option_count; i++) {
        const char *value = population->members[member].values[i];
        if (!value[0])
            continue;
        words[count++] = text;
        text += snprintf(text, WORD, "--%s=%s", rules->options[i].name, value) + 1;
    }
    words[count] = text;
    snprintf(text, WORD, "--stop_steps=%lld", (long long)population_target(population));
    return words;
}

/* ---- Files ----------------------------------------------------------------------------------- */

static enum status save(const struct population *population, const char *dir, struct error *error) {
    char path[PATH_SIZE];
    const enum status status = path_join(path, dir, STATE, error);
    if (status != STATUS_OK)
        return status;
    struct json *json = json_new_object();
    struct json *members = json_new_array();
    json_set_int(json, "generation", population->number + 1);
    json_set_bool(json, "copied", population->is_copied);
    for (int i = 0; i < population->count; i++) {
        struct json *member = json_new_object();
        struct json *options = json_new_object();
        json_set_int(member, "from", population->members[i].from + 1);
        for (int k = 0; k < population->rules.option_count; k++)
            if (population->members[i].values[k][0])
                json_set_text(options, population->rules.options[k].name,
                              population->members[i].values[k]);
        json_set(member, "options", options);
        json_append(members, member);
    }
    json_set(json, "members", members);
    const enum status saved = json_save(json, path, error);
    json_free(json);
    return saved;
}

static bool take_member(struct population *population, int index, const struct json *json) {
    struct member *member = &population->members[index];
    const struct json *options = json_get_object(json, "options");
    int64_t from;
    if (!options || !json_get_int(json, "from", &from) || from < 1 || from > population->count)
        return false;
    member->from = (int)from - 1;
    for (int i = 0; i < population->rules.option_count; i++)
        json_get_text(options, population->rules.options[i].name, member->values[i],
                      sizeof member->values[i]);
    return true;
}

/* Reads the state from the directory, if there is one. */
static enum status load(struct population *population, const char *dir, struct error *error) {
    char path[PATH_SIZE];
    struct json *json = NULL;
    enum status status = path_join(path, dir, STATE, error);
    if (status != STATUS_OK || !path_is_file(path))
        return status;
    status = json_load(path, &json, error);
    if (status != STATUS_OK)
        return status;
    const struct json *members = json_get_array(json, "members");
    bool is_sound = json_get_int(json, "generation", &population->number) &&
                    population->number-- >= 1 &&
                    json_get_bool(json, "copied", &population->is_copied) && members &&
                    json_count(members) == (size_t)population->count;
    for (int i = 0; is_sound && i < population->count; i++)
        is_sound = take_member(population, i, json_at(members, (size_t)i));
    json_free(json);
    return is_sound ? STATUS_OK : error_set(error, STATUS_BAD_INPUT, "'%s' makes no sense", path);
}

/* The header and the rows of earlier generations; the caller frees them. NULL: none. */
static char *old_rows(const struct population *population, const char *path) {
    char *text;
    size_t size;
    struct error ignored;
    if (!path_is_file(path) ||
        path_read_text(path, (size_t)1 << 26, &text, &size, &ignored) != STATUS_OK)
        return NULL;
    char *line = strchr(text, '\n');
    while (line && line[1] && strtoll(line + 1, NULL, 10) <= population->number)
        line = strchr(line + 1, '\n');
    if (line)
        line[1] = '\0';
    return text;
}

/* Writes the history with the generation that is about to train; replaces its rows if
 * they exist. */
static enum status write_history(const struct population *population, const struct plan *plan,
                                 const char *dir, const struct job *jobs, struct error *error) {
    char path[PATH_SIZE];
    char *text = NULL;
    size_t size = 0;
    enum status status = path_join(path, dir, HISTORY, error);
    FILE *stream = status == STATUS_OK ? open_memstream(&text, &size) : NULL;
    if (!stream)
        return status == STATUS_OK ? error_set(error, STATUS_FAILED, "out of memory") : status;
    char *before = old_rows(population, path);
    fputs(before ? before : "generation,run,from,score_before", stream);
    for (int i = 0; !before && i < population->rules.option_count; i++)
        fprintf(stream, ",%s", population->rules.options[i].name);
    fputs(before ? "" : "\n", stream);
    free(before);
    for (int i = 0; i < population->count; i++) {
        const struct member *member = &population->members[i];
        char name[PLAN_NAME_SIZE];
        char from[PLAN_NAME_SIZE];
        plan_name(plan, i, name);
        plan_name(plan, member->from, from);
        fprintf(stream, "%lld,%s,%s,", (long long)population->number + 1, name, from);
        if (!isnan(jobs[i].progress.score))
            fprintf(stream, "%.6g", jobs[i].progress.score);
        struct json *config = load_config(&jobs[i]);
        for (int k = 0; k < population->rules.option_count; k++)
            fprintf(stream, ",%.6g", value_now(population, i, config, k));
        fputc('\n', stream);
        json_free(config);
    }
    fclose(stream);
    status = atomic_file_write(path, text, size, error);
    free(text);
    return status;
}

/* ---- Copying --------------------------------------------------------------------------------- */

/* Copies a file of one run to the other, whole or not at all. */
static enum status copy_file(const struct job *from, const struct job *to, const char *name,
                             struct error *error) {
    char source[PATH_SIZE];
    char target[PATH_SIZE];
    enum status status = path_join(source, from->dir, name, error);
    if (status == STATUS_OK)
        status = path_join(target, to->dir, name, error);
    return status == STATUS_OK ? atomic_file_copy(source, target, error) : status;
}

/* Copies the files that members take over, and prepares all of them for training. This can be
 * repeated: donors take over nothing, and no member trains until all is written. */
static enum status copy_all(struct population *population, const struct plan *plan, const char *dir,
                            struct job *jobs, struct error *error) {
    enum status status = STATUS_OK;
    for (int i = 0; i < population->count && status == STATUS_OK; i++) {
        const int from = population->members[i].from;
        if (from == i)
            continue;
        status = path_make_folder(jobs[i].dir, error);
        job_remove(&jobs[i], "checkpoint-previous.h5"); /* it may count more than the other's */
        if (status == STATUS_OK)
            status = copy_file(&jobs[from], &jobs[i], "checkpoint.h5", error);
        if (status == STATUS_OK)
            status = copy_file(&jobs[from], &jobs[i], "config.json", error);
    }
    if (status == STATUS_OK)
        status = write_history(population, plan, dir, jobs, error);
    for (int i = 0; i < population->count && status == STATUS_OK; i++)
        job_renew(&jobs[i]);
    population->is_copied = status == STATUS_OK;
    return status == STATUS_OK ? save(population, dir, error) : status;
}

/* ---- Generations ----------------------------------------------------------------------------- */

/* Sets what the end of a member's process means in this generation. */
static void set_ends(const struct population *population, struct job *jobs) {
    for (int i = 0; i < population->count; i++)
        jobs[i].ended = population_is_last(population) ? SWEEP_FINISHED : SWEEP_READY;
}

static enum status lock_dir(struct population *population, const char *dir, struct error *error) {
    population->lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (population->lock < 0)
        return error_set(error, STATUS_FAILED, "cannot open '%s': %s", dir, strerror(errno));
    if (path_lock(population->lock))
        return STATUS_OK;
    return error_set(error, STATUS_FAILED,
                     "another process is training the population in '%s'; wait for its end", dir);
}

enum status population_open(struct population *population, const struct plan *plan, const char *dir,
                            struct job *jobs, struct error *error) {
    population->count = plan_run_count(plan);
    population->is_copied = true;
    population->members = calloc((size_t)population->count, sizeof *population->members);
    if (!population->members)
        return error_set(error, STATUS_FAILED, "out of memory");
    for (int i = 0; i < population->count; i++)
        population->members[i].from = i;
    enum status status = lock_dir(population, dir, error);
    if (status == STATUS_OK)
        status = load(population, dir, error);
    if (status != STATUS_OK)
        return status;
    set_ends(population, jobs);
    for (int i = 0; i < population->count; i++)
        job_look(&jobs[i]);
    return population->is_copied ? STATUS_OK : copy_all(population, plan, dir, jobs, error);
}

void population_close(struct population *population) {
    if (population->members && population->lock >= 0)
        close(population->lock);
    free(population->members);
    population->members = NULL;
}

int64_t population_target(const struct population *population) {
    const int64_t target = (population->number + 1) * population->rules.every;
    const int64_t total = population->rules.total_steps;
    return target < total ? target : total;
}

bool population_is_last(const struct population *population) {
    return population_target(population) >= population->rules.total_steps;
}

enum status population_advance(struct population *population, const struct plan *plan,
                               const char *dir, struct job *jobs, struct error *error) {
    const size_t count = (size_t)population->count;
    double *scores = calloc(count, sizeof *scores);
    bool *failed = calloc(count, sizeof *failed);
    int *from = calloc(count, sizeof *from);
    struct rng rng;
    bool is_chosen = false;
    rng_seed(&rng, (uint64_t)plan->search_seed, (UINT64_C(1) << 40) + (uint64_t)population->number);
    for (size_t i = 0; scores && failed && i < count; i++) {
        scores[i] = jobs[i].progress.score;
        failed[i] = jobs[i].state == SWEEP_FAILED;
    }
    if (scores && failed && from)
        is_chosen = population_choose(population->rules.quantile, population->count, scores, failed,
                                      &rng, from);
    population->number++;
    population->is_copied = false;
    set_ends(population, jobs);
    for (size_t i = 0; is_chosen && i < count; i++) {
        struct member *member = &population->members[i];
        *member = (struct member){.from = from[i]};
        if (from[i] != (int)i)
            explore(population, &jobs[from[i]], member, &rng);
    }
    free(scores);
    free(failed);
    free(from);
    if (!is_chosen)
        return error_set(error, STATUS_FAILED, "all members of the population failed");
    const enum status status = save(population, dir, error);
    return status == STATUS_OK ? copy_all(population, plan, dir, jobs, error) : status;
}
