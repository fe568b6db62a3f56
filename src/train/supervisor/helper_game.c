#include "train/supervisor/helper_game.h"

bool helper_sees_end(const struct run *run, double *end_seen) {
    if (*end_seen == 0 && atomic_load(&run->control->report_stop))
        *end_seen = clock_seconds();
    return *end_seen > 0;
}

double helper_farewell_seconds(const struct run *run) {
    return atomic_load(&run->control->interrupted) ? 3 : 10;
}

enum status helper_open_game(const struct run *run, const char *model, struct episode *episode,
                             struct error *error) {
    const struct agent_request request = {
        .model = model,
        .game = run->game.id,
        .overrides = &run->config->overrides,
        .observation = observation_name(run->environment.observation),
    };
    return episode_open(episode, &request, run->config->data_dir, 0, error);
}
