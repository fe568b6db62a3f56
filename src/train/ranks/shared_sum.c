#include "train/ranks/shared_sum.h"

#include <string.h>

/* Numbers that are added at a time, so that they stay in the first cache. */
enum { BLOCK = 1024 };

static const double ASK_SECONDS = 0.1;

static size_t seat_bytes(size_t count) {
    const size_t bytes = sizeof(struct shared_sum_seat) + count * sizeof(float);
    return (bytes + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
}

size_t shared_sum_bytes(size_t count, int ranks) {
    return seat_bytes(count) * (size_t)ranks;
}

void shared_sum_open(struct shared_sum *sum, void *memory, size_t count, int rank, int ranks) {
    *sum = (struct shared_sum){
        .rank = rank, .ranks = ranks, .memory = memory, .seat_bytes = seat_bytes(count)};
}

static struct shared_sum_seat *seat_of(const struct shared_sum *sum, int rank) {
    return (struct shared_sum_seat *)(void *)(sum->memory + (size_t)rank * sum->seat_bytes);
}

static float *numbers_of(const struct shared_sum *sum, int rank) {
    return (float *)(void *)(seat_of(sum, rank) + 1);
}

float *shared_sum_numbers(const struct shared_sum *sum) {
    return numbers_of(sum, sum->rank);
}

/* ---- Adding ---------------------------------------------------------------------------------- */

static void add_block(const struct shared_sum *sum, size_t first, size_t count) {
    float total[BLOCK];
    memcpy(total, numbers_of(sum, 0) + first, count * sizeof *total);
    for (int rank = 1; rank < sum->ranks; rank++) {
        const float *restrict addend = numbers_of(sum, rank) + first;
        for (size_t i = 0; i < count; i++)
            total[i] += addend[i];
    }
    for (int rank = 0; rank < sum->ranks; rank++)
        memcpy(numbers_of(sum, rank) + first, total, count * sizeof *total);
}

/* Adds this rank's part of a piece up. */
static void add_piece(const struct shared_sum *sum, uint32_t piece) {
    const size_t first = sum->pieces[piece % RANKS_MAX_TRANSFERS].first;
    const size_t count = sum->pieces[piece % RANKS_MAX_TRANSFERS].count;
    const size_t end = team_part_of_floats(count, sum->ranks, sum->rank + 1);
    for (size_t at = team_part_of_floats(count, sum->ranks, sum->rank); at < end; at += BLOCK)
        add_block(sum, first + at, end - at < BLOCK ? end - at : BLOCK);
}

/* Whether all ranks have begun to sum the piece, which may have come round to 0. */
static bool has_come(const struct shared_sum *sum, uint32_t piece) {
    for (int rank = 0; rank < sum->ranks; rank++)
        if ((int32_t)(atomic_load(&seat_of(sum, rank)->begun) - piece) <= 0)
            return false;
    return true;
}

void shared_sum_move_on(struct shared_sum *sum) {
    struct shared_sum_seat *own = seat_of(sum, sum->rank);
    const uint32_t begun = atomic_load(&own->begun);
    for (uint32_t piece = atomic_load(&own->added); piece != begun && has_come(sum, piece);
         piece++) {
        add_piece(sum, piece);
        atomic_store(&own->added, piece + 1);
    }
}

bool shared_sum_begin(struct shared_sum *sum, const float *numbers, size_t count) {
    struct shared_sum_seat *own = seat_of(sum, sum->rank);
    const uint32_t piece = atomic_load(&own->begun);
    if (piece - sum->finished == RANKS_MAX_TRANSFERS)
        return false;
    sum->pieces[piece % RANKS_MAX_TRANSFERS].first = (size_t)(numbers - shared_sum_numbers(sum));
    sum->pieces[piece % RANKS_MAX_TRANSFERS].count = count;
    atomic_store(&own->begun, piece + 1);
    return true;
}

/* ---- Waiting --------------------------------------------------------------------------------- */

static void wake(struct shared_sum_seat *seat, _Atomic uint32_t *counter) {
    if (atomic_load(&seat->sleepers) > 0)
        futex_wake(counter);
}

/*
 * Waits until a rank's counter has come up to a number. Ranks ring once they have begun all pieces
 * and once they have added all up: to wake a rank for each piece costs more than it gains.
 */
static bool await(struct shared_sum_seat *seat, _Atomic uint32_t *counter, uint32_t number,
                  const struct ranks_waiter *waiter) {
    double asked = clock_seconds();
    uint32_t seen;
    while ((int32_t)((seen = atomic_load(counter)) - number) < 0) {
        atomic_fetch_add(&seat->sleepers, 1);
        futex_wait(counter, seen, ASK_SECONDS);
        atomic_fetch_sub(&seat->sleepers, 1);
        if (clock_seconds() - asked < ASK_SECONDS)
            continue;
        asked = clock_seconds();
        if (!waiter->goes_on(waiter->context))
            return false;
    }
    return true;
}

bool shared_sum_finish(struct shared_sum *sum, const struct ranks_waiter *waiter) {
    struct shared_sum_seat *own = seat_of(sum, sum->rank);
    const uint32_t begun = atomic_load(&own->begun);
    wake(own, &own->begun);
    for (int rank = 0; rank < sum->ranks; rank++) {
        shared_sum_move_on(sum);
        if (!await(seat_of(sum, rank), &seat_of(sum, rank)->begun, begun, waiter))
            return false;
    }
    shared_sum_move_on(sum);
    wake(own, &own->added);
    for (int rank = 0; rank < sum->ranks; rank++)
        if (!await(seat_of(sum, rank), &seat_of(sum, rank)->added, begun, waiter))
            return false;
    sum->finished = begun;
    return true;
}
