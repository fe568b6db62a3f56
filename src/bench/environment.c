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

/* What is measured of a game's states; zeros if it has none. */
struct state_figures {
    double bytes, save_seconds, load_seconds;
};

/* A game some seconds after its start; it needs a reset afterwards. */
static enum status time_states(struct emulator *emulator, double seconds,
                               struct state_figures *figures, struct error *error) {
    enum { STATE_FRAMES = 120 };
    *figures = (struct state_figures){0};
    if (!emulator_can_save(emulator))
        return STATUS_OK;
    const size_t bound = emulator_state_bound(emulator, STATE_FRAMES);
    uint8_t *state = malloc(bound);
    if (!state)
        return error_set(error, STATUS_FAILED, "out of memory");
    emulator_reset(emulator);
    for (int i = 0; i < STATE_FRAMES && !emulator_act(emulator, 0).game_over; i++)
        ;
    enum status status = STATUS_OK;
    double saving = 0, loading = 0;
    int64_t count = 0;
    while (status == STATUS_OK && saving + loading < seconds) {
        size_t size = 0;
        const double start = clock_seconds();
        status = emulator_save_state(emulator, state, bound, &size, error);
        const double between = clock_seconds();
        if (status == STATUS_OK)
            status = emulator_load_state(emulator, state, size, error);
        saving += between - start;
        loading += clock_seconds() - between;
        figures->bytes = (double)size;
        count++;
    }
    figures->save_seconds = saving / (double)count;
    figures->load_seconds = loading / (double)count;
    free(state);
    return status;
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
    struct state_figures states;
    status = time_states(emulator, request->seconds / 4, &states, error);
    if (status != STATUS_OK) {
        emulator_close(emulator);
        return status;
    }
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
    numbers[4] = states.bytes;
    numbers[5] = states.save_seconds;
    numbers[6] = states.load_seconds;
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
        .state_bytes = means[4],
        .save_seconds = means[5],
        .load_seconds = means[6],
    };
    return STATUS_OK;
}
