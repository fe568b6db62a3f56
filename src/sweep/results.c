#include "sweep/results.h"
#include "sweep/inside.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool counts(const struct job *job) {
    return job->state == SWEEP_FINISHED && !isnan(job->progress.score);
}

static struct result sum_up(const struct plan *plan, const struct job *jobs, int setting) {
    struct result result = {.setting = setting, .mean = NAN};
    double sum = 0;
    double squares = 0;
    const struct job *of_setting = jobs + (ptrdiff_t)setting * plan->seed_count;
    for (int i = 0; i < plan->seed_count; i++)
        if (counts(&of_setting[i])) {
            sum += of_setting[i].progress.score;
            result.steps += (double)of_setting[i].progress.steps;
            result.count++;
        }
    if (result.count == 0)
        return result;
    result.mean = sum / result.count;
    result.steps /= result.count;
    for (int i = 0; i < plan->seed_count; i++)
        if (counts(&of_setting[i]))
            squares += pow(of_setting[i].progress.score - result.mean, 2);
    result.deviation = result.count > 1 ? sqrt(squares / (result.count - 1)) : 0;
    return result;
}

/* The higher one first; one that is not a number last. */
static int compare_scores(double left, double right) {
    left = isnan(left) ? -INFINITY : left;
    right = isnan(right) ? -INFINITY : right;
    return (left < right) - (left > right);
}

static int compare_results(const void *a, const void *b) {
    const struct result *left = a;
    const struct result *right = b;
    const int order = compare_scores(left->mean, right->mean);
    return order != 0 ? order : left->setting - right->setting;
}

void results_make(const struct plan *plan, const struct job *jobs, struct result *results) {
    for (int i = 0; i < plan->setting_count; i++)
        results[i] = sum_up(plan, jobs, i);
    qsort(results, (size_t)plan->setting_count, sizeof *results, compare_results);
}

/* The sweep's results, which the caller frees; NULL: out of memory. */
static struct result *results_of(const struct sweep *sweep) {
    struct result *results = calloc((size_t)sweep->plan.setting_count, sizeof *results);
    if (results)
        results_make(&sweep->plan, sweep->jobs, results);
    return results;
}

/* ---- The table ------------------------------------------------------------------------------- */

static void format_number(double value, char out[24]) {
    if (isnan(value))
        snprintf(out, 24, "-");
    else
        snprintf(out, 24, "%.4g", value);
}

static int axis_width(const struct plan *plan, int axis) {
    size_t width = strlen(plan->axes[axis]);
    for (int i = 0; i < plan->setting_count; i++) {
        const size_t length = strlen(plan_axis_value(plan, i, axis));
        width = length > width ? length : width;
    }
    return (int)width;
}

/* Prints the values of a setting's options in columns of these widths; setting -1: their names. */
static void print_axes(const struct plan *plan, const int widths[], int setting, FILE *stream) {
    for (int i = 0; i < plan->axis_count; i++) {
        char value[OPTION_TEXT_SIZE];
        snprintf(value, sizeof value, "%s",
                 setting < 0 ? plan->axes[i] : plan_axis_value(plan, setting, i));
        without_controls(value);
        fprintf(stream, "  %-*s", widths[i], value);
    }
    fputc('\n', stream);
}

static int compare_runs(const void *a, const void *b) {
    const struct job *left = *(const struct job *const *)a;
    const struct job *right = *(const struct job *const *)b;
    const int order = compare_scores(left->progress.score, right->progress.score);
    return order != 0 ? order : (left > right) - (left < right);
}

/* Prints each member of a population with its present options. */
static void print_members(const struct sweep *sweep, FILE *stream) {
    const struct job **sorted = calloc((size_t)sweep->population.count, sizeof(struct job *));
    if (!sorted)
        return;
    for (int i = 0; i < sweep->population.count; i++)
        sorted[i] = &sweep->jobs[i];
    qsort((void *)sorted, (size_t)sweep->population.count, sizeof(struct job *), compare_runs);
    fprintf(stream, "%9s  %11s  %5s  options\n", "score", "steps", "run");
    for (int i = 0; i < sweep->population.count; i++) {
        const int run = (int)(sorted[i] - sweep->jobs);
        char name[PLAN_NAME_SIZE];
        char score[24];
        char options[512];
        plan_name(&sweep->plan, run, name);
        format_number(sorted[i]->progress.score, score);
        sweep_describe(sweep, run, options, sizeof options);
        without_controls(options);
        fprintf(stream, "%9s  %11lld  %5s  %s\n", score, (long long)sorted[i]->progress.steps, name,
                options);
    }
    free((void *)sorted);
}

void sweep_print_table(const struct sweep *sweep, FILE *stream) {
    if (sweep->population.members) {
        print_members(sweep, stream);
        return;
    }
    const struct plan *plan = &sweep->plan;
    struct result *results = results_of(sweep);
    int widths[PLAN_MAX_AXES] = {0};
    if (!results)
        return;
    for (int i = 0; i + 1 < plan->axis_count; i++) /* no spaces at the end of a line */
        widths[i] = axis_width(plan, i);
    fprintf(stream, "%9s  %9s  %7s  %11s", "score", "deviation", "runs", "steps");
    print_axes(plan, widths, -1, stream);
    for (int i = 0; i < plan->setting_count; i++) {
        char score[24];
        char deviation[24];
        char runs[24];
        format_number(results[i].mean, score);
        format_number(results[i].count > 1 ? results[i].deviation : NAN, deviation);
        snprintf(runs, sizeof runs, "%d/%d", results[i].count, plan->seed_count);
        fprintf(stream, "%9s  %9s  %7s  %11.0f", score, deviation, runs, results[i].steps);
        print_axes(plan, widths, results[i].setting, stream);
    }
    free(results);
}

void sweep_print_runs(const struct sweep *sweep, FILE *stream) {
    for (int i = sweep->first; i < sweep->last; i++) {
        char options[1024];
        plan_describe(&sweep->plan, i, options, sizeof options);
        without_controls(options);
        fprintf(stream, "%s  %s\n", sweep->jobs[i].dir, options);
    }
}

/* ---- For programs ---------------------------------------------------------------------------- */

/* Texts of numbers, true and false become numbers and booleans. */
static void set_value(struct json *object, const char *name, const char *text) {
    char *whole_end;
    char *end;
    const long long whole = strtoll(text, &whole_end, 10);
    const double real = strtod(text, &end);
    if (text[0] && *whole_end == '\0')
        json_set_int(object, name, whole);
    else if (text[0] && *end == '\0')
        json_set_real(object, name, real);
    else if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        json_set_bool(object, name, text[0] == 't');
    else
        json_set_text(object, name, text);
}

static struct json *options_to_json(const struct plan *plan, int setting) {
    struct json *object = json_new_object();
    for (int i = 0; i < plan->axis_count; i++)
        set_value(object, plan->axes[i], plan_axis_value(plan, setting, i));
    return object;
}

static struct json *run_to_json(const struct sweep *sweep, int run) {
    const struct job *job = &sweep->jobs[run];
    struct json *object = json_new_object();
    json_set_text(object, "run_dir", job->dir);
    json_set_text(object, "log", job->log_path);
    json_set_text(object, "state", job_state_name(job));
    if (sweep->population.members)
        json_set(object, "options", population_options(&sweep->population, run, job));
    else
        json_set(object, "options", options_to_json(&sweep->plan, plan_setting(&sweep->plan, run)));
    json_set_int(object, "seed", plan_seed(&sweep->plan, run));
    json_set_int(object, "steps", job->progress.steps);
    json_set_real(object, "seconds", job->progress.seconds);
    json_set_real(object, "score", job->progress.score);
    return object;
}

static struct json *result_to_json(const struct plan *plan, const struct result *result) {
    struct json *object = json_new_object();
    json_set(object, "options", options_to_json(plan, result->setting));
    json_set_int(object, "count", result->count);
    json_set_real(object, "mean", result->mean);
    json_set_real(object, "std", result->count > 0 ? result->deviation : NAN);
    return object;
}

struct json *sweep_to_json(const struct sweep *sweep) {
    struct json *object = json_new_object();
    struct json *runs = json_new_array();
    struct json *settings = json_new_array();
    struct result *results = results_of(sweep);
    json_set_text(object, "sweep_dir", sweep->dir);
    for (int i = sweep->first; i < sweep->last; i++)
        json_append(runs, run_to_json(sweep, i));
    const bool has_settings = results && !sweep->population.members;
    for (int i = 0; has_settings && i < sweep->plan.setting_count; i++)
        json_append(settings, result_to_json(&sweep->plan, &results[i]));
    json_set(object, "runs", runs);
    json_set(object, "settings", settings);
    free(results);
    return object;
}

/* ---- For charts ------------------------------------------------------------------------------ */

int sweep_list_drawn(const struct sweep *sweep, int max_settings, const char **dirs, int max_runs) {
    const struct plan *plan = &sweep->plan;
    struct result *results = results_of(sweep);
    int count = 0;
    for (int i = 0; results && i < plan->setting_count && i < max_settings; i++)
        for (int k = 0; k < plan->seed_count; k++) {
            const struct job *job = &sweep->jobs[results[i].setting * plan->seed_count + k];
            if (counts(job) && count < max_runs)
                dirs[count++] = job->dir;
        }
    free(results);
    return count;
}
