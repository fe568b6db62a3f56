#include "algorithm/algorithm.h"
#include "train/run.h"

#include <stdlib.h>
#include <string.h>

/*
 * An actor plays in rounds of n_step steps. Within a round all its environments act on the same
 * weights; at the round's end each one's segment is closed and pushed. An episode that ends within
 * a round closes its segment early, and the next episode's begins.
 */

/* One environment of an actor and the segment being filled from it. */
struct seat {
    struct environment *environment;
    struct segment *segment;
    struct rng rng;    /* draws actions from the policy */
    uint64_t sequence; /* segments begun */
    double score;      /* of the episode so far */
    int64_t steps;     /* of the episode so far */
};

struct actor {
    struct run *run;
    int index;
    struct actor_metrics *metrics;
    struct network *network;
    struct seat *seats; /* (seat_count) */
    int seat_count;
    uint8_t *observations; /* (seat_count, observation bytes): what each environment shows now */
    float *policy;         /* (actions), scratch */
    const float *weights;  /* on the board */
    uint64_t version;
    struct network_outputs outputs; /* answers to observations, while outputs_fresh */
    bool outputs_fresh;
};

static uint8_t *observation_of(const struct actor *actor, int seat) {
    return actor->observations + (size_t)seat * actor->run->shape.observation_bytes;
}

static void beat(struct actor *actor) {
    atomic_store_explicit(&actor->metrics->heartbeat, clock_seconds(), memory_order_relaxed);
}

static void start_episode(struct actor *actor, int index) {
    struct seat *seat = &actor->seats[index];
    environment_reset(seat->environment);
    environment_observe(seat->environment, observation_of(actor, index));
    seat->score = 0;
    seat->steps = 0;
}

static void start_segment(struct actor *actor, int index) {
    struct seat *seat = &actor->seats[index];
    seat->segment->actor = actor->index;
    seat->segment->environment = index;
    seat->segment->sequence = seat->sequence++;
    seat->segment->weights_version = actor->version;
    seat->segment->length = 0;
}

/* Gives the segment to the learner, waiting while the ring is full; false when the run stops
 * meanwhile. */
static bool push_segment(struct actor *actor, struct segment *segment) {
    struct ring *ring = actor->run->rings[actor->index];
    while (!ring_push(ring, segment, 0.5)) {
        beat(actor);
        if (run_stops(actor->run))
            return false;
    }
    return true;
}

/* Computes the segment's returns from bootstrap, hands it over and starts the next. */
static bool finish_segment(struct actor *actor, int index, enum segment_end end, float bootstrap) {
    const struct segment_shape *shape = &actor->run->shape;
    struct segment *segment = actor->seats[index].segment;
    segment->end = end;
    segment->bootstrap = bootstrap;
    n_step_returns(segment_returns(segment, shape), segment_rewards(segment, shape), bootstrap,
                   (float)actor->run->config->gamma, segment->length);
    const bool pushed = push_segment(actor, segment);
    start_segment(actor, index);
    return pushed;
}

static void log_episode(struct actor *actor, int index) {
    const struct seat *seat = &actor->seats[index];
    const struct metrics *metrics = actor->run->metrics;
    const struct episode_record record = {
        .seconds = clock_seconds() - metrics->start,
        .frames = atomic_load_explicit(&metrics->learner.frames, memory_order_relaxed),
        .actor = actor->index,
        .environment = index,
        .score = seat->score,
        .length = seat->steps,
        .epsilon = -1,
    };
    episode_log_push(&actor->metrics->episodes, &record);
}

static void forward(struct actor *actor) {
    actor->outputs =
        network_forward(actor->network, actor->weights, actor->observations, actor->seat_count);
    actor->outputs_fresh = true;
}

/* Writes the step's observation, action and what the network answered into the seat's segment. */
static void choose_action(struct actor *actor, int index) {
    const struct segment_shape *shape = &actor->run->shape;
    struct seat *seat = &actor->seats[index];
    struct segment *segment = seat->segment;
    const int step = segment->length;
    const float *logits = actor->outputs.action + (ptrdiff_t)index * shape->actions;
    softmax(actor->policy, logits, shape->actions);
    segment_actions(segment, shape)[step] =
        sample_categorical(actor->policy, shape->actions, &seat->rng);
    segment_values(segment, shape)[step] = actor->outputs.value[index];
    memcpy(segment_outputs(segment, shape) + (ptrdiff_t)step * shape->actions, logits,
           (size_t)shape->actions * sizeof *logits);
    memcpy(segment_observation(segment, shape, step), observation_of(actor, index),
           shape->observation_bytes);
}

/* Closes the episode that just ended in a seat; false when the run stops. */
static bool finish_episode(struct actor *actor, int index, bool terminated) {
    float bootstrap = 0;
    if (!terminated) /* truncated: the game would have gone on, so its worth counts */
        bootstrap = network_forward(actor->network, actor->weights, observation_of(actor, index), 1)
                        .value[0];
    log_episode(actor, index);
    const bool goes_on = finish_segment(
        actor, index, terminated ? SEGMENT_TERMINATED : SEGMENT_TRUNCATED, bootstrap);
    start_episode(actor, index);
    return goes_on;
}

static bool play_step(struct actor *actor, int index) {
    const struct segment_shape *shape = &actor->run->shape;
    struct seat *seat = &actor->seats[index];
    struct segment *segment = seat->segment;
    const int step = segment->length;
    const struct environment_step played =
        environment_act(seat->environment, segment_actions(segment, shape)[step]);
    environment_observe(seat->environment, observation_of(actor, index));
    memcpy(segment_observation(segment, shape, step + 1), observation_of(actor, index),
           shape->observation_bytes);
    segment_rewards(segment, shape)[step] = played.reward;
    segment->length = step + 1;
    seat->score += played.raw_reward;
    seat->steps++;
    atomic_fetch_add_explicit(&actor->metrics->emulator_frames, played.emulator_frames,
                              memory_order_relaxed);
    if (played.terminated || played.truncated)
        return finish_episode(actor, index, played.terminated);
    return true;
}

/* Every seat plays one step on one batched forward; false when the run stops. */
static bool play_all(struct actor *actor) {
    beat(actor);
    if (!actor->outputs_fresh)
        forward(actor);
    for (int i = 0; i < actor->seat_count; i++)
        choose_action(actor, i);
    actor->outputs_fresh = false;
    for (int i = 0; i < actor->seat_count; i++)
        if (!play_step(actor, i))
            return false;
    return true;
}

/* Takes the newest weights when they moved. */
static void refresh_weights(struct actor *actor) {
    if (board_version(actor->run->board) == actor->version)
        return;
    actor->weights = board_acquire(actor->run->board, actor->index, &actor->version);
    atomic_store_explicit(&actor->metrics->weights_version, actor->version, memory_order_relaxed);
    actor->outputs_fresh = false;
}

static bool play_round(struct actor *actor) {
    refresh_weights(actor);
    for (int i = 0; i < actor->seat_count; i++)
        actor->seats[i].segment->weights_version = actor->version;
    for (int step = 0; step < actor->run->shape.max_steps; step++)
        if (!play_all(actor))
            return false;
    forward(actor);
    for (int i = 0; i < actor->seat_count; i++)
        if (actor->seats[i].segment->length > 0 &&
            !finish_segment(actor, i, SEGMENT_GOES_ON, actor->outputs.value[i]))
            return false;
    return true;
}

static enum status open_seat(struct actor *actor, int index, int generation, struct error *error) {
    struct run *run = actor->run;
    struct seat *seat = &actor->seats[index];
    /* The inherited emulator belongs to the environment from here on. */
    struct emulator *emulator = run->emulators[index];
    run->emulators[index] = NULL;
    const enum status status =
        environment_create(emulator, &run->environment, &seat->environment, error);
    if (status != STATUS_OK)
        return status;
    seat->segment = calloc(1, segment_bytes(&run->shape));
    if (!seat->segment)
        return error_set(error, STATUS_FAILED, "out of memory");
    /* A replacement must not play its predecessor's games again. */
    const int64_t seats = run->config->processes * run->config->envs_per_process;
    const uint64_t stream =
        (uint64_t)(actor->index * run->config->envs_per_process + index + generation * seats);
    const uint64_t seed = (uint64_t)run->config->seed;
    environment_seed(seat->environment, seed, stream);
    rng_seed(&seat->rng, seed, ~stream);
    start_segment(actor, index);
    start_episode(actor, index);
    return STATUS_OK;
}

static enum status open_actor(struct actor *actor, int generation, struct error *error) {
    struct run *run = actor->run;
    const size_t seats = (size_t)run->config->envs_per_process;
    actor->seat_count = (int)seats;
    actor->metrics = &run->metrics->actors[actor->index];
    actor->seats = calloc(seats, sizeof *actor->seats);
    actor->observations = calloc(seats, run->shape.observation_bytes);
    actor->policy = calloc((size_t)run->shape.actions, sizeof *actor->policy);
    if (!actor->seats || !actor->observations || !actor->policy)
        return error_set(error, STATUS_FAILED, "out of memory");
    beat(actor);
    enum status status = network_create(&run->network, network_backend_default(), actor->seat_count,
                                        1, &actor->network, error);
    for (int i = 0; i < actor->seat_count && status == STATUS_OK; i++)
        status = open_seat(actor, i, generation, error);
    return status;
}

/* Waits for the learner's first weights; false when the run stops before. */
static bool wait_for_weights(struct actor *actor) {
    while (board_version(actor->run->board) == 0) {
        if (run_stops(actor->run))
            return false;
        beat(actor);
        futex_wait(&actor->run->control->learner_ready, 0, 0.5);
    }
    return true;
}

static void close_actor(struct actor *actor) {
    network_destroy(actor->network);
    for (int i = 0; actor->seats && i < actor->seat_count; i++) {
        environment_destroy(actor->seats[i].environment);
        free(actor->seats[i].segment);
    }
    free(actor->seats);
    free(actor->observations);
    free(actor->policy);
}

int actor_main(struct run *run, int index, int generation) {
    struct actor actor = {.run = run, .index = index};
    struct error error;
    const enum status opened = open_actor(&actor, generation, &error);
    if (opened != STATUS_OK)
        run_fail(run, &error);
    else if (wait_for_weights(&actor))
        while (!run_stops(run) && play_round(&actor))
            ;
    close_actor(&actor);
    return opened == STATUS_OK ? 0 : 1;
}
