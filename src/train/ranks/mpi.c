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
#include <string.h>

/*
 * A sum. Each rank owns a part of the numbers: the others send it theirs, it adds them up in the
 * ranks' order and sends the sums back. So the bits depend neither on MPI's choice of a way to add
 * nor on what arrives first, and equal those of one process that adds in that order. Each rank
 * sends and receives as much as in a ring, in two steps.
 */
struct sum {
    char *numbers;
    size_t count, size; /* size: of a number, in bytes */
    int tag;            /* of the first step's messages; the second's is one more */
    bool is_added;      /* the second step has begun */
    char *addends;      /* (ranks, part): what came for this rank's part; its own is not there */
    size_t capacity;
    MPI_Request *requests; /* (2 ranks) */
    int request_count;     /* of those under way */
};

struct state {
    MPI_Comm group; /* that of sums and broadcasts */
    int rank, ranks;
    struct sum sums[RANKS_MAX_TRANSFERS];
    int begun;           /* sums, the first ones, that may be under way */
    int tag;             /* of the next sum */
    MPI_Request request; /* of a broadcast or barrier */
};

/* MPI grants tags up to 32767; a message between two ranks for bytes has tag 0. */
enum { FIRST_TAG = 1, LAST_TAG = 32000 };

struct ranks_message {
    MPI_Request request;
};

static bool set_group(struct state *state, MPI_Comm group) {
    state->group = group;
    return MPI_Comm_rank(group, &state->rank) == MPI_SUCCESS &&
           MPI_Comm_size(group, &state->ranks) == MPI_SUCCESS;
}

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
    *opened = state;
    state->tag = FIRST_TAG;
    state->request = MPI_REQUEST_NULL;
    return set_group(state, MPI_COMM_WORLD);
}

static bool divide(void *opened, int learners) {
    struct state *state = opened;
    MPI_Comm group;
    return MPI_Comm_split(MPI_COMM_WORLD, state->rank < learners, state->rank, &group) ==
               MPI_SUCCESS &&
           MPI_Comm_set_errhandler(group, MPI_ERRORS_RETURN) == MPI_SUCCESS &&
           set_group(state, group);
}

static void close_mpi(void *opened) {
    struct state *state = opened;
    MPI_Finalize();
    for (int i = 0; i < RANKS_MAX_TRANSFERS; i++) {
        free(state->sums[i].addends);
        free(state->sums[i].requests);
    }
    free(state);
}

/* ---- Sums ------------------------------------------------------------------------------------ */

/* The first number of a rank's part. */
static size_t part_start(const struct state *state, const struct sum *sum, int rank) {
    return sum->count * (size_t)rank / (size_t)state->ranks;
}

static size_t part_count(const struct state *state, const struct sum *sum, int rank) {
    return part_start(state, sum, rank + 1) - part_start(state, sum, rank);
}

static char *part_of(const struct state *state, const struct sum *sum, int rank) {
    return sum->numbers + part_start(state, sum, rank) * sum->size;
}

/* A rank's addend of this rank's part. */
static char *addend_of(const struct state *state, const struct sum *sum, int rank) {
    const size_t count = part_count(state, sum, state->rank);
    return rank == state->rank ? part_of(state, sum, rank)
                               : sum->addends + (size_t)rank * count * sum->size;
}

static bool exchange(const struct state *state, struct sum *sum, int rank, char *sent,
                     size_t sent_count, char *received, size_t received_count) {
    const int tag = sum->tag + (sum->is_added ? 1 : 0);
    bool is_sound = true;
    if (received_count > 0)
        is_sound = MPI_Irecv(received, (int)(received_count * sum->size), MPI_BYTE, rank, tag,
                             state->group, &sum->requests[sum->request_count++]) == MPI_SUCCESS;
    if (sent_count > 0 && is_sound)
        is_sound = MPI_Isend(sent, (int)(sent_count * sum->size), MPI_BYTE, rank, tag, state->group,
                             &sum->requests[sum->request_count++]) == MPI_SUCCESS;
    return is_sound;
}

/* Begins a step with all others, the next rank first, so that not all send to the same one. */
static bool exchange_parts(const struct state *state, struct sum *sum) {
    const size_t own = part_count(state, sum, state->rank);
    sum->request_count = 0;
    for (int i = 1; i < state->ranks; i++) {
        const int other = (state->rank + i) % state->ranks;
        const size_t count = part_count(state, sum, other);
        char *theirs = part_of(state, sum, other);
        const bool is_sound =
            sum->is_added
                ? exchange(state, sum, other, part_of(state, sum, state->rank), own, theirs, count)
                : exchange(state, sum, other, theirs, count, addend_of(state, sum, other), own);
        if (!is_sound)
            return false;
    }
    return true;
}

static void add_floats(float *restrict total, const float *restrict addend, size_t count) {
    for (size_t i = 0; i < count; i++)
        total[i] += addend[i];
}

static void add_reals(double *restrict total, const double *restrict addend, size_t count) {
    for (size_t i = 0; i < count; i++)
        total[i] += addend[i];
}

static void add_parts(const struct state *state, struct sum *sum) {
    const size_t count = part_count(state, sum, state->rank);
    void *total = addend_of(state, sum, 0);
    for (int i = 1; i < state->ranks; i++) {
        const void *addend = addend_of(state, sum, i);
        if (sum->size == sizeof(float))
            add_floats(total, addend, count);
        else
            add_reals(total, addend, count);
    }
    if (state->rank != 0)
        memcpy(part_of(state, sum, state->rank), total, count * sum->size);
}

static bool make_room(const struct state *state, struct sum *sum) {
    const size_t bytes = (sum->count / (size_t)state->ranks + 1) * (size_t)state->ranks * sum->size;
    if (!sum->requests)
        sum->requests = calloc(2 * (size_t)state->ranks, sizeof(MPI_Request));
    if (bytes > sum->capacity) {
        free(sum->addends);
        sum->addends = malloc(bytes);
        sum->capacity = sum->addends ? bytes : 0;
    }
    return sum->requests && sum->addends;
}

static bool begin(struct state *state, void *numbers, size_t count, size_t size) {
    if (state->begun == RANKS_MAX_TRANSFERS || count * size > INT_MAX)
        return false;
    struct sum *sum = &state->sums[state->begun++];
    sum->numbers = numbers;
    sum->count = count;
    sum->size = size;
    sum->is_added = false;
    sum->tag = state->tag;
    state->tag = state->tag + 2 < LAST_TAG ? state->tag + 2 : FIRST_TAG;
    return make_room(state, sum) && exchange_parts(state, sum);
}

static bool begin_sum(void *opened, float *numbers, size_t count) {
    return begin(opened, numbers, count, sizeof *numbers);
}

static bool begin_sum_reals(void *opened, double *numbers, size_t count) {
    return begin(opened, numbers, count, sizeof *numbers);
}

static int test_sum(const struct state *state, struct sum *sum) {
    int done = 0;
    if (MPI_Testall(sum->request_count, sum->requests, &done, MPI_STATUSES_IGNORE) != MPI_SUCCESS)
        return -1;
    if (!done || sum->is_added)
        return done;
    add_parts(state, sum);
    sum->is_added = true;
    return exchange_parts(state, sum) ? 0 : -1;
}

/* ---- Broadcasts and messages ----------------------------------------------------------------- */

static bool begin_broadcast(void *opened, void *bytes, size_t size) {
    struct state *state = opened;
    return size <= INT_MAX &&
           MPI_Ibcast(bytes, (int)size, MPI_BYTE, 0, state->group, &state->request) == MPI_SUCCESS;
}

static bool begin_barrier(void *opened) {
    struct state *state = opened;
    return MPI_Ibarrier(MPI_COMM_WORLD, &state->request) == MPI_SUCCESS;
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
    int all = 1, done = 0;
    for (int i = 0; i < state->begun; i++) {
        const int answer = test_sum(state, &state->sums[i]);
        if (answer < 0)
            return -1;
        all &= answer;
    }
    if (all)
        state->begun = 0;
    if (MPI_Test(&state->request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS)
        return -1;
    return all & done;
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
