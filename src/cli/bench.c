#include "cli/bench.h"

#include <string.h>

static const struct option table[] = {
    TEXT_OPTION("game", struct bench_options, train.game, "Breakout-v0", "ID", "game to play"),
    TEXT_OPTION("observation", struct bench_options, train.observation, "classic", "NAME",
                "preprocessing of screens; `bench env` measures classic and deepmind",
                .choices = "classic|deepmind|v4", .old_choice = "seed=classic"),
    TEXT_OPTION("network", struct bench_options, train.network.trunk, "auto", "NAME",
                "trunk of `bench train`; `bench network` measures a3c and nature",
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
    FLAG_OPTION("pin", struct bench_options, train.pin, "false",
                "bind the processes of `bench train` to processors"),
    INT_OPTION("total_steps", struct bench_options, train.total_steps, "60000", 1000, 1e9, "N",
               "steps of training in `bench train`", .alias = "max_frames"),
    INT_OPTION("repeat", struct bench_options, repeat, "1", 1, BENCH_MAX_REPEATS, "N",
               "repeats of `bench train`, which prints medians"),
    REAL_OPTION("seconds", struct bench_options, seconds, "2", 0.05, 3600, "X",
                "time per part; a network at one batch size takes a quarter of it, all of "
                "`bench network` 18 times it"),
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

struct json *bench_new_result(void) {
    char machine[128];
    bench_machine(machine, sizeof machine);
    struct json *json = json_new_object();
    json_set_text(json, "machine", machine);
    json_set_int(json, "processors", process_cpu_count());
    return json;
}

void bench_print_machine(void) {
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

struct json *bench_environment_json(const struct bench_environment_result *result) {
    struct json *json = json_new_object();
    json_set_real(json, "emulator_frames_per_second", 1 / result->frame_seconds);
    json_set_real(json, "emulator_frame_us", 1e6 * result->frame_seconds);
    json_set_real(json, "agent_steps_per_second", 1 / result->step_seconds);
    json_set_real(json, "emulator_frames_per_step", result->frames_per_step);
    json_set_real(json, "observation_us", 1e6 * result->observation_seconds);
    json_set_real(json, "reset_us", 1e6 * result->reset_seconds);
    if (result->state_bytes > 0) {
        json_set_real(json, "state_bytes", result->state_bytes);
        json_set_real(json, "state_save_us", 1e6 * result->save_seconds);
        json_set_real(json, "state_load_us", 1e6 * result->load_seconds);
    }
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

static void print_states(const struct bench_environment_result *result) {
    if (result->state_bytes > 0)
        printf("  its state of %.0f bytes: saved in %.1f us, loaded in %.1f us\n",
               result->state_bytes, 1e6 * result->save_seconds, 1e6 * result->load_seconds);
}

/* Both presets of one game: in a JSON object under the game's name, or one line each and one on its
 * states. */
static enum status measure_game(const struct bench_options *options, const char *game,
                                struct json *results, struct error *error) {
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
            json_set(json, OBSERVATION_CLASSIC_BEFORE, bench_environment_json(&result));
        if (options->json)
            json_set(json, name, bench_environment_json(&result));
        else
            print_environment(game, name, &result);
        if (!options->json && presets[i] == OBSERVATION_DEEPMIND)
            print_states(&result);
    }
    json_set(results, game, json);
    return status;
}

static enum status bench_env(const struct bench_options *options, struct error *error) {
    const char *game = options->train.game;
    struct game found; /* looked up before anything is printed */
    enum status status = game_find(game, NULL, &found, error);
    if (status != STATUS_OK)
        return status;
    if (!options->json) {
        bench_print_machine();
        print_environment_heading();
    }
    struct json *results = bench_new_result();
    status = measure_game(options, game, results, error);
    if (status == STATUS_OK && strcmp(game, "catch") != 0)
        status = measure_game(options, "catch", results, error);
    if (status == STATUS_OK && options->json)
        json_print(results, stdout);
    json_free(results);
    return status;
}

/* ---- bench network --------------------------------------------------------------------------- */

struct json *bench_network_json(const struct bench_network_result *result) {
    struct json *json = json_new_object();
    for (int i = 0; i < result->batch_count; i++) {
        char key[32];
        snprintf(key, sizeof key, "forward_us_batch_%d", result->batches[i]);
        json_set_real(json, key, 1e6 * result->forward_seconds[i]);
        snprintf(key, sizeof key, "backward_us_batch_%d", result->batches[i]);
        json_set_real(json, key, 1e6 * result->backward_seconds[i]);
    }
    json_set_real(json, "best_forward_us", 1e6 * result->best_forward_seconds);
    json_set_int(json, "train_batch", result->train_batch);
    json_set_real(json, "train_us", 1e6 * result->train_seconds);
    json_set_real(json, "update_us", 1e6 * result->update_seconds);
    json_set_real(json, "forward_mflop", 1e-6 * result->forward_flop);
    json_set_real(json, "backward_mflop", 1e-6 * result->backward_flop);
    json_set_real(json, "forward_gflops",
                  1e-9 * result->forward_flop / result->best_forward_seconds);
    return json;
}

static void print_network(const char *name, const struct bench_network_result *result,
                          double peak) {
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
    printf("  an update alone %.1f us; all of training, in a batch of %d, %.1f us a sample\n",
           1e6 * result->update_seconds, result->train_batch, 1e6 * result->train_seconds);
}

static enum status measure_network(const struct bench_options *options,
                                   const struct bench_network_request *request, double peak,
                                   struct json *results, struct error *error) {
    char name[32];
    struct bench_network_result result;
    const enum status status = bench_network(request, &result, error);
    if (status != STATUS_OK)
        return status;
    snprintf(name, sizeof name, options->json ? "%s_%s" : "%s, %s", trunk_name(request->spec.trunk),
             backend_name(request->backend));
    if (options->json)
        json_set(results, name, bench_network_json(&result));
    else
        print_network(name, &result, peak);
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
    struct json *results = bench_new_result();
    json_set_real(results, "peak_gflops", 1e-9 * peak);
    if (!options->json) {
        bench_print_machine();
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
        status = measure_network(options, &request, peak, results, error);
    }
    if (status == STATUS_OK && options->json)
        json_print(results, stdout);
    json_free(results);
    return status;
}

/* ---- bench queue ----------------------------------------------------------------------------- */

static void print_queue(const struct bench_queue_result *result) {
    const double bytes = (double)result->segment_bytes;
    bench_print_machine();
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
    struct json *json = bench_new_result();
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

/* ---- The command ----------------------------------------------------------------------------- */

/* Refuses options that the part does not use. */
static enum status refuse_idle(const char *what, const struct option *all, const bool *given,
                               struct error *error) {
    static const struct {
        const char *option;
        const char *parts;
    } users[] = {
        {"game", "env|train"},         {"observation", "network|queue|train"},
        {"network", "train"},          {"processes", "queue|train"},
        {"envs_per_process", "train"}, {"batch_size", "network|train"},
        {"queue_size", "queue|train"}, {"n_step", "queue|train"},
        {"learner_threads", "train"},  {"pin", "train"},
        {"total_steps", "train"},      {"repeat", "train"},
        {"atari_core", "env|train"},   {"data_dir", "env|train"},
    };
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++)
        if (given[options_find(all, users[i].option) - all] && !strstr(users[i].parts, what))
            return error_set(error, STATUS_BAD_INPUT,
                             "--%s is for bench %s, not %.40s: leave it out", users[i].option,
                             users[i].parts, what);
    return STATUS_OK;
}

static enum status parse_bench(const struct command *command, int argc, char **argv,
                               struct bench_options *options, const char **what,
                               struct error *error) {
    struct option all[OPTION_MAX_COUNT + 1];
    bool given[OPTION_MAX_COUNT] = {0};
    int count;
    command_options(command, all);
    options_defaults(all, options);
    const enum status status =
        options_parse(all, argc, argv, options, given, what, 1, &count, error);
    return status == STATUS_OK ? refuse_idle(*what, all, given, error) : status;
}

static enum status run_bench(const struct command *command, int argc, char **argv,
                             struct error *error) {
    struct bench_options options = {0};
    const char *what = "";
    struct option train_table[OPTION_MAX_COUNT + 1];
    command_options(&command_train, train_table);
    options_defaults(train_table, &options.train);
    snprintf(options.train.method.name, sizeof options.train.method.name, "a3c");
    const enum status status = parse_bench(command, argc, argv, &options, &what, error);
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
    return error_set(error, STATUS_BAD_INPUT,
                     "bench needs a part: env, network, queue or train%s%.40s",
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
