#include "bench/bench.h"
#include "cli/command.h"
#include "store/store.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_REPEATS = 100 };

struct bench_options {
    struct train_config train;
    double seconds;
    int64_t repeat;
    bool json;
};

static const struct option table[] = {
    TEXT_OPTION("game", struct bench_options, train.game, "Breakout-v0", "ID", "game to play"),
    TEXT_OPTION("observation", struct bench_options, train.observation, "classic", "NAME",
                "preprocessing of screens; `bench env` measures classic and deepmind",
                .choices = "classic|deepmind|v4", .old_choice = "seed=classic"),
    TEXT_OPTION("network", struct bench_options, train.network.trunk, "auto", "NAME",
                "trunk of `bench train`; `bench network` measures both for pictures",
                .choices = "auto|a3c|nature|mlp"),
    INT_OPTION("processes", struct bench_options, train.processes, "4", 1, 1024, "N",
               "actor processes of `bench train`, rings of `bench queue`"),
    INT_OPTION("envs_per_process", struct bench_options, train.envs_per_process, "4", 1, 256, "N",
               "environments per actor of `bench train`"),
    INT_OPTION("batch_size", struct bench_options, train.batch_size, "20", 1, 4096, "N",
               "transitions in one update"),
    INT_OPTION("queue_size", struct bench_options, train.queue_size, "256", 1, 1e6, "N",
               "limit of transitions that wait for the learner"),
    INT_OPTION("n_step", struct bench_options, train.n_step, "5", 1, 1000, "N",
               "limit of steps in a segment"),
    INT_OPTION("learner_threads", struct bench_options, train.learner_threads, "0", 0, 256, "N",
               "threads of the learner in `bench train`; 0: as many as are measured to help"),
    INT_OPTION("total_steps", struct bench_options, train.total_steps, "60000", 1000, 1e9, "N",
               "steps of training in `bench train`", .alias = "max_frames"),
    INT_OPTION("repeat", struct bench_options, repeat, "1", 1, MAX_REPEATS, "N",
               "repeats of `bench train`, which prints medians"),
    REAL_OPTION("seconds", struct bench_options, seconds, "2", 0.05, 3600, "X",
                "time per part; a network at one batch size takes a quarter of it"),
    TEXT_OPTION("atari_core", struct bench_options, train.overrides.atari_core, "native", "CORE",
                "core for Atari games: native, or ale (ALE's own library)",
                .choices = "native|ale"),
    TEXT_OPTION("data_dir", struct bench_options, train.data_dir, "", "DIR",
                "folder with the emulator's library and roms/"),
    JSON_OPTION(struct bench_options),
    {0},
};

static const struct option_part parts[] = {
    {.options = table},
    {0},
};

static struct json *new_answer(void) {
    char machine[128];
    bench_machine(machine, sizeof machine);
    struct json *json = json_new_object();
    json_set_text(json, "machine", machine);
    json_set_int(json, "processors", process_cpu_count());
    return json;
}

static void print_machine(void) {
    char machine[128];
    bench_machine(machine, sizeof machine);
    printf("%s, %d processors\n", machine, process_cpu_count());
}

static enum status find_observation(const struct bench_options *options,
                                    enum observation_preset *preset, struct error *error) {
    if (observation_from_name(options->train.observation, preset))
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT, "there is no observation '%s'",
                     options->train.observation);
}

/* ---- bench env ------------------------------------------------------------------------------- */

static struct json *environment_json(const struct bench_environment_result *result) {
    struct json *json = json_new_object();
    json_set_real(json, "emulator_frames_per_second", 1 / result->frame_seconds);
    json_set_real(json, "emulator_frame_us", 1e6 * result->frame_seconds);
    json_set_real(json, "agent_steps_per_second", 1 / result->step_seconds);
    json_set_real(json, "emulator_frames_per_step", result->frames_per_step);
    json_set_real(json, "observation_us", 1e6 * result->observation_seconds);
    json_set_real(json, "reset_us", 1e6 * result->reset_seconds);
    return json;
}

static void print_environment_heading(void) {
    printf("%-22s %-8s %6s %8s %6s %8s %5s %8s\n", "", "", "us a", "frames/s", "obs.,", "steps/s",
           "fr. a", "us a");
    printf("%-22s %-8s %6s %8s %6s %8s %5s %8s\n", "game", "observed", "frame", "alone", "us",
           "in all", "step", "reset");
}

static void print_environment(const char *game, const char *observation,
                              const struct bench_environment_result *result) {
    printf("%-22s %-8s %6.1f %8.0f %6.1f %8.0f %5.2f %8.0f\n", game, observation,
           1e6 * result->frame_seconds, 1 / result->frame_seconds,
           1e6 * result->observation_seconds, 1 / result->step_seconds, result->frames_per_step,
           1e6 * result->reset_seconds);
}

/* Both presets of one game: in a JSON object under the game's name, or one line each. */
static enum status measure_game(const struct bench_options *options, const char *game,
                                struct json *answer, struct error *error) {
    static const enum observation_preset presets[] = {OBSERVATION_CLASSIC, OBSERVATION_DEEPMIND};
    struct json *json = json_new_object();
    enum status status = STATUS_OK;
    for (int i = 0; i < 2 && status == STATUS_OK; i++) {
        const char *name = observation_name(presets[i]);
        struct bench_environment_result result;
        status = bench_environment(
            &(struct bench_environment_request){game, options->train.data_dir, presets[i],
                                                options->seconds, &options->train.overrides},
            &result, error);
        if (status != STATUS_OK)
            break;
        if (options->json && presets[i] == OBSERVATION_CLASSIC)
            json_set(json, OBSERVATION_CLASSIC_BEFORE, environment_json(&result));
        if (options->json)
            json_set(json, name, environment_json(&result));
        else
            print_environment(game, name, &result);
    }
    json_set(answer, game, json);
    return status;
}

static enum status bench_env(const struct bench_options *options, struct error *error) {
    const char *game = options->train.game;
    struct game found; /* looked up before anything is printed */
    enum status status = game_find(game, NULL, &found, error);
    if (status != STATUS_OK)
        return status;
    if (!options->json) {
        print_machine();
        print_environment_heading();
    }
    struct json *answer = new_answer();
    status = measure_game(options, game, answer, error);
    if (status == STATUS_OK && strcmp(game, "catch") != 0)
        status = measure_game(options, "catch", answer, error);
    if (status == STATUS_OK && options->json)
        json_print(answer, stdout);
    json_free(answer);
    return status;
}

/* ---- bench network --------------------------------------------------------------------------- */

static struct json *network_json(const struct bench_network_result *result) {
    struct json *json = json_new_object();
    for (int i = 0; i < result->batch_count; i++) {
        char key[32];
        snprintf(key, sizeof key, "forward_us_batch_%d", result->batches[i]);
        json_set_real(json, key, 1e6 * result->forward_seconds[i]);
        snprintf(key, sizeof key, "backward_us_batch_%d", result->batches[i]);
        json_set_real(json, key, 1e6 * result->backward_seconds[i]);
    }
    json_set_real(json, "best_forward_us", 1e6 * result->best_forward_seconds);
    json_set_real(json, "train_us", 1e6 * result->train_seconds);
    json_set_real(json, "update_us", 1e6 * result->update_seconds);
    json_set_real(json, "forward_mflop", 1e-6 * result->forward_flop);
    json_set_real(json, "backward_mflop", 1e-6 * result->backward_flop);
    json_set_real(json, "forward_gflops",
                  1e-9 * result->forward_flop / result->best_forward_seconds);
    return json;
}

static void print_network(const char *name, const struct bench_network_result *result,
                          int64_t batch_size, double peak) {
    printf("\n%-18s forward, %.2f MFLOP         backward, %.2f MFLOP\n", name,
           1e-6 * result->forward_flop, 1e-6 * result->backward_flop);
    printf("  batch  us a sample  GFLOP/s  %% of peak  us a sample  GFLOP/s  %% of peak\n");
    for (int i = 0; i < result->batch_count; i++) {
        const double forward = result->forward_flop / result->forward_seconds[i];
        const double backward = result->backward_flop / result->backward_seconds[i];
        printf("  %5d %12.1f %8.1f %10.0f %12.1f %8.1f %10.0f\n", result->batches[i],
               1e6 * result->forward_seconds[i], 1e-9 * forward, 100 * forward / peak,
               1e6 * result->backward_seconds[i], 1e-9 * backward, 100 * backward / peak);
    }
    printf("  an update alone %.1f us; all of training, in a batch of %lld, %.1f us a sample\n",
           1e6 * result->update_seconds, (long long)batch_size, 1e6 * result->train_seconds);
}

static enum status measure_network(const struct bench_options *options,
                                   const struct bench_network_request *request, double peak,
                                   struct json *answer, struct error *error) {
    char name[32];
    struct bench_network_result result;
    const enum status status = bench_network(request, &result, error);
    if (status != STATUS_OK)
        return status;
    snprintf(name, sizeof name, options->json ? "%s_%s" : "%s, %s", trunk_name(request->spec.trunk),
             backend_name(request->backend));
    if (options->json)
        json_set(answer, name, network_json(&result));
    else
        print_network(name, &result, options->train.batch_size, peak);
    return STATUS_OK;
}

/* Breakout's action set; others measure nearly the same. */
enum { ACTIONS = 4 };

static enum status bench_networks(const struct bench_options *options, struct error *error) {
    enum observation_preset preset;
    double peak = 1;
    enum status status = find_observation(options, &preset, error);
    if (status == STATUS_OK)
        status = bench_peak(BACKEND_ONEDNN, options->seconds, &peak, error);
    if (status != STATUS_OK)
        return status;
    struct json *answer = new_answer();
    json_set_real(answer, "peak_gflops", 1e-9 * peak);
    if (!options->json) {
        print_machine();
        printf("peak: %.1f GFLOP/s on each of them, in a large matrix product\n", 1e-9 * peak);
    }
    for (int i = 0; i < 4 && status == STATUS_OK; i++) {
        const struct bench_network_request request = {
            .spec = {.trunk = i < 2 ? TRUNK_A3C : TRUNK_NATURE,
                     .heads = HEADS_POLICY_VALUE,
                     .channels = observation_channels(preset),
                     .height = OBSERVATION_SIZE,
                     .width = OBSERVATION_SIZE,
                     .actions = ACTIONS},
            .backend = i % 2 ? BACKEND_REFERENCE : BACKEND_ONEDNN,
            .optimizer = &options->train.optimizer,
            .batch_size = (int)options->train.batch_size,
            .seconds = options->seconds,
        };
        status = measure_network(options, &request, peak, answer, error);
    }
    if (status == STATUS_OK && options->json)
        json_print(answer, stdout);
    json_free(answer);
    return status;
}

/* ---- bench queue ----------------------------------------------------------------------------- */

static void print_queue(const struct bench_queue_result *result) {
    const double bytes = (double)result->segment_bytes;
    print_machine();
    printf("a segment       %12.1f KB\n", 1e-3 * bytes);
    printf("one ring        %12.0f segments/s %8.2f GB/s\n", result->one_ring,
           1e-9 * bytes * result->one_ring);
    printf("%3d rings       %12.0f segments/s %8.2f GB/s\n", result->rings, result->all_rings,
           1e-9 * bytes * result->all_rings);
    printf("woken after           median  99th percentile\n");
    printf("  a push        %9.1f us %13.1f us\n", 1e6 * result->push.median,
           1e6 * result->push.percentile_99);
    printf("  a release     %9.1f us %13.1f us\n", 1e6 * result->release.median,
           1e6 * result->release.percentile_99);
}

static void print_queue_json(const struct bench_queue_result *result) {
    const double bytes = (double)result->segment_bytes;
    struct json *json = new_answer();
    json_set_int(json, "segment_bytes", (int64_t)result->segment_bytes);
    json_set_real(json, "one_ring_segments_per_second", result->one_ring);
    json_set_real(json, "one_ring_bytes_per_second", bytes * result->one_ring);
    json_set_int(json, "rings", result->rings);
    json_set_real(json, "segments_per_second", result->all_rings);
    json_set_real(json, "bytes_per_second", bytes * result->all_rings);
    json_set_real(json, "push_wake_us_median", 1e6 * result->push.median);
    json_set_real(json, "push_wake_us_percentile_99", 1e6 * result->push.percentile_99);
    json_set_real(json, "release_wake_us_median", 1e6 * result->release.median);
    json_set_real(json, "release_wake_us_percentile_99", 1e6 * result->release.percentile_99);
    command_print_json(json);
}

static enum status bench_queues(const struct bench_options *options, struct error *error) {
    const struct train_config *config = &options->train;
    struct bench_queue_request request = {
        .n_step = (int)config->n_step,
        .rings = config->processes < BENCH_MAX_RINGS ? (int)config->processes : BENCH_MAX_RINGS,
        .queue_size = (int)config->queue_size,
        .seconds = options->seconds,
    };
    struct bench_queue_result result;
    enum status status = find_observation(options, &request.observation, error);
    if (status == STATUS_OK)
        status = bench_queue(&request, &result, error);
    if (status != STATUS_OK)
        return status;
    if (options->json)
        print_queue_json(&result);
    else
        print_queue(&result);
    return STATUS_OK;
}

/* ---- bench train ----------------------------------------------------------------------------- */

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
}

static int compare_reals(const void *left, const void *right) {
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(const double *numbers, int count) {
    double sorted[MAX_REPEATS];
    memcpy(sorted, numbers, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare_reals);
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

/* The four main figures, one row each. */
struct train_figures {
    const char *name;
    const char *old_name; /* for programs that still read these names */
    double numbers[MAX_REPEATS];
};

enum { FIGURES = 4 };

static void collect_figures(const struct bench_train_result *results, int count,
                            struct train_figures figures[FIGURES]) {
    static const char *const names[FIGURES][2] = {
        {"steps_per_second", "agent_frames_per_second"},
        {"emulator_frames_per_second", NULL},
        {"bound_steps_per_second", "bound_frames_per_second"},
        {"bound_percent", NULL},
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
    struct json *json = new_answer();
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
    json_set(json, "environment", environment_json(&results[count - 1].environment));
    json_set(json, "network", network_json(&results[count - 1].network));
    command_print_json(json);
}

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *place) {
    (void)about;
    (void)type;
    (void)place;
    return remove(path);
}

/* Measures bound and run once, in a temporary run directory. */
static enum status train_once(struct bench_options *options, struct bench_train_result *result,
                              struct error *error) {
    const char *folder = getenv("TMPDIR");
    snprintf(options->train.run_dir, sizeof options->train.run_dir, "%.400s/asyncrl-bench-XXXXXX",
             folder && folder[0] ? folder : "/tmp");
    if (!mkdtemp(options->train.run_dir))
        return error_set(error, STATUS_FAILED, "cannot make '%s': %s", options->train.run_dir,
                         strerror(errno));
    struct option train_table[OPTION_MAX_COUNT + 1];
    command_options(&command_train, train_table);
    const enum status status =
        bench_train(&options->train, train_table, options->seconds, result, error);
    nftw(options->train.run_dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return status;
}

static enum status bench_training(struct bench_options *options, struct error *error) {
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
            print_machine();
            printf("%s, %s, %lld actors\n", options->train.game, trunk_name(results[i].trunk),
                   (long long)options->train.processes);
        }
        print_train_run(&results[i]);
        fflush(stdout);
    }
    if (status == STATUS_OK)
        print_training(options, results, count);
    free(results);
    return status;
}

static enum status run_bench(const struct command *command, int argc, char **argv,
                             struct error *error) {
    struct bench_options options = {0};
    const char *what = "";
    int count;
    struct option train_table[OPTION_MAX_COUNT + 1];
    command_options(&command_train, train_table);
    options_defaults(train_table, &options.train);
    snprintf(options.train.method.name, sizeof options.train.method.name, "a3c");
    const enum status status =
        command_parse_arguments(command, argc, argv, &options, &what, 1, &count, error);
    if (status != STATUS_OK)
        return status;
    if (strcmp(what, "env") == 0)
        return bench_env(&options, error);
    if (strcmp(what, "network") == 0)
        return bench_networks(&options, error);
    if (strcmp(what, "queue") == 0)
        return bench_queues(&options, error);
    if (strcmp(what, "train") == 0)
        return bench_training(&options, error);
    return error_set(error, STATUS_BAD_INPUT, "bench what? env, network, queue or train%s%.40s",
                     what[0] ? ", not " : "", what);
}

const struct command command_bench = {
    .name = "bench",
    .usage = "bench env|network|queue|train [options]",
    .summary = "measure the parts of a run, or compare a run with its upper bound",
    .options = parts,
    .arguments = "env|network|queue|train",
    .run = run_bench,
};
