/*
 * Ranks: runs that learn one network together, as `mpirun -n N asyncrl train` starts them. Each has
 * a supervisor, actors and a learner of its own. The learners add their gradients up before each
 * step of the optimizer, so that their parameters stay equal to the bit. With --learners=L only the
 * first L ranks have a learner; each of the others has a sender, which exchanges segments and
 * weights with one of those.
 *
 * A program that MPI has not started never touches it: MPI is in a module of its own, which is
 * loaded when there are several ranks. Only learners and senders load it. Inside of the train room.
 */
#ifndef ASYNCRL_TRAIN_RANKS_H
#define ASYNCRL_TRAIN_RANKS_H

#include "base/base.h"
#include "train/train.h"

#include <stdbool.h>
#include <stddef.h>

/* ---- What the module fills ------------------------------------------------------------------- */

/* The module's file, and the symbol in it: a struct ranks_module. */
#define RANKS_MODULE_FILE "asyncrl-mpi.so"
#define RANKS_MODULE_SYMBOL "asyncrl_ranks_module"

/* Transfers of all ranks that may be under way at a time. */
enum { RANKS_MAX_TRANSFERS = 16 };

/* From one rank to another. */
struct ranks_message;

/*
 * The module's functions; state: what open made. Transfers make progress within any of them. Sums
 * and broadcasts are among all ranks; after divide, they are among the first `learners` ranks, and
 * separately among the others. Barriers are always among all.
 *
 * test returns 1 when all begun sums, broadcasts and barriers are done, 0 when not yet, -1 when one
 * failed; test_message the same of one message, which it frees unless it returns 0.
 */
struct ranks_module {
    bool (*open)(void **state, struct rank_place *place);
    bool (*divide)(void *state, int learners);
    void (*close)(void *state);
    bool (*begin_sum)(void *state, float *numbers, size_t count);
    bool (*begin_sum_reals)(void *state, double *numbers, size_t count);
    bool (*begin_broadcast)(void *state, void *bytes, size_t size);
    bool (*begin_barrier)(void *state);
    struct ranks_message *(*begin_send)(void *state, const void *bytes, size_t size, int rank);
    struct ranks_message *(*begin_receive)(void *state, void *bytes, size_t size, int rank);
    int (*test)(void *state);
    int (*test_message)(void *state, struct ranks_message *message);
};

/* ---- What learners and senders call ---------------------------------------------------------- */

struct ranks;

/* Its process calls it several times a second while it waits for other ranks; false ends the wait.
 */
struct ranks_waiter {
    bool (*goes_on)(void *context);
    void *context;
};

/* Joins the other ranks; waiter stays the caller's. The caller calls ranks_close, also after a
 * failure. */
enum status ranks_open(const struct rank_place *place, const struct ranks_waiter *waiter,
                       struct ranks **opened, struct error *error);

/* Frees; NULL is ignored. If says_goodbye is set, waits for all other ranks to do the same. */
void ranks_close(struct ranks *ranks, bool says_goodbye);

/* All ranks call these in the same order; false when the others cannot be reached or the waiter
 * ended the wait, and from then on. */

/* From then on, sums and broadcasts are among the ranks that learn, the first ones. */
bool ranks_divide(struct ranks *ranks, int learners);

/* Makes an array of count zeros, in which ranks_begin_sum sums; all ranks give the same count. It
 * is shared memory if all ranks are on one machine. Call it once; valid until ranks_close. NULL:
 * out of memory. */
float *ranks_numbers(struct ranks *ranks, size_t count);

/* Begins to sum each number over the ranks, in place, in the array of ranks_numbers; up to
 * RANKS_MAX_TRANSFERS sums may be under way until ranks_finish, which waits for all of them. All
 * ranks have the same bits afterwards. ranks_move_on helps those sums while the caller has other
 * work. */
bool ranks_begin_sum(struct ranks *ranks, float *numbers, size_t count);
void ranks_move_on(struct ranks *ranks);
bool ranks_finish(struct ranks *ranks);

/* Sums the numbers over the ranks and waits for the result. */
bool ranks_sum_reals(struct ranks *ranks, double *numbers, size_t count);

/* Gives all ranks the bytes of rank 0. */
bool ranks_broadcast(struct ranks *ranks, void *bytes, size_t size);

/* Gives a rank the bytes, for which that rank calls ranks_receive with the same size. */
bool ranks_send(struct ranks *ranks, const void *bytes, size_t size, int rank);
bool ranks_receive(struct ranks *ranks, void *bytes, size_t size, int rank);

/* Waits until all ranks have called it. */
bool ranks_meet(struct ranks *ranks);

/*
 * ranks_send and ranks_receive without waiting; bytes stay the caller's, unchanged until ranks_test
 * returns 1. A sent message is done once the other rank has begun to receive it. size: of
 * ranks_begin_receive, the most bytes that may come.
 */
bool ranks_begin_send(struct ranks *ranks, const void *bytes, size_t size, int rank,
                      struct ranks_message **message);
bool ranks_begin_receive(struct ranks *ranks, void *bytes, size_t size, int rank,
                         struct ranks_message **message);

/* 1: the message is done, and *message is NULL; 0: not yet; -1: as false above. NULL is done. */
int ranks_test(struct ranks *ranks, struct ranks_message **message);

#endif
