#include "bench/bench.h"

#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Resolves config's game and names; the number of actions comes from the emulator. */
static enum status make_requests(const struct train_config *config, double seconds,
                                 struct bench_environment_request *environment,
                                 struct bench_network_request *network, struct error *error) {
    struct game game;
    struct emulator *emulator;
    enum observation_preset observation;
    if (!observation_from_name(config->observation, &observation))
        return error_set(error, STATUS_BAD_INPUT, "there is no observation '%s'",
                         config->observation);
    enum status status = game_find(config->game, &config->overrides, &game, error);
    if (status == STATUS_OK)
        status = game_open_emulator(&game, config->data_dir, &emulator, error);
    if (status != STATUS_OK)
        return status;
    *environment = (struct bench_environment_request){config->game, config->data_dir, observation,
                                                      seconds, &config->overrides};
    *network = (struct bench_network_request){
        .backend = network_backend_default(),
        .optimizer = &config->optimizer,
        .batch_size = (int)config->batch_size,
        .seconds = seconds,
    };
    status = train_network(config, HEADS_POLICY_VALUE, observation, &emulator->info, &network->spec,
                           error);
    emulator_close(emulator);
    return status;
}

static void work_out(struct bench_train_result *result) {
    const struct bench_environment_result *environment = &result->environment;
    const struct train_summary *summary = &result->summary;
    const double step_seconds = environment->frames_per_step * environment->frame_seconds +
                                result->network.best_forward_seconds +
                                result->network.train_seconds;
    result->steps_per_second = (double)summary->steps / summary->seconds;
    result->emulator_frames_per_second = (double)summary->emulator_frames / summary->seconds;
    result->bound_steps_per_second = environment->processors / step_seconds;
    result->bound_percent = 100 * result->steps_per_second / result->bound_steps_per_second;
    result->learner_bound_steps_per_second = 1 / result->network.train_seconds;
    result->emulator_seconds = fmin((double)summary->emulator_frames * environment->frame_seconds,
                                    summary->actors.stages[STAGE_ENVIRONMENT]);
}

struct bench_shares bench_shares(const struct stage_times *times, double emulator_seconds) {
    const double *stages = times->stages;
    const double wall = times->wall > 0 ? times->wall : 1;
    const double slept = fmax(times->wall - times->processor - times->ready, 0);
    return (struct bench_shares){
        .emulator = emulator_seconds / wall,
        .observation = (stages[STAGE_ENVIRONMENT] - emulator_seconds) / wall,
        .forward = stages[STAGE_FORWARD] / wall,
        .backward = stages[STAGE_BACKWARD] / wall,
        .optimizer = stages[STAGE_OPTIMIZER] / wall,
        .other = stages[STAGE_OTHER] / wall,
        .ready = times->ready / wall,
        .waiting = slept / wall,
    };
}

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *place) {
    (void)about;
    (void)type;
    (void)place;
    return remove(path);
}

/* Trains in a temporary run directory. A signal must not leave it behind: the run takes those that
 * end it, and they wait before and after it. */
static enum status train_in_folder(struct train_config *config, const struct option *table,
                                   struct train_summary *summary, struct error *error) {
    sigset_t signals;
    sigset_t before;
    enum status status;
    const char *folder = getenv("TMPDIR");
    snprintf(config->run_dir, sizeof config->run_dir, "%.400s/asyncrl-bench-XXXXXX",
             folder && folder[0] ? folder : "/tmp");
    signals_that_end(&signals);
    sigprocmask(SIG_BLOCK, &signals, &before);
    if (mkdtemp(config->run_dir)) {
        status = train_run(config, table, summary, error);
        nftw(config->run_dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    } else {
        status = error_set(error, STATUS_FAILED, "cannot make '%s': %s", config->run_dir,
                           strerror(errno));
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

enum status bench_train(struct train_config *config, const struct option *table, double seconds,
                        struct bench_train_result *result, struct error *error) {
    struct bench_environment_request environment;
    struct bench_network_request network = {0};
    enum status status = make_requests(config, seconds, &environment, &network, error);
    if (status == STATUS_OK)
        status = bench_environment(&environment, &result->environment, error);
    if (status == STATUS_OK)
        status = bench_network(&network, &result->network, error);
    if (status == STATUS_OK)
        status = train_in_folder(config, table, &result->summary, error);
    if (status != STATUS_OK)
        return status;
    if (!result->summary.is_finished)
        return error_set(error, STATUS_FAILED, "interrupted after %lld of %lld steps",
                         (long long)result->summary.steps, (long long)config->total_steps);
    if (result->summary.seconds < 0.1)
        return error_set(error, STATUS_BAD_INPUT,
                         "the run was too short to be measured; give it more --total_steps");
    result->trunk = network.spec.trunk;
    work_out(result);
    return STATUS_OK;
}
