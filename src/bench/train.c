#include "bench/bench.h"
#include "game/game.h"

enum status bench_train(const struct train_config *config, const struct option *table,
                        double seconds, struct bench_train_result *result, struct error *error) {
    struct game game;
    struct emulator *emulator;
    enum status status = game_find(config->game, &game, error);
    if (status == STATUS_OK)
        status = game_open_emulator(&game, config->data_dir, &emulator, error);
    if (status != STATUS_OK)
        return status;
    const int actions = emulator->info.action_count;
    emulator_close(emulator);

    status = bench_environment(config, seconds, &result->environment, error);
    if (status == STATUS_OK)
        status = bench_network(config, network_backend_default(), actions, seconds,
                               &result->network, error);
    if (status == STATUS_OK)
        status = train_run(config, table, &result->summary, error);
    if (status != STATUS_OK)
        return status;

    const struct train_summary *summary = &result->summary;
    if (summary->seconds < 0.1)
        return error_set(error, STATUS_BAD_INPUT,
                         "the run was too short to be measured; give it more --max_frames");
    const double step_seconds =
        result->environment.frames_per_step * result->environment.frame_seconds +
        result->network.best_forward_seconds + result->network.train_seconds;
    result->agent_frames_per_second = (double)summary->frames / summary->seconds;
    result->emulator_frames_per_second = (double)summary->emulator_frames / summary->seconds;
    result->bound_frames_per_second = result->environment.processors / step_seconds;
    result->bound_percent = 100 * result->agent_frames_per_second / result->bound_frames_per_second;
    return STATUS_OK;
}
