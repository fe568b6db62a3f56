#include "rollout/rollout.h"

/*
 * A push counts itself, then reads which push must ring; a sleeper writes which push must ring,
 * then reads the count: one of the two sees the other, so no wake-up is lost. Each push is counted
 * once, so only one rings. A producer that is killed between the two steps costs the sleeper its
 * time limit.
 */

struct doorbell_moment doorbell_look(struct doorbell *doorbell) {
    return (struct doorbell_moment){
        .bell = atomic_load(&doorbell->bell),
        .pushes = atomic_load(&doorbell->pushes),
    };
}

void doorbell_wait(struct doorbell *doorbell, struct doorbell_moment since, uint32_t pushes,
                   double seconds) {
    atomic_store(&doorbell->due, since.pushes + pushes);
    if (atomic_load(&doorbell->pushes) - since.pushes < pushes)
        futex_wait(&doorbell->bell, since.bell, seconds);
}

void doorbell_ring(struct doorbell *doorbell) {
    futex_ring(&doorbell->bell);
}

void doorbell_count_push(struct doorbell *doorbell) {
    const uint32_t pushes = atomic_fetch_add(&doorbell->pushes, 1) + 1;
    if (pushes == atomic_load(&doorbell->due))
        doorbell_ring(doorbell);
}
