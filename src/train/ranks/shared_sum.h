/*
 * Sums of ranks that reach each other's memory, because they are on one machine. Each rank has an
 * array of numbers there, and owns a part of every piece of it: it adds that part up over all
 * ranks' arrays, in the ranks' order, and writes the sum into all of them. So no number is copied
 * on its way, the bits equal those of the module's sums, and a rank that waits sleeps.
 *
 * Inside of the train room. Each rank has a struct of its own, for one thread.
 */
#ifndef ASYNCRL_TRAIN_RANKS_SHARED_SUM_H
#define ASYNCRL_TRAIN_RANKS_SHARED_SUM_H

#include "base/base.h"
#include "train/ranks.h"

/* A rank's place in the memory; its numbers come after this. */
struct shared_sum_seat {
    _Alignas(ARENA_ALIGNMENT) _Atomic uint32_t begun; /* pieces that it has begun to sum */
    _Atomic uint32_t added;                           /* pieces whose own part it has added up */
    _Atomic uint32_t sleepers; /* on either; killed ones stay counted: needless wake-ups */
};

struct shared_sum {
    int rank, ranks;
    char *memory;
    size_t seat_bytes;
    struct {
        size_t first, count;
    } pieces[RANKS_MAX_TRANSFERS]; /* that of number n at n % RANKS_MAX_TRANSFERS */
    uint32_t finished;             /* pieces of earlier shared_sum_finish */
};

/* Bytes of the memory for arrays of count numbers. */
size_t shared_sum_bytes(size_t count, int ranks);

/* memory: zeros, aligned as arenas are, shared by all ranks; it stays the caller's. */
void shared_sum_open(struct shared_sum *sum, void *memory, size_t count, int rank, int ranks);

/* This rank's array. */
float *shared_sum_numbers(const struct shared_sum *sum);

/* The same as those of ranks.h. numbers: in the array. False if too many sums are under way. */
bool shared_sum_begin(struct shared_sum *sum, const float *numbers, size_t count);
void shared_sum_move_on(struct shared_sum *sum);

/* False if waiter ended the wait. */
bool shared_sum_finish(struct shared_sum *sum, const struct ranks_waiter *waiter);

#endif
