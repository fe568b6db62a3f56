/*
 * The module that knows MPI; loaded by ranks.c. The one file that names it.
 *
 * MPI knows a process by its environment, so a child of the one that mpirun started may join in its
 * place, as learners and senders do.
 */
#include "train/ranks.h"

#include <limits.h>
#include <mpi.h>
#include <stdlib.h>

struct state {
    MPI_Comm group; /* that of sums and broadcasts */
    MPI_Request requests[RANKS_MAX_TRANSFERS];
    int count; /* of those under way */
};

struct ranks_message {
    MPI_Request request;
};

static bool open_mpi(void **opened, struct rank_place *place) {
    struct state *state = calloc(1, sizeof *state);
    int provided;
    /* Open MPI's ranks of one machine would read each other's memory, which containers forbid. */
    setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0);
    if (!state || MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) {
        free(state);
        return false;
    }
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &place->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &place->count);
    state->group = MPI_COMM_WORLD;
    *opened = state;
    return true;
}

static bool divide(void *opened, int learners) {
    struct state *state = opened;
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return MPI_Comm_split(MPI_COMM_WORLD, rank < learners, rank, &state->group) == MPI_SUCCESS &&
           MPI_Comm_set_errhandler(state->group, MPI_ERRORS_RETURN) == MPI_SUCCESS;
}

static void close_mpi(void *opened) {
    MPI_Finalize();
    free(opened);
}

/* The place of the next transfer. */
static MPI_Request *next_request(struct state *state) {
    return &state->requests[state->count++];
}

static bool can_begin(const struct state *state, size_t count) {
    return state->count < RANKS_MAX_TRANSFERS && count <= INT_MAX;
}

static bool begin_allreduce(struct state *state, void *numbers, size_t count, MPI_Datatype type) {
    return can_begin(state, count) &&
           MPI_Iallreduce(MPI_IN_PLACE, numbers, (int)count, type, MPI_SUM, state->group,
                          next_request(state)) == MPI_SUCCESS;
}

static bool begin_sum(void *opened, float *numbers, size_t count) {
    return begin_allreduce(opened, numbers, count, MPI_FLOAT);
}

static bool begin_sum_reals(void *opened, double *numbers, size_t count) {
    return begin_allreduce(opened, numbers, count, MPI_DOUBLE);
}

static bool begin_broadcast(void *opened, void *bytes, size_t size) {
    struct state *state = opened;
    return can_begin(state, size) && MPI_Ibcast(bytes, (int)size, MPI_BYTE, 0, state->group,
                                                next_request(state)) == MPI_SUCCESS;
}

static bool begin_barrier(void *opened) {
    struct state *state = opened;
    return can_begin(state, 0) && MPI_Ibarrier(MPI_COMM_WORLD, next_request(state)) == MPI_SUCCESS;
}

static struct ranks_message *begun(struct ranks_message *message, int result) {
    if (result == MPI_SUCCESS)
        return message;
    free(message);
    return NULL;
}

/* Synchronous: small messages, too, wait until the other rank wants them. */
static struct ranks_message *begin_send(void *opened, const void *bytes, size_t size, int rank) {
    (void)opened;
    struct ranks_message *message = size <= INT_MAX ? malloc(sizeof *message) : NULL;
    return message ? begun(message, MPI_Issend(bytes, (int)size, MPI_BYTE, rank, 0, MPI_COMM_WORLD,
                                               &message->request))
                   : NULL;
}

static struct ranks_message *begin_receive(void *opened, void *bytes, size_t size, int rank) {
    (void)opened;
    struct ranks_message *message = size <= INT_MAX ? malloc(sizeof *message) : NULL;
    return message ? begun(message, MPI_Irecv(bytes, (int)size, MPI_BYTE, rank, 0, MPI_COMM_WORLD,
                                              &message->request))
                   : NULL;
}

static int test_message(void *opened, struct ranks_message *message) {
    (void)opened;
    int done = 0;
    const bool is_sound = MPI_Test(&message->request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS;
    if (is_sound && !done)
        return 0;
    free(message);
    return is_sound ? 1 : -1;
}

static int test(void *opened) {
    struct state *state = opened;
    int done = 0;
    if (MPI_Testall(state->count, state->requests, &done, MPI_STATUSES_IGNORE) != MPI_SUCCESS)
        return -1;
    if (done)
        state->count = 0;
    return done;
}

__attribute__((visibility("default"))) extern const struct ranks_module asyncrl_ranks_module;
const struct ranks_module asyncrl_ranks_module = {
    .open = open_mpi,
    .divide = divide,
    .close = close_mpi,
    .begin_sum = begin_sum,
    .begin_sum_reals = begin_sum_reals,
    .begin_broadcast = begin_broadcast,
    .begin_barrier = begin_barrier,
    .begin_send = begin_send,
    .begin_receive = begin_receive,
    .test = test,
    .test_message = test_message,
};
