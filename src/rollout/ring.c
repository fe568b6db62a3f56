#include "rollout/rollout.h"

/*
 * Single producer, single consumer. head and tail count pushes and releases modulo twice the number
 * of slots, so that full and empty differ. Each side writes only its own counter, and each counter
 * has a cache line of its own.
 *
 * A sleeper announces itself before it checks again, and the other side checks for it after it has
 * moved its counter: one of the two sees the other, so no wake-up is lost or needless. A producer
 * that is killed between the two leaves at most its announcement, which costs one needless wake-up.
 */
struct ring {
    struct step_layout layout;
    uint32_t slots;
    struct doorbell *doorbell;
    _Alignas(ARENA_ALIGNMENT) _Atomic uint32_t head;
    _Alignas(ARENA_ALIGNMENT) _Atomic uint32_t tail;
    _Atomic uint32_t producer_sleeps;
    _Alignas(ARENA_ALIGNMENT) char slot_memory[];
};

size_t ring_bytes(const struct step_layout *layout, int slots) {
    return sizeof(struct ring) + (size_t)slots * layout->segment_bytes;
}

struct ring *ring_init(void *memory, const struct step_layout *layout, int slots,
                       struct doorbell *doorbell) {
    struct ring *ring = memory;
    *ring = (struct ring){
        .layout = *layout,
        .slots = (uint32_t)slots,
        .doorbell = doorbell,
    };
    return ring;
}

static struct segment *slot_at(struct ring *ring, uint32_t position) {
    return (struct segment *)(void *)(ring->slot_memory +
                                      (position % ring->slots) * ring->layout.segment_bytes);
}

static uint32_t next_position(const struct ring *ring, uint32_t position) {
    return position + 1 == 2 * ring->slots ? 0 : position + 1;
}

static uint32_t fill(const struct ring *ring, uint32_t head, uint32_t tail) {
    return head >= tail ? head - tail : head + 2 * ring->slots - tail;
}

/* Waits until the ring has a free slot; false if it has none after seconds. */
static bool wait_for_space(struct ring *ring, uint32_t head, double seconds) {
    uint32_t tail = atomic_load(&ring->tail);
    if (fill(ring, head, tail) < ring->slots)
        return true;
    atomic_store(&ring->producer_sleeps, 1);
    tail = atomic_load(&ring->tail);
    if (fill(ring, head, tail) == ring->slots)
        futex_wait(&ring->tail, tail, seconds);
    atomic_store(&ring->producer_sleeps, 0);
    return fill(ring, head, atomic_load(&ring->tail)) < ring->slots;
}

bool ring_push(struct ring *ring, const struct segment *segment, double seconds) {
    const uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (!wait_for_space(ring, head, seconds))
        return false;
    segment_copy(slot_at(ring, head), segment, &ring->layout);
    atomic_store_explicit(&ring->head, next_position(ring, head), memory_order_release);
    doorbell_count_push(ring->doorbell);
    return true;
}

struct segment *ring_peek(struct ring *ring) {
    const uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (atomic_load_explicit(&ring->head, memory_order_acquire) == tail)
        return NULL;
    return slot_at(ring, tail);
}

void ring_release(struct ring *ring) {
    const uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    atomic_store(&ring->tail, next_position(ring, tail));
    if (atomic_load(&ring->producer_sleeps))
        futex_wake(&ring->tail);
}

int ring_count(const struct ring *ring) {
    const uint32_t head = atomic_load(&ring->head);
    const uint32_t count = fill(ring, head, atomic_load(&ring->tail));
    return (int)(count < ring->slots ? count : ring->slots);
}

void ring_wake(struct ring *ring) {
    futex_wake(&ring->tail);
}
