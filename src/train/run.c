#include "train/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status find_method(struct run *run, struct error *error) {
    const struct train_config *config = run->config;
    run->method = method_find(config->method.name);
    if (!run->method)
        return error_set(error, STATUS_BAD_INPUT, "there is no method '%s'", config->method.name);
    return method_check(run->method, &config->method, config->batch_size, error);
}

static enum status check_stop_score(const struct train_config *config, struct error *error) {
    char *end;
    const double score = strtod(config->stop_score, &end);
    if (!config->stop_score[0] || (end > config->stop_score && *end == '\0' && isfinite(score)))
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT, "--stop_score takes a number, not '%.40s'",
                     config->stop_score);
}

static enum status check_stop_flag_rate(const struct train_config *config,
                                        const struct emulator_info *info, struct error *error) {
    if (config->stop_flag_rate == 0 || game_tells_flag(info))
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "--stop_flag_rate waits for flags, and %.100s has none: leave it out",
                     config->game);
}

static enum status find_game(struct run *run, struct error *error) {
    const struct train_config *config = run->config;
    enum observation_preset observation;
    const enum status found = game_find(config->game, &config->overrides, &run->game, error);
    if (found != STATUS_OK)
        return found;
    if (!observation_from_name(config->observation, &observation))
        return error_set(error, STATUS_BAD_INPUT, "there is no observation '%s'",
                         config->observation);
    run->environment = environment_options_apply(&config->environment, &run->game, observation);
    run->environment.reward_gamma = config->method.gamma;
    return STATUS_OK;
}

enum status train_network(const struct train_config *config, enum heads heads,
                          enum observation_preset observation, const struct emulator_info *info,
                          struct network_spec *spec, struct error *error) {
    const int actions = info->action_count;
    const struct observation_shape shape = observation_shape(observation, info);
    *spec = (struct network_spec){
        .heads = heads,
        .channels = shape.channels,
        .height = shape.height,
        .width = shape.width,
        .actions = actions,
    };
    return network_options_apply(&config->network, info->vector_size > 0, config->game, spec,
                                 error);
}

/* Makes network and segments fit what the game shows. */
static enum status fit_network(struct run *run, const struct emulator_info *info,
                               struct error *error) {
    enum status status = environment_check(&run->environment, info, error);
    if (status == STATUS_OK)
        status = check_stop_flag_rate(run->config, info, error);
    if (status != STATUS_OK)
        return status;
    run->environment.observation = observation_of(run->environment.observation, info);
    const struct observation_shape shape = observation_shape(run->environment.observation, info);
    step_layout_make(&run->layout, run->method->fields(&run->config->method),
                     (int)run->config->n_step, shape.bytes, shape.step_bytes);
    return train_network(run->config, run->method->heads, run->environment.observation, info,
                         &run->network, error);
}

static enum status open_emulator(struct run *run, int index, struct error *error) {
    struct emulator **emulator = &run->emulators[index];
    if (index > 0 && emulator_can_copy(run->emulators[0]))
        return emulator_copy(run->emulators[0], emulator, error);
    return game_open_emulator(&run->game, run->config->data_dir, emulator, error);
}

static enum status open_emulators(struct run *run, struct error *error) {
    const int count = (int)run->config->envs_per_process;
    run->emulators = calloc((size_t)count, sizeof(struct emulator *));
    if (!run->emulators)
        return error_set(error, STATUS_FAILED, "out of memory");
    for (int i = 0; i < count; i++) {
        enum status status = open_emulator(run, i, error);
        if (status == STATUS_OK && i == 0)
            status = fit_network(run, &run->emulators[i]->info, error);
        if (status != STATUS_OK)
            return status;
        /* Once for all actors, whose own costs nothing then. */
        if (run->game.emulator != GAME_GYMNASIUM) /* which starts where it plays */
            emulator_reset(run->emulators[i]);
    }
    return STATUS_OK;
}

/* Segments a ring: all rings together hold queue_size transitions, or one segment each. */
static int slots_per_ring(const struct train_config *config) {
    const int64_t slots = config->queue_size / (config->processes * config->n_step);
    return slots > 1 ? (int)slots : 1;
}

/* Refuses a run that cannot fit before it takes anything. arena: bytes that the processes share.
 * Each environment fills a segment of its own besides. */
static enum status check_memory(const struct run *run, size_t arena, struct error *error) {
    const struct train_config *config = run->config;
    const size_t environments = (size_t)(config->processes * config->envs_per_process);
    return memory_check(arena + environments * run->layout.segment_bytes, "the run needs",
                        "use fewer --processes or --envs_per_process, shorter --n_step, or a "
                        "smaller --queue_size",
                        error);
}

static enum status lay_out_arena(struct run *run, size_t snapshot_capacity, struct error *error) {
    const int actors = (int)run->config->processes;
    const int slots = slots_per_ring(run->config);
    const size_t params = network_param_count(&run->network);
    run->snapshot_capacity = snapshot_capacity;
    const size_t snapshot = sizeof(struct snapshot) + run->snapshot_capacity;
    const size_t size = sizeof(struct control) + metrics_bytes(actors) +
                        weight_store_bytes(actors + PAGE_READERS, params) +
                        (size_t)actors * (ring_bytes(&run->layout, slots) + snapshot) +
                        (size_t)(2 * actors) * ARENA_ALIGNMENT + (size_t)8 * ARENA_ALIGNMENT;
    enum status created = check_memory(run, size, error);
    if (created == STATUS_OK)
        created = arena_create(&run->arena, size, error);
    if (created != STATUS_OK)
        return created;
    run->rings = calloc((size_t)actors, sizeof(struct ring *));
    run->snapshots = calloc((size_t)actors, sizeof(struct snapshot *));
    if (!run->rings || !run->snapshots)
        return error_set(error, STATUS_FAILED, "out of memory");
    run->control = arena_take(&run->arena, sizeof *run->control);
    run->metrics = metrics_init(arena_take(&run->arena, metrics_bytes(actors)), actors);
    run->doorbell = arena_take(&run->arena, sizeof *run->doorbell);
    run->weight_store = weight_store_init(
        arena_take(&run->arena, weight_store_bytes(actors + PAGE_READERS, params)),
        actors + PAGE_READERS, params);
    for (int i = 0; i < actors; i++) {
        run->rings[i] = ring_init(arena_take(&run->arena, ring_bytes(&run->layout, slots)),
                                  &run->layout, slots, run->doorbell);
        run->snapshots[i] = arena_take(&run->arena, snapshot);
    }
    /* No round's weights are older than those of the last but one. */
    run->control->rounds_open = run_in_rounds(run) ? ROUNDS_AHEAD : INT64_MAX;
    run->control->park_from = INT64_MAX;
    run->metrics->queue_capacity = slots * actors;
    run->metrics->start = clock_seconds();
    return STATUS_OK;
}

/* The run directory's name, as asked for or made from game, method and date: such a one is not the
 * last word, see run_directory_open. */
static enum status name_run_dir(struct run *run, struct error *error) {
    char *out = run->control->run_dir;
    if (run->config->run_dir[0]) {
        memcpy(out, run->config->run_dir, strlen(run->config->run_dir) + 1);
        return STATUS_OK;
    }
    char stamp[32];
    char game_name[GAME_ID_SIZE];
    char name[GAME_ID_SIZE + 64];
    clock_stamp(stamp, sizeof stamp);
    game_file_name(&run->game, game_name);
    snprintf(name, sizeof name, "%s-%s-%s", game_name, run->config->method.name, stamp);
    return path_join(out, "runs", name, error);
}

enum status run_open(struct run *run, const struct train_config *config, const struct option *table,
                     struct error *error) {
    *run = (struct run){.config = config, .table = table, .listener = -1};
    enum status status = find_method(run, error);
    if (status == STATUS_OK)
        status = check_stop_score(config, error);
    if (status == STATUS_OK)
        status = find_game(run, error);
    return status == STATUS_OK ? open_emulators(run, error) : status;
}

enum status run_share(struct run *run, size_t snapshot_capacity, struct error *error) {
    enum status status = lay_out_arena(run, snapshot_capacity, error);
    if (status == STATUS_OK)
        status = name_run_dir(run, error);
    if (status == STATUS_OK)
        status = run_find_checkpoint(run, error);
    return status;
}

void run_close(struct run *run) {
    for (int64_t i = 0; run->emulators && i < run->config->envs_per_process; i++)
        if (run->emulators[i])
            emulator_close(run->emulators[i]);
    free(run->emulators);
    free(run->rings);
    free(run->snapshots);
    arena_destroy(&run->arena);
}

void run_stop(struct run *run) {
    atomic_store(&run->control->stop, 1);
    for (int i = 0; i < run->metrics->actor_count; i++)
        ring_wake(run->rings[i]);
    doorbell_ring(run->doorbell);
}

void run_wind_down(struct run *run) {
    atomic_store(&run->control->wind_down, 1);
    doorbell_ring(run->doorbell);
}

void run_open_rounds(struct run *run, int64_t rounds) {
    struct control *control = run->control;
    atomic_store(&control->round_steps, atomic_load(&run->metrics->learner.steps));
    atomic_store(&control->rounds_open, rounds);
    futex_ring(&control->rounds_bell);
}

void run_fail(struct run *run, const struct error *error) {
    uint32_t nobody = 0;
    if (!atomic_compare_exchange_strong(&run->control->failed, &nobody, 1))
        return;
    run->control->failure = *error;
    atomic_store(&run->control->failed, 2);
}
