#include "train/actor/slot.h"

#include <stdlib.h>
#include <string.h>

/* A dead reporter is replaced sooner than this. */
static const double LOG_PATIENCE_SECONDS = 60;
static const double LAST_LOG_PATIENCE_SECONDS = 5;

static void log_episode(struct actor *actor, int index, int flag) {
    const struct slot *slot = &actor->slots[index];
    if (!run_is_first(actor->run)) /* no reporter reads the log */
        return;
    const struct episode_record record = {
        .seconds = clock_seconds() - actor->run->metrics->start,
        .steps = transport_get(actor->run->transport, WORD_STEPS),
        .actor = actor->index,
        .environment = index,
        .score = slot->score,
        .length = slot->steps,
        .epsilon = actor->epsilon,
        .flag = flag,
    };
    struct episode_log *log = &actor->metrics->episodes;
    const double start = clock_seconds();
    while (!episode_log_push(log, &record)) {
        /* A full disk, or a reporter that died as well, must not hold up the training. */
        const double patience =
            run_stops(actor->run) ? LAST_LOG_PATIENCE_SECONDS : LOG_PATIENCE_SECONDS;
        if (atomic_load(&log->stuck) || clock_seconds() > start + patience) {
            atomic_fetch_add(&log->lost, 1);
            return;
        }
        actor_beat(actor);
        clock_sleep(0.002);
    }
}

/* Scores are those of whole games: they go on when an episode ends with a life. */
static void finish_game(struct actor *actor, int index, int flag) {
    log_episode(actor, index, flag);
    actor->slots[index].score = 0;
    actor->slots[index].steps = 0;
}

static void start_episode(struct actor *actor, int index) {
    struct slot *slot = &actor->slots[index];
    stage_enter(&actor->timer, STAGE_ENVIRONMENT);
    const double reward = environment_reset(slot->environment);
    /* A game that goes on after a life may end in the frames before the agent's next step. */
    if (slot->steps > 0 && environment_is_new_game(slot->environment))
        finish_game(actor, index, FLAG_UNTOLD);
    slot->score += reward;
    environment_observe(slot->environment, actor_observation(actor, index));
    stage_enter(&actor->timer, STAGE_OTHER);
    memset(actor_state(actor, index), 0, actor_state_size(actor) * sizeof(float));
    slot->next_action = NO_ACTION;
}

void slot_start_segment(struct actor *actor, int index) {
    struct slot *slot = &actor->slots[index];
    slot->segment->actor = actor->index;
    slot->segment->environment = index;
    slot->segment->sequence = slot->sequence++;
    slot->segment->length = 0;
}

/* Gives the segment to the learner, waiting while the ring is full; false when the run stops
 * meanwhile. */
static bool push_segment(struct actor *actor, struct segment *segment) {
    while (!transport_push(actor->run->transport, actor->index, segment, 0.5)) {
        actor_beat(actor);
        if (run_stops(actor->run))
            return false;
    }
    return true;
}

bool slot_hand_over(struct actor *actor, int index) {
    const bool pushed = push_segment(actor, actor->slots[index].segment);
    slot_start_segment(actor, index);
    return pushed;
}

struct network_outputs actor_ask_network(struct actor *actor, int first, int count,
                                         bool remembers) {
    float *next_states = actor->next_states + (size_t)first * actor_state_size(actor);
    const struct network_sequences steps = {.steps = 1,
                                            .state = actor_state(actor, first),
                                            .state_out = remembers ? next_states : NULL};
    stage_enter(&actor->timer, STAGE_FORWARD);
    const struct network_outputs outputs = network_forward_sequences(
        actor->network, actor->weights, actor_observation(actor, first), count, &steps);
    stage_enter(&actor->timer, STAGE_OTHER);
    return outputs;
}

/* ---- Choosing and closing -------------------------------------------------------------------- */

/* Tells the method about a slot's next step, or its segment's end. outputs: the network's outputs;
 * row is that of the slot. NULL after the end of a game. */
static struct acting acting_of(const struct actor *actor, int index,
                               const struct network_outputs *outputs, int row) {
    const struct run *run = actor->run;
    const ptrdiff_t width = network_action_outputs(&run->network);
    struct slot *slot = &actor->slots[index];
    return (struct acting){
        .config = &run->config->method,
        .layout = &run->layout,
        .segment = slot->segment,
        .step = slot->segment->length,
        .actions = run->network.actions,
        .policy = distribution_of(run->network.gaussian, &run->network.parts),
        .parts = &run->network.parts,
        .output = outputs ? outputs->action + row * width : NULL,
        .value = outputs && outputs->value ? outputs->value[row] : 0,
        .epsilon = actor->epsilon,
        .rng = &slot->rng,
        .scratch = actor->scratch,
    };
}

/* Writes the slot's present observation into a step. */
static void write_observation(const struct actor *actor, int index, int step) {
    const struct step_layout *layout = &actor->run->layout;
    memcpy(segment_at(actor->slots[index].segment, layout, STEP_OBSERVATION, step),
           actor_observation(actor, index), layout->observation_bytes);
}

/* Writes the network's state before that observation into the step. */
static void write_state(const struct actor *actor, int index, int step) {
    const struct step_layout *layout = &actor->run->layout;
    struct segment *segment = actor->slots[index].segment;
    if (layout->state_field > 0)
        memcpy(segment_at(segment, layout, layout->state_field, step), actor_state(actor, index),
               layout->fields[layout->state_field].bytes);
    if (layout->state_field > 0 && step < layout->max_steps)
        *(uint8_t *)segment_at(segment, layout, layout->start_field, step) = step == 0;
}

void slot_close_segment(struct actor *actor, int index, enum segment_end end,
                        const struct network_outputs *outputs, int row) {
    const struct step_layout *layout = &actor->run->layout;
    struct slot *slot = &actor->slots[index];
    const struct acting acting = acting_of(actor, index, outputs, row);
    slot->segment->end = end;
    if (layout->fields[STEP_OBSERVATION].has_next)
        write_observation(actor, index, slot->segment->length);
    write_state(actor, index, slot->segment->length);
    slot->next_action = actor->run->method->close(&acting);
}

/* Closes the episode that just ended in a slot with the step played; false when the run stops. */
static bool finish_episode(struct actor *actor, int index, const struct environment_step *played) {
    struct network_outputs last = {0};
    /* A limit cut the episode: the game would have gone on, so its next state has a value. */
    if (!played->terminated)
        last = actor_ask_network(actor, index, 1, false);
    if (played->game_ended)
        finish_game(actor, index, played->flag);
    slot_close_segment(actor, index, played->terminated ? SEGMENT_TERMINATED : SEGMENT_TRUNCATED,
                       played->terminated ? NULL : &last, 0);
    const bool goes_on = slot_hand_over(actor, index);
    start_episode(actor, index);
    return goes_on;
}

static void begin_play(const struct actor *actor, struct environment *environment,
                       const void *action) {
    if (actor->run->network.gaussian)
        environment_begin(environment, 0, action);
    else
        environment_begin(environment, *(const int32_t *)action, NULL);
}

static struct environment_step play(const struct actor *actor, struct environment *environment,
                                    const void *action) {
    return actor->run->network.gaussian ? environment_steer(environment, action)
                                        : environment_act(environment, *(const int32_t *)action);
}

void slot_begin_step(struct actor *actor, int index) {
    struct slot *slot = &actor->slots[index];
    const struct acting acting = acting_of(actor, index, &actor->outputs, index);
    if (acting.step == 0)
        slot->segment->weights_version = actor->version;
    if (slot->next_action == NO_ACTION)
        actor->run->method->act(&acting);
    else
        *(int32_t *)acting_action(&acting) = slot->next_action;
    slot->next_action = NO_ACTION;
    write_observation(actor, index, acting.step);
    write_state(actor, index, acting.step);
    begin_play(actor, slot->environment, acting_action(&acting));
}

/* ---- Playing --------------------------------------------------------------------------------- */

bool slot_play_step(struct actor *actor, int index) {
    const struct step_layout *layout = &actor->run->layout;
    struct slot *slot = &actor->slots[index];
    struct segment *segment = slot->segment;
    const void *action = segment_at(segment, layout, STEP_ACTION, segment->length);
    float *reward = segment_at(segment, layout, STEP_REWARD, segment->length);
    stage_enter(&actor->timer, STAGE_ENVIRONMENT);
    const struct environment_step played = play(actor, slot->environment, action);
    environment_observe(slot->environment, actor_observation(actor, index));
    stage_enter(&actor->timer, STAGE_OTHER);
    if (played.failed) {
        actor->failure = environment_failure(slot->environment);
        return false;
    }
    *reward = played.reward;
    segment->length++;
    slot->score += played.raw_reward;
    slot->steps++;
    atomic_fetch_add_explicit(&actor->metrics->emulator_frames, played.emulator_frames,
                              memory_order_relaxed);
    if (played.terminated || played.truncated)
        return finish_episode(actor, index, &played);
    return true;
}

/* ---- Opening --------------------------------------------------------------------------------- */

void slot_start_games(struct actor *actor, int index, int64_t life) {
    const struct train_config *config = actor->run->config;
    struct slot *slot = &actor->slots[index];
    const int64_t slots = run_ranks(actor->run) * config->processes * config->envs_per_process;
    const int64_t number = run_actor_number(actor->run, actor->index);
    const uint64_t stream = (uint64_t)(number * config->envs_per_process + index + life * slots);
    const uint64_t seed = (uint64_t)config->seed;
    environment_seed(slot->environment, seed, stream);
    rng_seed(&slot->rng, seed, ~stream);
    slot->score = 0;
    slot->steps = 0;
    start_episode(actor, index);
}

static void beat(void *actor) {
    actor_beat(actor);
}

enum status slot_open(struct actor *actor, int index, int generation, struct error *error) {
    struct run *run = actor->run;
    struct slot *slot = &actor->slots[index];
    /* The inherited emulator belongs to the environment from here on. */
    struct emulator *emulator = run->emulators[index];
    run->emulators[index] = NULL;
    emulator_watch(emulator, beat, actor);
    const enum status status =
        environment_create(emulator, &run->environment, &slot->environment, error);
    if (status != STATUS_OK)
        return status;
    slot->segment = calloc(1, run->layout.segment_bytes);
    if (!slot->segment)
        return error_set(error, STATUS_FAILED, "out of memory");
    slot_start_games(actor, index,
                     generation > 0 ? generation + transport_get(run->transport, WORD_STEPS) : 0);
    atomic_fetch_add(&run->control->started_environments, 1);
    slot_start_segment(actor, index);
    return STATUS_OK;
}

void slot_close(struct slot *slot) {
    environment_destroy(slot->environment);
    free(slot->segment);
}
