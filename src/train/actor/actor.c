#include "train/actor/slot.h"
#include "train/actor/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * An actor plays in rounds of n_step steps, or a few times that in some deterministic runs. Within
 * a round all its environments act on the same weights; after n_step steps each one's segment is
 * closed and pushed. An episode that ends earlier closes its segment early, and the next episode's
 * segment begins.
 *
 * In a run in rounds the learner opens another round, with newer weights, only when all actors
 * have taken those of the one before (await_next_round in learner.c). So which weights are the
 * newest when an actor looks does not depend on timing. Actors take them before they push the last
 * segments of a round, so that the learner seldom waits.
 */

static void forward(struct actor *actor) {
    actor->outputs = actor_ask_network(actor, 0, actor->slot_count, true);
    actor->outputs_fresh = true;
}

/* Every slot plays one step on one batched forward; false when the run stops. */
static bool play_all(struct actor *actor) {
    actor_beat(actor);
    if (!actor->outputs_fresh)
        forward(actor);
    for (int i = 0; i < actor->slot_count; i++)
        slot_begin_step(actor, i);
    actor->outputs_fresh = false;
    memcpy(actor->states, actor->next_states,
           (size_t)actor->slot_count * actor_state_size(actor) * sizeof(float));
    for (int i = 0; i < actor->slot_count; i++)
        if (!slot_play_step(actor, i))
            return false;
    return true;
}

/* Takes the newest weights if they have changed. */
static void refresh_weights(struct actor *actor) {
    if (transport_version(actor->run->transport) == actor->version)
        return;
    actor->weights = transport_acquire(actor->run->transport, actor->index, &actor->version);
    atomic_store_explicit(&actor->metrics->weights_version, actor->version, memory_order_relaxed);
    actor->outputs_fresh = false;
}

/* Waits until the round may be played; false when the run stops before. */
static bool await_round(struct actor *actor) {
    struct transport *transport = actor->run->transport;
    for (;;) {
        const int64_t open = transport_get(transport, WORD_ROUNDS_OPEN);
        if (open > actor->round)
            return true;
        if (run_stops(actor->run))
            return false;
        actor_beat(actor);
        transport_await(transport, WORD_ROUNDS_OPEN, open, 0.5);
    }
}

/* The chance of a random action in this round. */
static void refresh_epsilon(struct actor *actor) {
    const struct run *run = actor->run;
    const struct train_config *config = run->config;
    const int64_t steps =
        transport_get(run->transport, run_in_rounds(run) ? WORD_ROUND_STEPS : WORD_STEPS);
    actor->epsilon =
        run->method->epsilon(&config->method, run_actor_number(run, actor->index), steps);
    atomic_store_explicit(&actor->metrics->epsilon, actor->epsilon, memory_order_relaxed);
}

/* Prepares the round; the learner of a run in rounds may wait for that. */
static void begin_round(struct actor *actor) {
    const struct run *run = actor->run;
    refresh_weights(actor);
    if (run->method->epsilon)
        refresh_epsilon(actor);
    if (run_in_rounds(run)) {
        transport_set(run->transport, word_of_actor(actor->index, ACTOR_BEGUN), actor->round);
        if (transport_get(run->transport, WORD_AWAITS_BEGUN))
            transport_ring(run->transport);
    }
}

/* Waits for the round and prepares it; false when the run stops before. */
static bool start_round(struct actor *actor) {
    if (!await_round(actor))
        return false;
    begin_round(actor);
    return true;
}

static bool hand_over_segments(struct actor *actor) {
    for (int i = 0; i < actor->slot_count; i++)
        if (actor->slots[i].segment->length > 0 && !slot_hand_over(actor, i))
            return false;
    return true;
}

/* Waits while the learner reads the snapshot of a predecessor; false when the run stops. */
static bool await_copy(struct actor *actor) {
    while (!parking_may_write(actor->run, actor->index)) {
        if (run_stops(actor->run))
            return false;
        actor_beat(actor);
        transport_await(actor->run->transport, WORD_COPYING, 1, 0.5);
    }
    return true;
}

/*
 * Leaves a snapshot and waits, when the learner wants a checkpoint; false when the run stops. By
 * the time it wakes, the learner may want another one: the snapshot is still the same, but has to
 * be announced again.
 */
static bool park_if_asked(struct actor *actor) {
    struct transport *transport = actor->run->transport;
    const int64_t finished_round = actor->round - 1;
    for (bool has_snapshot = false;; has_snapshot = true) {
        const int64_t count = transport_get(transport, WORD_PARK_COUNT);
        if (transport_get(transport, WORD_PARK_FROM) > finished_round)
            return true;
        if (run_stops(actor->run) || (!has_snapshot && !await_copy(actor)))
            return false;
        if (!has_snapshot)
            actor_leave_snapshot(actor);
        parking_announce(actor->run, actor->index, count);
        actor_beat(actor);
        transport_await(transport, WORD_PARK_COUNT, count, 0.5);
    }
}

/* Plays n_step steps and closes the segments that they filled; false when the run stops. */
static bool play_segments(struct actor *actor) {
    for (int step = 0; step < actor->run->layout.max_steps; step++)
        if (!play_all(actor))
            return false;
    forward(actor);
    for (int i = 0; i < actor->slot_count; i++)
        if (actor->slots[i].segment->length > 0)
            slot_close_segment(actor, i, SEGMENT_GOES_ON, &actor->outputs, i);
    return true;
}

/* Plays a round and prepares the next; false when the run stops. */
static bool play_round(struct actor *actor) {
    stage_timer_turn(&actor->timer);
    for (int rest = run_round_segments(actor->run) - 1; rest > 0; rest--)
        if (!play_segments(actor) || !hand_over_segments(actor))
            return false;
    if (!play_segments(actor))
        return false;
    actor->round++;
    if (actor->run->config->lockstep)
        return hand_over_segments(actor) && park_if_asked(actor) && start_round(actor);
    if (run_in_rounds(actor->run))
        return start_round(actor) && hand_over_segments(actor) && park_if_asked(actor);
    if (!hand_over_segments(actor))
        return false;
    begin_round(actor);
    return park_if_asked(actor);
}

static enum status open_actor(struct actor *actor, int generation, struct error *error) {
    struct run *run = actor->run;
    const size_t slots = (size_t)run->config->envs_per_process;
    actor->slot_count = (int)slots;
    actor->metrics = &run->metrics->actors[actor->index];
    actor->slots = calloc(slots, sizeof *actor->slots);
    actor->observations = calloc(slots, run->layout.observation_bytes);
    actor->scratch = calloc((size_t)run->network.actions, sizeof *actor->scratch);
    actor->states = calloc(slots, (actor_state_size(actor) + 1) * sizeof(float));
    actor->next_states = calloc(slots, (actor_state_size(actor) + 1) * sizeof(float));
    if (!actor->slots || !actor->observations || !actor->scratch || !actor->states ||
        !actor->next_states)
        return error_set(error, STATUS_FAILED, "out of memory");
    actor_beat(actor);
    enum status status = network_create(&run->network, network_backend_default(), actor->slot_count,
                                        1, &actor->network, error);
    for (int i = 0; i < actor->slot_count && status == STATUS_OK; i++)
        status = slot_open(actor, i, generation, error);
    return status;
}

/* Waits for the learner's first weights and counters, of which either may come first; false when
 * the run stops before. */
static bool wait_for_weights(struct actor *actor) {
    while (transport_version(actor->run->transport) == 0 ||
           !transport_get(actor->run->transport, WORD_READY)) {
        if (run_stops(actor->run))
            return false;
        actor_beat(actor);
        transport_await(actor->run->transport, WORD_READY, 0, 0.5);
    }
    return true;
}

static void close_actor(struct actor *actor) {
    network_destroy(actor->network);
    for (int i = 0; actor->slots && i < actor->slot_count; i++)
        slot_close(&actor->slots[i]);
    free(actor->slots);
    free(actor->observations);
    free(actor->scratch);
    free(actor->states);
    free(actor->next_states);
}

/* In a run in rounds: the round that the dead predecessor was in. The predecessor may have begun a
 * round before it pushed the last segments of the one before, so the learner may be one round
 * behind. */
static int64_t inherited_round(const struct actor *actor) {
    const struct run *run = actor->run;
    const int64_t begun = transport_get(run->transport, word_of_actor(actor->index, ACTOR_BEGUN));
    const int64_t newest = transport_get(run->transport, WORD_ROUNDS_OPEN) - 1;
    return begun < newest ? begun : newest;
}

/* A run that goes on without its games plays others than at its beginning. */
static void start_other_games(struct actor *actor) {
    const int64_t steps = transport_get(actor->run->transport, WORD_ROUND_STEPS);
    for (int i = 0; i < actor->slot_count && steps > 0; i++) {
        actor_beat(actor);
        slot_start_games(actor, i, steps);
    }
}

/* Takes up the games of a checkpoint; a run that begins has none. */
static enum status restore_games(struct actor *actor, struct error *error) {
    if (transport_snapshot(actor->run->transport, actor->index)->size == 0) {
        start_other_games(actor);
        return STATUS_OK;
    }
    const enum status status = actor_restore_snapshot(actor, error);
    for (int i = 0; i < actor->slot_count && status == STATUS_OK; i++)
        slot_start_segment(actor, i);
    return status;
}

/* Plays from the first weights, or from where a checkpoint left off, until the run stops. */
static enum status run_rounds(struct actor *actor, int generation, struct error *error) {
    if (!wait_for_weights(actor))
        return STATUS_OK;
    const enum status restored = generation == 0 ? restore_games(actor, error) : STATUS_OK;
    if (restored != STATUS_OK)
        return restored;
    if (generation > 0 && run_in_rounds(actor->run))
        actor->round = inherited_round(actor);
    if (!await_round(actor))
        return STATUS_OK;
    begin_round(actor);
    if (generation > 0 && !park_if_asked(actor)) /* if the predecessor was to park here */
        return STATUS_OK;
    stage_timer_start(&actor->timer, clock_processor_seconds);
    while (!run_stops(actor->run) && !actor->failure && play_round(actor))
        ;
    stage_timer_stop(&actor->timer, &actor->metrics->times);
    return STATUS_OK;
}

/*
 * Actors run at a lower priority. Otherwise, with more actors than processors, the learner is
 * starved and trains on stale data. Four of this priority weigh less than half a learner, so that
 * the kernel leaves a processor to it.
 */
enum { ACTOR_NICENESS = 10 };

/* The run goes on: the supervisor puts another actor in this one's place. */
static void report_failure(const struct actor *actor) {
    char role[16];
    struct snapshot *snapshot = transport_snapshot(actor->run->transport, actor->index);
    snprintf(role, sizeof role, "act-%02d", actor->index % 1000);
    snprintf(snapshot->failure, sizeof snapshot->failure, "the game broke down: %s",
             actor->failure);
    log_line(role, "%s", snapshot->failure);
}

/* From the last processor downwards, because the learner takes the first ones. It tells of a
 * failure for all. */
static void pin_actor(int index) {
    const int processors = process_cpu_count();
    (void)process_pin(processors - 1 - index % processors, 1);
}

int actor_main(struct run *run, int index, int generation) {
    process_give_way(ACTOR_NICENESS);
    if (run->config->pin)
        pin_actor(index);
    struct actor actor = {.run = run, .index = index, .epsilon = -1};
    struct error error;
    enum status status = open_actor(&actor, generation, &error);
    if (status == STATUS_OK)
        status = run_rounds(&actor, generation, &error);
    if (status != STATUS_OK)
        run_fail(run, &error);
    if (actor.failure)
        report_failure(&actor);
    const bool failed = status != STATUS_OK || actor.failure;
    close_actor(&actor);
    return failed ? 1 : 0;
}
