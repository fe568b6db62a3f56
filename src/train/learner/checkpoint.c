#include "train/learner/checkpoint.h"
#include "store/store.h"
#include "train/learner/checkpoint_layout.h"
#include "train/learner/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIXED_PARTS = 15 + OPTIMIZER_MAX_SLOTS + STEP_MAX_FIELDS };

void checkpoint_describe_run(const struct run *run, const char *observation,
                             char out[CHECKPOINT_IDENTITY_SIZE]) {
    const struct train_config *config = run->config;
    char network[NETWORK_NAME_SIZE];
    network_name(&run->network, network);
    memset(out, 0, CHECKPOINT_IDENTITY_SIZE);
    snprintf(out, CHECKPOINT_IDENTITY_SIZE,
             "%s on %s, observation %s, network %s, %lld processes of %lld environments, n_step "
             "%lld, batch_size %lld, seed %lld%s",
             config->method.name, run->game.id, observation, network, (long long)config->processes,
             (long long)config->envs_per_process, (long long)config->n_step,
             (long long)config->batch_size, (long long)config->seed,
             config->deterministic ? ", deterministic" : "");
}

struct parts {
    struct checkpoint_part *list;
    int count;
};

static void add_part(struct parts *parts, const char *group, const char *name,
                     enum checkpoint_type type, const void *data, size_t count) {
    struct checkpoint_part *part = &parts->list[parts->count++];
    *part = (struct checkpoint_part){.type = type, .data = data, .count = count};
    snprintf(part->name, sizeof part->name, "%s/%s", group, name);
}

/* The state that is equal on all ranks. */
static void add_learner(struct parts *parts, const struct learner *learner) {
    const size_t params = learner->trainer.param_count;
    add_part(parts, "learner", "params", CHECKPOINT_FLOATS, learner->trainer.params, params);
    struct optimizer_slot slots[OPTIMIZER_MAX_SLOTS];
    const int slot_count = optimizer_slots(&learner->trainer.optimizer, slots);
    for (int i = 0; i < slot_count; i++)
        add_part(parts, "learner", slots[i].name, CHECKPOINT_FLOATS, slots[i].values, params);
    add_part(parts, "learner", "optimizer_steps", CHECKPOINT_INTS,
             &learner->trainer.optimizer.steps, 1);
    add_part(parts, "learner", "trainer", CHECKPOINT_BYTES, &learner->trainer.kept,
             sizeof learner->trainer.kept);
    add_part(parts, "learner", "best_score", CHECKPOINT_REALS, &learner->offers.best.score, 1);
    add_part(parts, "learner", "best_flag_rate", CHECKPOINT_REALS, &learner->offers.best.flag_rate,
             1);
    add_part(parts, "board", "params", CHECKPOINT_FLOATS,
             transport_published(learner->run->transport), params);
    if (learner->frozen)
        add_part(parts, "learner", "frozen", CHECKPOINT_FLOATS, learner->frozen, params);
}

static void add_shares(struct parts *parts, const struct learner *learner) {
    for (int i = 1; learner->shares && i < run_learners(learner->run); i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        add_part(parts, "ranks", name, CHECKPOINT_BYTES, learner->shares[i].bytes,
                 learner->shares[i].size);
    }
}

static void add_actors(struct parts *parts, const struct run *run) {
    for (int i = 0; i < run->metrics->actor_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        const struct snapshot *snapshot = transport_snapshot(run->transport, i);
        add_part(parts, "actors", name, CHECKPOINT_BYTES, snapshot->bytes, snapshot->size);
    }
}

static void read_counters(const struct learner *learner, int64_t counters[COUNTER_COUNT]) {
    const struct transport *transport = learner->run->transport;
    counters[COUNTER_STEPS] = learner->steps;
    counters[COUNTER_SAVED_STEPS] = learner->saved_steps;
    counters[COUNTER_TAKEN] = learner->reader.taken;
    counters[COUNTER_NEXT_STEP] = learner->reader.next_step;
    counters[COUNTER_RING] = learner->reader.ring;
    counters[COUNTER_BATCH] = learner->batch.count;
    counters[COUNTER_WEIGHTS_VERSION] = (int64_t)transport_version(transport);
    counters[COUNTER_ROUNDS_OPEN] = transport_get(transport, WORD_ROUNDS_OPEN);
    counters[COUNTER_ROUND_STEPS] = transport_get(transport, WORD_ROUND_STEPS);
}

/* The numbers of add_own_state, for as long as the parts. */
struct own_state {
    char identity[CHECKPOINT_IDENTITY_SIZE];
    int64_t counters[COUNTER_COUNT];
};

/* The state that each rank has of its own. */
static void add_own_state(struct parts *parts, const struct learner *learner,
                          struct own_state *state) {
    const struct run *run = learner->run;
    const struct batch *batch = &learner->batch;
    size_t backlog_size;
    const uint8_t *backlog = backlog_bytes(&learner->reader.backlog, &backlog_size);
    checkpoint_describe_run(run, observation_name(run->environment.observation), state->identity);
    read_counters(learner, state->counters);
    add_part(parts, "run", "identity", CHECKPOINT_BYTES, state->identity, sizeof state->identity);
    add_part(parts, "learner", "counters", CHECKPOINT_INTS, state->counters, COUNTER_COUNT);
    add_part(parts, "learner", "turn", CHECKPOINT_INTS, &learner->reader.turn, 1);
    add_part(parts, "learner", "backlog", CHECKPOINT_BYTES, backlog, backlog_size);
    for (int i = 0; i < batch->layout->field_count; i++) {
        const struct step_field *field = &batch->layout->fields[i];
        if (batch_keeps(batch, i))
            add_part(parts, "batch", field->name, CHECKPOINT_BYTES, batch->arrays[i],
                     (size_t)batch_elements(batch, i) * field->bytes);
    }
    add_actors(parts, run);
}

/* emulator_frames, rows: (actors). */
static void read_metrics(const struct metrics *metrics, int64_t *emulator_frames, int64_t *rows) {
    for (int i = 0; i < metrics->actor_count; i++) {
        emulator_frames[i] = atomic_load(&metrics->actors[i].emulator_frames);
        rows[i] = episode_log_rows(&metrics->actors[i].episodes);
    }
}

static enum status check_snapshots(const struct run *run, struct error *error) {
    for (int i = 0; i < run->metrics->actor_count; i++) {
        const char *refusal = transport_snapshot(run->transport, i)->refusal;
        if (refusal[0])
            return error_set(error, STATUS_FAILED,
                             "cannot take a checkpoint: the games of actor %d cannot be saved (%s)",
                             i, refusal);
    }
    return STATUS_OK;
}

enum status learner_make_share(const struct learner *learner, struct share *share,
                               struct error *error) {
    const struct run *run = learner->run;
    struct own_state state;
    if (check_snapshots(run, error) != STATUS_OK)
        return STATUS_FAILED;
    struct parts parts = {
        .list = calloc(FIXED_PARTS + (size_t)run->metrics->actor_count, sizeof *parts.list)};
    if (!parts.list)
        return error_set(error, STATUS_FAILED, "out of memory");
    add_own_state(&parts, learner, &state);
    const enum status status =
        checkpoint_pack(parts.list, parts.count, &share->bytes, &share->size, error);
    free(parts.list);
    return status;
}

enum status learner_save(const struct learner *learner, struct error *error) {
    const struct run *run = learner->run;
    const size_t actors = (size_t)run->metrics->actor_count;
    const int64_t ranks = run_ranks(run);
    if (check_snapshots(run, error) != STATUS_OK)
        return STATUS_FAILED;
    struct parts parts = {.list = calloc(FIXED_PARTS + actors + (size_t)ranks, sizeof *parts.list)};
    int64_t *per_actor = calloc(2 * actors, sizeof *per_actor);
    enum status status = STATUS_OK;
    if (!parts.list || !per_actor) {
        status = error_set(error, STATUS_FAILED, "out of memory");
    } else {
        struct own_state state;
        const double seconds = clock_seconds() - run->metrics->start;
        const double share = learner_newest_share(learner);
        read_metrics(run->metrics, per_actor, per_actor + actors);
        add_part(&parts, "run", "seconds", CHECKPOINT_REALS, &seconds, 1);
        add_part(&parts, "run", "ranks", CHECKPOINT_INTS, &ranks, 1);
        add_part(&parts, "run", "emulator_frames_and_rows", CHECKPOINT_INTS, per_actor, 2 * actors);
        add_learner(&parts, learner);
        add_part(&parts, "learner", "lr_share", CHECKPOINT_REALS, &share, 1);
        add_own_state(&parts, learner, &state);
        add_shares(&parts, learner);
        status = checkpoint_save(run->control->run_dir, parts.list, parts.count, error);
    }
    free(per_actor);
    free(parts.list);
    return status;
}
