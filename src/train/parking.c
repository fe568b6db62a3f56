#include "train/run.h"

/* The count comes last: a process that reads its new value also reads the new round. */
static void set_park_from(struct run *run, int64_t round) {
    transport_set(run->transport, WORD_PARK_FROM, round);
    transport_set(run->transport, WORD_PARK_COUNT,
                  transport_get(run->transport, WORD_PARK_COUNT) + 1);
}

void parking_ask(struct run *run, int64_t round) {
    set_park_from(run, round);
}

bool parking_is_full(const struct run *run) {
    const int64_t asked = transport_get(run->transport, WORD_PARK_COUNT);
    for (int i = 0; i < run->metrics->actor_count; i++)
        if (transport_get(run->transport, word_of_actor(i, ACTOR_PARKED)) != asked)
            return false;
    return true;
}

void parking_end(struct run *run) {
    set_park_from(run, INT64_MAX);
}

/*
 * Each side first announces its action and then looks at the other. So if a learner begins to copy
 * while an actor begins to write, at least one of them sees the other.
 */
bool parking_begin_copy(struct run *run) {
    transport_set(run->transport, WORD_COPYING, 1);
    if (parking_is_full(run))
        return true;
    parking_end_copy(run);
    return false;
}

void parking_end_copy(struct run *run) {
    transport_set(run->transport, WORD_COPYING, 0);
}

bool parking_may_write(struct run *run, int actor) {
    parking_forget(run, actor);
    return !transport_get(run->transport, WORD_COPYING);
}

void parking_announce(struct run *run, int actor, int64_t count) {
    transport_set(run->transport, word_of_actor(actor, ACTOR_PARKED), count);
    transport_ring(run->transport);
}

void parking_forget(struct run *run, int actor) {
    transport_set(run->transport, word_of_actor(actor, ACTOR_PARKED), 0);
}
