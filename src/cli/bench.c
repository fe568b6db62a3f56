#include "bench/bench.h"
#include "cli/command.h"
#include "store/store.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>

struct bench_options {
    struct train_config train;
    double seconds;
    bool json;
};

#define FIELD(name) offsetof(struct bench_options, name)

static const struct option table[] = {
    {"game", OPTION_TEXT, FIELD(train.game), "Breakout-v0", 0, 0, "ID", "what is played", NULL},
    {"observation", OPTION_TEXT, FIELD(train.observation), "seed", 0, 0, "NAME",
     "how screens are seen", "seed|deepmind|v4"},
    {"network", OPTION_TEXT, FIELD(train.network), "a3c", 0, 0, "NAME", "trunk", "a3c|nature"},
    {"processes", OPTION_INT, FIELD(train.processes), "4", 1, 1024, "N",
     "actor processes of `bench train`", NULL},
    {"envs_per_process", OPTION_INT, FIELD(train.envs_per_process), "1", 1, 256, "N",
     "environments an actor of `bench train`", NULL},
    {"batch_size", OPTION_INT, FIELD(train.batch_size), "20", 1, 4096, "N",
     "transitions in one update", NULL},
    {"max_frames", OPTION_INT, FIELD(train.max_frames), "60000", 1000, 1e9, "N",
     "agent frames that `bench train` trains", NULL},
    {"seconds", OPTION_REAL, FIELD(seconds), "2", 0.05, 3600, "X", "how long each part is measured",
     NULL},
    {"data_dir", OPTION_TEXT, FIELD(train.data_dir), "", 0, 0, "DIR",
     "where the emulator's library and roms/ are", NULL},
    {"json", OPTION_FLAG, FIELD(json), "false", 0, 0, NULL, "print one line of JSON instead", NULL},
    {0},
};

/* ---- bench env ------------------------------------------------------------------------------- */

static struct json *environment_json(const struct bench_environment_result *result) {
    struct json *json = json_new_object();
    json_set_int(json, "processors", result->processors);
    json_set_real(json, "emulator_frames_per_second", 1 / result->frame_seconds);
    json_set_real(json, "emulator_frame_us", 1e6 * result->frame_seconds);
    json_set_real(json, "agent_steps_per_second", 1 / result->step_seconds);
    json_set_real(json, "emulator_frames_per_step", result->frames_per_step);
    json_set_real(json, "observation_us", 1e6 * result->observation_seconds);
    return json;
}

static void print_environment(const struct bench_environment_result *result) {
    printf("emulator alone      %8.0f frames/s   %7.1f us a frame, on each of %d processors\n",
           1 / result->frame_seconds, 1e6 * result->frame_seconds, result->processors);
    printf("with observation    %8.0f steps/s    %7.1f us a step of %.2f frames\n",
           1 / result->step_seconds, 1e6 * result->step_seconds, result->frames_per_step);
    printf("observation         %27.1f us a step\n", 1e6 * result->observation_seconds);
}

static enum status bench_env(const struct bench_options *options, struct error *error) {
    struct bench_environment_result result;
    const enum status status = bench_environment(&options->train, options->seconds, &result, error);
    if (status != STATUS_OK)
        return status;
    if (!options->json) {
        print_environment(&result);
        return STATUS_OK;
    }
    struct json *json = environment_json(&result);
    json_print(json, stdout);
    json_free(json);
    return STATUS_OK;
}

/* ---- bench network --------------------------------------------------------------------------- */

static struct json *network_json(const struct bench_network_result *result) {
    struct json *json = json_new_object();
    for (int i = 0; i < BENCH_BATCHES; i++) {
        char key[32];
        snprintf(key, sizeof key, "forward_us_batch_%d", result->batches[i]);
        json_set_real(json, key, 1e6 * result->forward_seconds[i]);
    }
    json_set_real(json, "best_forward_us", 1e6 * result->best_forward_seconds);
    json_set_real(json, "train_us", 1e6 * result->train_seconds);
    json_set_real(json, "forward_gflops",
                  1e-9 * result->forward_flop / result->best_forward_seconds);
    return json;
}

static void print_network(const char *backend, const struct bench_network_result *result,
                          int64_t batch_size) {
    printf("%s: %.2f MFLOP forward, on each of %d processors\n", backend,
           1e-6 * result->forward_flop, result->processors);
    for (int i = 0; i < BENCH_BATCHES; i++)
        printf("  forward, batch %-4d %8.1f us a sample   %6.1f GFLOP/s\n", result->batches[i],
               1e6 * result->forward_seconds[i],
               1e-9 * result->forward_flop / result->forward_seconds[i]);
    printf("  train, batch %-6lld %8.1f us a sample: forward, backward, update\n",
           (long long)batch_size, 1e6 * result->train_seconds);
}

static enum status bench_networks(const struct bench_options *options, struct error *error) {
    enum { ACTIONS = 4 };
    const enum backend backends[] = {BACKEND_REFERENCE, BACKEND_ONEDNN};
    struct json *json = json_new_object();
    enum status status = STATUS_OK;
    for (int i = 0; i < 2 && status == STATUS_OK; i++) {
        struct bench_network_result result;
        status =
            bench_network(&options->train, backends[i], ACTIONS, options->seconds, &result, error);
        if (status != STATUS_OK)
            break;
        if (options->json)
            json_set(json, backend_name(backends[i]), network_json(&result));
        else
            print_network(backend_name(backends[i]), &result, options->train.batch_size);
    }
    if (status == STATUS_OK && options->json)
        json_print(json, stdout);
    json_free(json);
    return status;
}

/* ---- bench train ----------------------------------------------------------------------------- */

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *place) {
    (void)about;
    (void)type;
    (void)place;
    return remove(path);
}

static void print_train(const struct bench_train_result *result) {
    print_environment(&result->environment);
    printf("network             %8.1f us best forward, %.1f us training, a sample\n",
           1e6 * result->network.best_forward_seconds, 1e6 * result->network.train_seconds);
    printf("bound               %8.0f agent frames/s\n", result->bound_frames_per_second);
    printf("training            %8.0f agent frames/s, %.0f emulator frames/s\n",
           result->agent_frames_per_second, result->emulator_frames_per_second);
    printf("                    %8.1f %% of the bound\n", result->bound_percent);
}

static void print_train_json(const struct bench_train_result *result) {
    struct json *json = json_new_object();
    json_set_real(json, "agent_frames_per_second", result->agent_frames_per_second);
    json_set_real(json, "emulator_frames_per_second", result->emulator_frames_per_second);
    json_set_real(json, "bound_frames_per_second", result->bound_frames_per_second);
    json_set_real(json, "bound_percent", result->bound_percent);
    json_set(json, "environment", environment_json(&result->environment));
    json_set(json, "network", network_json(&result->network));
    json_print(json, stdout);
    json_free(json);
}

static enum status bench_training(struct bench_options *options, struct error *error) {
    const char *folder = getenv("TMPDIR");
    snprintf(options->train.run_dir, sizeof options->train.run_dir, "%.400s/asyncrl-bench-XXXXXX",
             folder && folder[0] ? folder : "/tmp");
    if (!mkdtemp(options->train.run_dir))
        return error_set(error, STATUS_FAILED, "cannot make '%s': %s", options->train.run_dir,
                         strerror(errno));
    struct bench_train_result result;
    const enum status status =
        bench_train(&options->train, command_train.options, options->seconds, &result, error);
    nftw(options->train.run_dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    if (status != STATUS_OK)
        return status;
    if (options->json)
        print_train_json(&result);
    else
        print_train(&result);
    return STATUS_OK;
}

static enum status run(const struct command *command, int argc, char **argv, struct error *error) {
    struct bench_options options = {0};
    const char *what = "";
    int count;
    options_defaults(command_train.options, &options.train);
    snprintf(options.train.method, sizeof options.train.method, "a3c");
    options_defaults(command->options, &options);
    const enum status status =
        options_parse(command->options, argc, argv, &options, NULL, &what, 1, &count, error);
    if (status != STATUS_OK)
        return status;
    if (strcmp(what, "env") == 0)
        return bench_env(&options, error);
    if (strcmp(what, "network") == 0)
        return bench_networks(&options, error);
    if (strcmp(what, "train") == 0)
        return bench_training(&options, error);
    return error_set(error, STATUS_BAD_INPUT, "bench what? env, network or train%s%.40s",
                     what[0] ? ", not " : "", what);
}

const struct command command_bench = {
    .name = "bench",
    .usage = "bench env|network|train [options]",
    .summary = "measure the parts of a run, or the whole beside what is possible",
    .options = table,
    .run = run,
};
