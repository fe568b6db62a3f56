#include "train/actor/snapshot.h"
#include "train/actor/slot.h"

#include <stdio.h>
#include <string.h>

struct actor_head {
    int64_t round;
    int64_t slot_count;
};

struct slot_head {
    struct rng rng;
    int64_t next_action;
    uint64_t sequence;
    double score;
    int64_t steps;
    uint64_t state_bytes;
};

/* The network's states of all slots, which come after the actor's head. */
static size_t memory_bytes(const struct run *run) {
    const struct step_layout *layout = &run->layout;
    return layout->state_field > 0
               ? (size_t)run->config->envs_per_process * layout->fields[layout->state_field].bytes
               : 0;
}

size_t actor_snapshot_bound(const struct run *run) {
    size_t bound = sizeof(struct actor_head) + memory_bytes(run);
    for (int64_t i = 0; i < run->config->envs_per_process; i++)
        bound += sizeof(struct slot_head) +
                 environment_state_bound(run->emulators[i], &run->environment);
    return bound;
}

/* A game that cannot be saved leaves nothing but the slot's own head. */
static enum status save_environment(const struct slot *slot, uint8_t *out, size_t capacity,
                                    size_t *used, struct error *error) {
    *used = 0;
    if (!environment_can_save(slot->environment))
        return STATUS_OK;
    return environment_save_state(slot->environment, out, capacity, used, error);
}

/* Writes a slot at out, which has room for capacity bytes; *used is the number of bytes written. */
static enum status save_slot(const struct slot *slot, uint8_t *out, size_t capacity, size_t *used,
                             struct error *error) {
    size_t state_bytes;
    const enum status status =
        save_environment(slot, out + sizeof(struct slot_head), capacity - sizeof(struct slot_head),
                         &state_bytes, error);
    if (status != STATUS_OK)
        return status;
    const struct slot_head head = {
        .rng = slot->rng,
        .next_action = slot->next_action,
        .sequence = slot->sequence,
        .score = slot->score,
        .steps = slot->steps,
        .state_bytes = state_bytes,
    };
    memcpy(out, &head, sizeof head);
    *used = sizeof head + state_bytes;
    return STATUS_OK;
}

static enum status take_snapshot(struct actor *actor, struct error *error) {
    struct snapshot *snapshot = transport_snapshot(actor->run->transport, actor->index);
    const struct actor_head head = {actor->round, actor->slot_count};
    memcpy(snapshot->bytes, &head, sizeof head);
    if (actor_state_size(actor) > 0)
        memcpy(snapshot->bytes + sizeof head, actor->states, memory_bytes(actor->run));
    snapshot->size = sizeof head + memory_bytes(actor->run);
    for (int i = 0; i < actor->slot_count; i++) {
        size_t used = 0;
        actor_beat(actor);
        const enum status status = save_slot(&actor->slots[i], snapshot->bytes + snapshot->size,
                                             snapshot->capacity - snapshot->size, &used, error);
        if (status != STATUS_OK)
            return status;
        snapshot->size += used;
    }
    return STATUS_OK;
}

void actor_leave_snapshot(struct actor *actor) {
    struct snapshot *snapshot = transport_snapshot(actor->run->transport, actor->index);
    struct error error = {0};
    if (take_snapshot(actor, &error) != STATUS_OK)
        snapshot->size = 0;
    snprintf(snapshot->refusal, sizeof snapshot->refusal, "%.*s", (int)sizeof snapshot->refusal - 1,
             error.message);
}

static enum status restore_slot(struct actor *actor, int index, const uint8_t *bytes, size_t size,
                                size_t *used, struct error *error) {
    struct slot *slot = &actor->slots[index];
    struct slot_head head;
    if (size < sizeof head)
        return error_set(error, STATUS_BAD_INPUT, "the checkpoint of actor %d is cut short",
                         actor->index);
    memcpy(&head, bytes, sizeof head);
    if (head.state_bytes > size - sizeof head || head.next_action < NO_ACTION ||
        head.next_action >= actor->run->network.actions)
        return error_set(error, STATUS_BAD_INPUT, "the checkpoint of actor %d makes no sense",
                         actor->index);
    slot->sequence = head.sequence - 1; /* begins the open segment, which was empty, again */
    if (!environment_can_save(slot->environment)) {
        slot_start_games(actor, index, transport_get(actor->run->transport, WORD_STEPS));
        *used = sizeof head;
        return STATUS_OK;
    }
    const enum status status = environment_load_state(slot->environment, bytes + sizeof head,
                                                      (size_t)head.state_bytes, error);
    if (status != STATUS_OK)
        return error_context(error, "the checkpoint of actor %d", actor->index);
    slot->rng = head.rng;
    slot->next_action = (int32_t)head.next_action;
    slot->score = head.score;
    slot->steps = head.steps;
    environment_observe(slot->environment, actor_observation(actor, index));
    *used = sizeof head + (size_t)head.state_bytes;
    return STATUS_OK;
}

enum status actor_restore_snapshot(struct actor *actor, struct error *error) {
    const struct snapshot *snapshot = transport_snapshot(actor->run->transport, actor->index);
    struct actor_head head;
    if (snapshot->size < sizeof head + memory_bytes(actor->run))
        return error_set(error, STATUS_BAD_INPUT, "the checkpoint of actor %d is cut short",
                         actor->index);
    memcpy(&head, snapshot->bytes, sizeof head);
    if (head.slot_count != actor->slot_count || head.round < 0)
        return error_set(error, STATUS_BAD_INPUT, "the checkpoint of actor %d makes no sense",
                         actor->index);
    actor->round = head.round;
    if (actor_state_size(actor) > 0)
        memcpy(actor->states, snapshot->bytes + sizeof head, memory_bytes(actor->run));
    size_t position = sizeof head + memory_bytes(actor->run);
    for (int i = 0; i < actor->slot_count; i++) {
        size_t used = 0;
        actor_beat(actor);
        const enum status status = restore_slot(actor, i, snapshot->bytes + position,
                                                snapshot->size - position, &used, error);
        if (status != STATUS_OK)
            return status;
        position += used;
    }
    return STATUS_OK;
}
