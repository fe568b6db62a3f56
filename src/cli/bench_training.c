#include "cli/bench.h"

#include <stdlib.h>
#include <string.h>

/* How a run's processes spent their time. */
struct run_shares {
    struct bench_shares actors;
    struct bench_shares learner;
    struct bench_shares processors; /* processor time of both together */
};

/* Over all runs of a measurement. */
static struct run_shares shares_of(const struct bench_train_result *results, int count) {
    struct stage_times actors = {0};
    struct stage_times learner = {0};
    double emulator = 0;
    for (int i = 0; i < count; i++) {
        stage_times_add(&actors, &results[i].summary.actors);
        stage_times_add(&learner, &results[i].summary.learner);
        emulator += results[i].emulator_seconds;
    }
    struct stage_times all = learner;
    stage_times_add(&all, &actors);
    all.wall = learner.wall * results[0].environment.processors;
    all.ready = 0;
    return (struct run_shares){
        .actors = bench_shares(&actors, emulator),
        .learner = bench_shares(&learner, 0),
        .processors = bench_shares(&all, emulator),
    };
}

static void print_share(const char *name, double actors, double learner, double processors) {
    printf("  %-28s %7.1f %%  %7.1f %%  %7.1f %%\n", name, 100 * actors, 100 * learner,
           100 * processors);
}

static void print_shares(const struct run_shares *shares) {
    const struct bench_shares *a = &shares->actors;
    const struct bench_shares *l = &shares->learner;
    const struct bench_shares *p = &shares->processors;
    printf("%-30s %8s %10s %12s\n", "time of", "actors", "learner", "processors");
    print_share("emulator", a->emulator, l->emulator, p->emulator);
    print_share("observation", a->observation, l->observation, p->observation);
    print_share("forward", a->forward, l->forward, p->forward);
    print_share("backward", a->backward, l->backward, p->backward);
    print_share("optimizer", a->optimizer, l->optimizer, p->optimizer);
    print_share("copying, waking, other", a->other, l->other, p->other);
    print_share("ready, no processor free", a->ready, l->ready, p->ready);
    print_share("waiting; processors: idle", a->waiting, l->waiting, p->waiting);
}

static struct json *shares_json(const struct bench_shares *shares) {
    struct json *json = json_new_object();
    json_set_real(json, "emulator", shares->emulator);
    json_set_real(json, "observation", shares->observation);
    json_set_real(json, "forward", shares->forward);
    json_set_real(json, "backward", shares->backward);
    json_set_real(json, "optimizer", shares->optimizer);
    json_set_real(json, "other", shares->other);
    json_set_real(json, "ready", shares->ready);
    json_set_real(json, "waiting", shares->waiting);
    return json;
}

static void print_train_run(const struct bench_train_result *result) {
    const struct bench_environment_result *environment = &result->environment;
    printf("frame %.1f us (%.2f a step), observation %.1f, best forward %.1f, training %.1f\n",
           1e6 * environment->frame_seconds, environment->frames_per_step,
           1e6 * environment->observation_seconds, 1e6 * result->network.best_forward_seconds,
           1e6 * result->network.train_seconds);
    printf("  %.0f steps/s, %.0f emulator frames/s, %.1f %% of the bound of %.0f\n",
           result->steps_per_second, result->emulator_frames_per_second, result->bound_percent,
           result->bound_steps_per_second);
    printf("  a learner's thread trains at most %.0f steps/s\n",
           result->learner_bound_steps_per_second);
}

static int compare_reals(const void *left, const void *right) {
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(const double *numbers, int count) {
    double sorted[BENCH_MAX_REPEATS];
    memcpy(sorted, numbers, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare_reals);
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

/* The main figures, one row each. */
struct train_figures {
    const char *name;
    const char *old_name; /* for programs that still read these names */
    double numbers[BENCH_MAX_REPEATS];
};

enum { FIGURES = 5 };

static void collect_figures(const struct bench_train_result *results, int count,
                            struct train_figures figures[FIGURES]) {
    static const char *const names[FIGURES][2] = {
        {"steps_per_second", "agent_frames_per_second"},
        {"emulator_frames_per_second", NULL},
        {"bound_steps_per_second", "bound_frames_per_second"},
        {"bound_percent", NULL},
        {"learner_bound_steps_per_second", NULL},
    };
    for (int i = 0; i < FIGURES; i++) {
        figures[i].name = names[i][0];
        figures[i].old_name = names[i][1];
    }
    for (int i = 0; i < count; i++) {
        figures[0].numbers[i] = results[i].steps_per_second;
        figures[1].numbers[i] = results[i].emulator_frames_per_second;
        figures[2].numbers[i] = results[i].bound_steps_per_second;
        figures[3].numbers[i] = results[i].bound_percent;
        figures[4].numbers[i] = results[i].learner_bound_steps_per_second;
    }
}

static void print_training(const struct bench_options *options,
                           const struct bench_train_result *results, int count) {
    struct train_figures figures[FIGURES];
    const struct run_shares shares = shares_of(results, count);
    collect_figures(results, count, figures);
    if (!options->json) {
        if (count > 1)
            printf("median of %d: %.0f steps/s, %.0f emulator frames/s, %.1f %% of the "
                   "bound\n",
                   count, median(figures[0].numbers, count), median(figures[1].numbers, count),
                   median(figures[3].numbers, count));
        print_shares(&shares);
        return;
    }
    struct json *json = bench_new_result();
    struct json *runs = json_new_object();
    for (int i = 0; i < FIGURES; i++) {
        json_set_real(json, figures[i].name, median(figures[i].numbers, count));
        json_set_reals(runs, figures[i].name, figures[i].numbers, count);
        if (!figures[i].old_name)
            continue;
        json_set_real(json, figures[i].old_name, median(figures[i].numbers, count));
        json_set_reals(runs, figures[i].old_name, figures[i].numbers, count);
    }
    json_set(json, "runs", runs);
    json_set(json, "actors", shares_json(&shares.actors));
    json_set(json, "learner", shares_json(&shares.learner));
    json_set(json, "all_processors", shares_json(&shares.processors));
    json_set(json, "environment", bench_environment_json(&results[count - 1].environment));
    json_set(json, "network", bench_network_json(&results[count - 1].network));
    command_print_json(json);
}

/* Measures bound and run once. */
static enum status train_once(struct bench_options *options, struct bench_train_result *result,
                              struct error *error) {
    /* The rests between evaluations make them cheap in a long run, not in one of seconds. */
    options->train.eval_freq = options->train.total_steps + 1;
    struct option train_table[OPTION_MAX_COUNT + 1];
    command_options(&command_train, train_table);
    return bench_train(&options->train, train_table, options->seconds, result, error);
}

enum status bench_training(struct bench_options *options, struct error *error) {
    const int count = (int)options->repeat;
    struct bench_train_result *results = calloc((size_t)count, sizeof *results);
    if (!results)
        return error_set(error, STATUS_FAILED, "out of memory");
    enum status status = STATUS_OK;
    for (int i = 0; i < count && status == STATUS_OK; i++) {
        status = train_once(options, &results[i], error);
        if (status != STATUS_OK || options->json)
            continue;
        if (i == 0) {
            bench_print_machine();
            printf("%s, %s, %lld actors\n", options->train.game, trunk_name(results[i].trunk),
                   (long long)options->train.processes);
        }
        print_train_run(&results[i]);
        status = command_flush(error);
    }
    if (status == STATUS_OK)
        print_training(options, results, count);
    free(results);
    return status;
}
