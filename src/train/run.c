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
    if (config->lockstep && !run_in_rounds(run))
        return error_set(error, STATUS_BAD_INPUT,
                         "--lockstep is for runs in rounds (ppo, pqn, --deterministic): leave it "
                         "out");
    return method_check(run->method, &config->method, config->batch_size, error);
}

/* The ranks that learn, and those that only play. */
static enum status check_learners(const struct run *run, struct error *error) {
    const int ranks = run_ranks(run);
    const int learners = run_learners(run);
    if (learners > ranks)
        return error_set(error, STATUS_BAD_INPUT,
                         "--learners=%d needs at least %d ranks, and this run has %d: start more "
                         "with mpirun -n",
                         learners, learners, ranks);
    if (run_in_rounds(run) && (ranks - learners) % learners != 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "in rounds (--deterministic, ppo, pqn) each of --learners=%d needs as "
                         "many ranks that only play: start a multiple of %d ranks, not %d",
                         learners, learners, ranks);
    return STATUS_OK;
}

/* Learners share batches equally. */
static enum status check_ranks(const struct run *run, struct error *error) {
    const struct train_config *config = run->config;
    const struct method *method = run->method;
    const int learners = run_learners(run);
    const int minibatch = method->minibatch ? method->minibatch(&config->method) : 0;
    const enum status status = check_learners(run, error);
    if (status != STATUS_OK)
        return status;
    if (config->batch_size % learners != 0 || minibatch % learners != 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "--%s_size=%lld cannot be shared equally by %d ranks: it must be a "
                         "multiple of that",
                         config->batch_size % learners != 0 ? "batch" : "minibatch",
                         config->batch_size % learners != 0 ? (long long)config->batch_size
                                                            : (long long)minibatch,
                         learners);
    return STATUS_OK;
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
    const bool is_continuous = info->action_size > 0;
    const struct observation_shape shape = observation_shape(observation, info);
    *spec = (struct network_spec){
        .heads = heads,
        .channels = shape.channels,
        .height = shape.height,
        .width = shape.width,
        .actions = is_continuous ? info->action_size : info->action_count,
        .gaussian = is_continuous,
    };
    if (heads == HEADS_POLICY_VALUE && parts_are_several(&info->parts)) {
        spec->parts = info->parts;
        spec->actions = parts_choices(&info->parts);
    }
    return network_options_apply(&config->network, info->vector_size > 0, config->game, spec,
                                 error);
}

/* Combinations of an action's parts that are numbered as single actions; many more would never be
 * tried. */
enum { MOST_COMBINATIONS = 64 };

static enum status check_parts(const struct run *run, const struct emulator_info *info,
                               struct error *error) {
    if (!parts_are_several(&info->parts) || info->action_count <= MOST_COMBINATIONS ||
        run->method->heads == HEADS_POLICY_VALUE)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "%.100s asks for %d choices at once, of %d combinations, and %s numbers at "
                     "most %d: use a3c or ppo, which make each choice by itself",
                     run->game.id, info->parts.count, info->action_count, run->method->name,
                     MOST_COMBINATIONS);
}

/* Makes network and segments fit what the game shows. */
static enum status fit_network(struct run *run, const struct emulator_info *info,
                               struct error *error) {
    const struct train_config *config = run->config;
    enum status status = STATUS_OK;
    if (config->given)
        status = train_refuse_idle(run_game_lacks(&run->game, info), config, run->table,
                                   config->given, error);
    if (status == STATUS_OK)
        status = environment_check(&run->environment, info, error);
    if (status == STATUS_OK)
        status = check_stop_flag_rate(config, info, error);
    if (status == STATUS_OK && !run->method->takes_continuous)
        status = emulator_check_numbered(
            info, run->method->name,
            "use ppo, or number them with --env_wrappers='DiscretizeAction{\"bins\": 3}'", error);
    if (status == STATUS_OK)
        status = check_parts(run, info, error);
    if (status != STATUS_OK)
        return status;
    struct emulator_info played = *info;
    if (run_joins_parts(run, info))
        played.parts = (struct action_parts){0};
    run->environment.observation = observation_of(run->environment.observation, info);
    const struct observation_shape shape = observation_shape(run->environment.observation, info);
    status = train_network(run->config, run->method->heads, run->environment.observation, &played,
                           &run->network, error);
    const struct step_sizes sizes = {
        .observation = shape.bytes,
        .news = shape.step_bytes,
        .action = (size_t)info->action_size * sizeof(float),
        .state = network_state_size(&run->network) * sizeof(float),
    };
    step_layout_make(&run->layout, run->method->fields(&run->config->method),
                     (int)run->config->n_step, &sizes);
    return status;
}

static enum status open_emulator(struct run *run, int index, struct error *error) {
    struct emulator **emulator = &run->emulators[index];
    if (index > 0 && emulator_can_copy(run->emulators[index - 1]))
        return emulator_copy(run->emulators[index - 1], emulator, error);
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
        /* Once, before the fork: then it costs the actors nothing. */
        if (run->game.emulator != GAME_GYMNASIUM) /* its process starts in each actor */
            emulator_reset(run->emulators[i]);
    }
    return STATUS_OK;
}

/* The places in which an actor's segments wait on their way to the learner of another rank: the
 * actor's ring, a sender's message, and a ring of that learner. */
enum { REMOTE_STAGES = 3 };

/* Segments that wait for the learner: those of all actors together hold queue_size transitions, or
 * one segment each. */
static int segments_per_actor(const struct run *run) {
    const struct train_config *config = run->config;
    const int64_t actors = run_ranks(run) * config->processes;
    const int64_t stages = run_learns(run) ? 1 : REMOTE_STAGES;
    const int64_t slots = config->queue_size / (actors * config->n_step * stages);
    return slots > 1 ? (int)slots : 1;
}

/* The rings of a learner: its actors', and one for each rank that sends it segments. */
static int ring_count_of(const struct run *run) {
    return (int)run->config->processes + run_remote_ranks(run);
}

/* Refuses a run that cannot fit into memory, before it allocates. shared: bytes that the processes
 * share. Each environment also fills a segment of its own. */
static enum status check_memory(const struct run *run, size_t shared, struct error *error) {
    const struct train_config *config = run->config;
    const size_t environments = (size_t)(config->processes * config->envs_per_process);
    return memory_check(shared + environments * run->layout.segment_bytes, "the run needs",
                        "use fewer --processes or --envs_per_process, shorter --n_step, or a "
                        "smaller --queue_size",
                        error);
}

static size_t arena_bytes(const struct run *run) {
    return sizeof(struct control) + metrics_bytes((int)run->config->processes) +
           (size_t)2 * ARENA_ALIGNMENT;
}

static enum status lay_out_arena(struct run *run, struct error *error) {
    const int actors = (int)run->config->processes;
    const enum status created = arena_create(&run->arena, arena_bytes(run), error);
    if (created != STATUS_OK)
        return created;
    run->control = arena_take(&run->arena, sizeof *run->control);
    run->control->eval_training = STANDING_OF_NO_GAMES;
    run->control->eval_training_before = STANDING_OF_NO_GAMES;
    run->metrics = metrics_init(arena_take(&run->arena, metrics_bytes(actors)), actors);
    run->metrics->queue_capacity = segments_per_actor(run) * ring_count_of(run);
    run->metrics->start = clock_seconds();
    return STATUS_OK;
}

static enum status open_transport(struct run *run, size_t snapshot_capacity, struct error *error) {
    const struct transport_plan plan = {
        .actors = ring_count_of(run),
        .readers = PAGE_READERS,
        .layout = &run->layout,
        .segments = segments_per_actor(run),
        .param_count = network_param_count(&run->network),
        .snapshot_capacity = snapshot_capacity,
    };
    const struct transport_kind *kind = &transport_shared_memory;
    enum status status = check_memory(run, kind->bytes(&plan) + arena_bytes(run), error);
    if (status == STATUS_OK)
        status = transport_open(kind, &plan, &run->transport, error);
    if (status != STATUS_OK)
        return status;
    /* The weights of a round are at most two rounds old. */
    transport_set(run->transport, WORD_ROUNDS_OPEN,
                  run_in_rounds(run) ? run_rounds_ahead(run) : INT64_MAX);
    transport_set(run->transport, WORD_PARK_FROM, INT64_MAX);
    return STATUS_OK;
}

/* The run directory's name: the given one, or one made from game, method and date, which
 * run_directory_open may still change. */
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
    *run =
        (struct run){.place = train_rank_place(), .config = config, .table = table, .listener = -1};
    run->place.learners = config->learners > 0 ? (int)config->learners : run->place.count;
    enum status status = find_method(run, error);
    if (status == STATUS_OK)
        status = check_ranks(run, error);
    if (status == STATUS_OK)
        status = check_stop_score(config, error);
    if (status == STATUS_OK)
        status = find_game(run, error);
    return status == STATUS_OK ? open_emulators(run, error) : status;
}

enum status run_share(struct run *run, size_t snapshot_capacity, struct error *error) {
    enum status status = open_transport(run, snapshot_capacity, error);
    if (status == STATUS_OK)
        status = lay_out_arena(run, error);
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
    transport_close(run->transport);
    arena_destroy(&run->arena);
}

void run_stop(struct run *run) {
    transport_set(run->transport, WORD_STOP, 1);
    transport_wake(run->transport);
}

void run_wind_down(struct run *run) {
    transport_set(run->transport, WORD_WIND_DOWN, 1);
    transport_ring(run->transport);
}

bool run_all_begun(const struct run *run, int64_t round) {
    for (int i = 0; i < run->metrics->actor_count; i++)
        if (transport_get(run->transport, word_of_actor(i, ACTOR_BEGUN)) < round)
            return false;
    return true;
}

void run_open_rounds(struct run *run, int64_t rounds) {
    transport_set(run->transport, WORD_ROUND_STEPS, transport_get(run->transport, WORD_STEPS));
    transport_set(run->transport, WORD_ROUNDS_OPEN, rounds);
}

void run_fail(struct run *run, const struct error *error) {
    uint32_t nobody = 0;
    if (!atomic_compare_exchange_strong(&run->control->failed, &nobody, 1))
        return;
    run->control->failure = *error;
    atomic_store(&run->control->failed, 2);
}
