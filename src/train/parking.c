#include "train/run.h"

/* The bell comes last: who has read its new value reads the new round, too. */
static void set_park_from(struct control *control, int64_t round) {
    atomic_store(&control->park_from, round);
    futex_ring(&control->park_bell);
}

void parking_ask(struct run *run, int64_t round) {
    set_park_from(run->control, round);
}

bool parking_is_full(const struct run *run) {
    const uint32_t asked = atomic_load(&run->control->park_bell);
    for (int i = 0; i < run->metrics->actor_count; i++)
        if (atomic_load(&run->snapshots[i]->parked) != asked)
            return false;
    return true;
}

void parking_end(struct run *run) {
    set_park_from(run->control, INT64_MAX);
}

/*
 * Each side says first what it is about to do, and looks at the other after that: of a learner that
 * begins to copy and an actor that begins to write, one at least sees the other.
 */
bool parking_begin_copy(struct run *run) {
    atomic_store(&run->control->copying, 1);
    if (parking_is_full(run))
        return true;
    parking_end_copy(run);
    return false;
}

void parking_end_copy(struct run *run) {
    atomic_store(&run->control->copying, 0);
    futex_wake(&run->control->copying);
}

bool parking_may_write(struct run *run, int actor) {
    atomic_store(&run->snapshots[actor]->parked, 0);
    return !atomic_load(&run->control->copying);
}

void parking_announce(struct run *run, int actor, uint32_t bell) {
    atomic_store(&run->snapshots[actor]->parked, bell);
    doorbell_ring(run->doorbell);
}
