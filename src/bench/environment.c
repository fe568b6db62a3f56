#include "bench/bench.h"
#include "bench/parallel.h"
#include "env/env.h"

#include <stdint.h>
#include <stdlib.h>

/* Seconds of one emulator frame with random actions, a new one every fourth frame. */
static double time_frames(struct emulator *emulator, double seconds) {
    struct rng rng;
    rng_seed(&rng, 1, 0);
    struct emulator_frame frame = emulator_reset(emulator);
    const double start = clock_seconds();
    int64_t frames = 0;
    int action = 0;
    double elapsed;
    do {
        for (int i = 0; i < 64; i++, frames++) {
            if (frame.game_over)
                emulator_reset(emulator);
            if (frames % 4 == 0)
                action = (int)rng_below(&rng, (uint32_t)emulator->info.action_count);
            frame = emulator_act(emulator, action);
        }
        elapsed = clock_seconds() - start;
    } while (elapsed < seconds);
    return elapsed / (double)frames;
}

struct step_times {
    double step_seconds;
    double frames_per_step;
};

static struct step_times time_steps(struct environment *environment, uint8_t *observation,
                                    double seconds) {
    struct rng rng;
    rng_seed(&rng, 1, 0);
    const uint32_t actions = (uint32_t)environment_emulator_info(environment)->action_count;
    environment_seed(environment, 1, 0);
    environment_reset(environment);
    const double start = clock_seconds();
    int64_t steps = 0;
    int64_t frames = 0;
    double elapsed;
    do {
        for (int i = 0; i < 16; i++, steps++) {
            const struct environment_step step =
                environment_act(environment, (int)rng_below(&rng, actions));
            frames += step.emulator_frames;
            if (step.terminated || step.truncated)
                environment_reset(environment);
            environment_observe(environment, observation);
        }
        elapsed = clock_seconds() - start;
    } while (elapsed < seconds);
    return (struct step_times){elapsed / (double)steps, (double)frames / (double)steps};
}

/* Seconds of one reset with its observation. */
static double time_resets(struct environment *environment, uint8_t *observation, double seconds) {
    const double start = clock_seconds();
    int64_t resets = 0;
    double elapsed;
    do {
        environment_reset(environment);
        environment_observe(environment, observation);
        resets++;
        elapsed = clock_seconds() - start;
    } while (elapsed < seconds);
    return elapsed / (double)resets;
}

static enum status measure(void *context, int index, double *numbers, struct error *error) {
    (void)index;
    const struct bench_environment_request *request = context;
    struct game game;
    struct emulator *emulator;
    enum status status = game_find(request->game, request->overrides, &game, error);
    if (status == STATUS_OK)
        status = game_open_emulator(&game, request->data_dir, &emulator, error);
    if (status != STATUS_OK)
        return status;
    status = emulator_check_numbered(&emulator->info, "bench", "name another game", error);
    if (status != STATUS_OK) {
        emulator_close(emulator);
        return status;
    }
    numbers[0] = time_frames(emulator, request->seconds);
    const struct environment_config config = game_environment_config(&game, request->observation);
    struct environment *environment;
    status = environment_create(emulator, &config, &environment, error);
    if (status != STATUS_OK)
        return status;
    const struct emulator_info *info = environment_emulator_info(environment);
    uint8_t *observation = malloc(observation_shape(request->observation, info).bytes);
    if (!observation)
        return error_set(error, STATUS_FAILED, "out of memory");
    const struct step_times times = time_steps(environment, observation, request->seconds);
    numbers[1] = times.step_seconds;
    numbers[2] = times.frames_per_step;
    numbers[3] = time_resets(environment, observation, request->seconds / 4);
    free(observation);
    environment_destroy(environment);
    return STATUS_OK;
}

enum status bench_environment(const struct bench_environment_request *request,
                              struct bench_environment_result *result, struct error *error) {
    struct bench_environment_request asked = *request;
    double means[PARALLEL_MAX_NUMBERS];
    const enum status status = parallel_mean(measure, &asked, means, error);
    if (status != STATUS_OK)
        return status;
    *result = (struct bench_environment_result){
        .processors = process_cpu_count(),
        .frame_seconds = means[0],
        .step_seconds = means[1],
        .frames_per_step = means[2],
        .observation_seconds = means[1] - means[2] * means[0],
        .reset_seconds = means[3],
    };
    return STATUS_OK;
}
