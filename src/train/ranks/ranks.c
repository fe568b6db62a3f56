#include "train/ranks.h"
#include "train/ranks/named_memory.h"
#include "train/ranks/shared_sum.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ranks {
    struct ranks_waiter waiter;
    struct shared_library *library;
    const struct ranks_module *module;
    void *state;                /* of the module; NULL: not joined */
    bool is_lost;               /* a transfer has failed */
    int rank, count;            /* count: of those that sum */
    float *numbers;             /* those to sum, if the others cannot reach them */
    struct named_memory shared; /* that of all ranks; none: the module sums */
    struct shared_sum sum;
};

/* ---- The place ------------------------------------------------------------------------------- */

/* The variables by which mpirun or srun tells a rank its number and their count. Slurm's variables
 * alone do not count: they are also set in a batch script, which is not a rank. */
static const struct {
    const char *rank, *count;
} variables[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"}, /* Open MPI's mpirun */
    {"PMI_RANK", "PMI_SIZE"},                         /* MPICH's, and srun --mpi=pmi2 */
    {"PMIX_RANK", "SLURM_STEP_NUM_TASKS"},            /* srun --mpi=pmix */
};

struct rank_place train_rank_place(void) {
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *rank = getenv(variables[i].rank);
        const char *count = getenv(variables[i].count);
        if (rank && count && atoi(count) > 1)
            return (struct rank_place){.rank = atoi(rank), .count = atoi(count)};
    }
    return (struct rank_place){.count = 1};
}

/* ---- The module ------------------------------------------------------------------------------ */

/* The module's possible places, from the folder of the program: beside it in a build, in
 * RANKS_FOLDER after an installation. */
static const char *const files[] = {RANKS_MODULE_FILE, RANKS_FOLDER "/" RANKS_MODULE_FILE};

static bool find_module(char path[PATH_SIZE]) {
    char program[PATH_SIZE];
    struct error ignored;
    if (!path_program_folder(program))
        return false;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (path_join(path, program, files[i], &ignored) == STATUS_OK && path_is_file(path))
            return true;
    return false;
}

static enum status load_module(struct ranks *ranks, struct error *error) {
    char path[PATH_SIZE];
    if (!find_module(path))
        return error_set(error, STATUS_FAILED,
                         "several ranks need MPI, which this program was built without: run "
                         "tools/install-deps --mpi and build it again");
    /* Open MPI loads parts of its own, which look for its symbols among all. */
    const char *reason;
    ranks->library = shared_library_open(path, SHARED_LIBRARY_GLOBAL, &reason);
    if (!ranks->library)
        return error_set(error, STATUS_FAILED,
                         "cannot load MPI: %.700s; tools/install-deps --mpi "
                         "brings it",
                         reason);
    ranks->module = shared_library_find(ranks->library, RANKS_MODULE_SYMBOL);
    return ranks->module
               ? STATUS_OK
               : error_set(error, STATUS_FAILED, "'%.700s' is not a module of asyncrl", path);
}

enum status ranks_open(const struct rank_place *place, const struct ranks_waiter *waiter,
                       struct ranks **opened, struct error *error) {
    struct rank_place found;
    struct ranks *ranks = calloc(1, sizeof *ranks);
    *opened = ranks;
    if (!ranks)
        return error_set(error, STATUS_FAILED, "out of memory");
    ranks->waiter = *waiter;
    const enum status status = load_module(ranks, error);
    if (!ranks->module)
        return status;
    if (!ranks->module->open(&ranks->state, &found))
        return error_set(error, STATUS_FAILED, "MPI does not start");
    ranks->rank = found.rank;
    ranks->count = found.count;
    if (found.rank == place->rank && found.count == place->count)
        return STATUS_OK;
    return error_set(
        error, STATUS_FAILED,
        "this is rank %d of %d, but MPI says %d of %d: it was not started by mpirun, or "
        "by that of another MPI than the program was built with",
        place->rank, place->count, found.rank, found.count);
}

void ranks_close(struct ranks *ranks, bool says_goodbye) {
    if (!ranks)
        return;
    /* The library stays loaded up to the process's end: MPI's threads may still be in it. */
    if (ranks->state && says_goodbye && ranks_meet(ranks))
        ranks->module->close(ranks->state);
    free(ranks->numbers);
    named_memory_close(&ranks->shared);
    free(ranks);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* MPI's own waiting would keep a processor busy, which actors could use. */
static const double SPIN_SECONDS = 0.0002;
static const double REST_SECONDS = 0.0001;
static const double ASK_SECONDS = 0.1;

/* message: NULL: waits for the transfers of all ranks. */
static bool wait_for(struct ranks *ranks, bool begun, struct ranks_message *message) {
    const struct ranks_module *module = ranks->module;
    const double start = clock_seconds();
    double asked = start;
    int answer = begun ? 0 : -1;
    ranks->is_lost = true;
    while (answer == 0 && (answer = message ? module->test_message(ranks->state, message)
                                            : module->test(ranks->state)) == 0) {
        const double now = clock_seconds();
        if (now - start < SPIN_SECONDS)
            sched_yield();
        else
            clock_sleep(REST_SECONDS);
        if (now - asked < ASK_SECONDS)
            continue;
        asked = now;
        if (!ranks->waiter.goes_on(ranks->waiter.context))
            return false;
    }
    ranks->is_lost = answer != 1;
    return answer == 1;
}

static bool wait_for_transfer(struct ranks *ranks, bool begun) {
    return wait_for(ranks, begun, NULL);
}

static bool wait_for_message(struct ranks *ranks, struct ranks_message *message) {
    return wait_for(ranks, message != NULL, message);
}

bool ranks_divide(struct ranks *ranks, int learners) {
    if (!ranks->is_lost)
        ranks->is_lost = !ranks->module->divide(ranks->state, learners);
    ranks->count = learners;
    return !ranks->is_lost;
}

/* ---- Sums ------------------------------------------------------------------------------------ */

bool ranks_begin_sum(struct ranks *ranks, float *numbers, size_t count) {
    if (!ranks->is_lost)
        ranks->is_lost = ranks->shared.memory
                             ? !shared_sum_begin(&ranks->sum, numbers, count)
                             : !ranks->module->begin_sum(ranks->state, numbers, count);
    return !ranks->is_lost;
}

void ranks_move_on(struct ranks *ranks) {
    if (ranks->shared.memory)
        shared_sum_move_on(&ranks->sum);
    else if (!ranks->is_lost)
        ranks->is_lost = ranks->module->test(ranks->state) < 0;
}

bool ranks_finish(struct ranks *ranks) {
    if (!ranks->shared.memory || ranks->is_lost)
        return !ranks->is_lost && wait_for_transfer(ranks, true);
    ranks->is_lost = !shared_sum_finish(&ranks->sum, &ranks->waiter);
    return !ranks->is_lost;
}

bool ranks_sum_reals(struct ranks *ranks, double *numbers, size_t count) {
    return !ranks->is_lost &&
           wait_for_transfer(ranks, ranks->module->begin_sum_reals(ranks->state, numbers, count));
}

bool ranks_broadcast(struct ranks *ranks, void *bytes, size_t size) {
    return !ranks->is_lost &&
           wait_for_transfer(ranks, ranks->module->begin_broadcast(ranks->state, bytes, size));
}

/*
 * Whether all ranks have mapped the same memory, which only ranks of one machine can. Rank 0 makes
 * it once all ranks have come here, because it would outlive a run that ends before its name is
 * removed: a rank that refuses the others' options makes mpirun kill them.
 */
static bool share_memory(struct ranks *ranks, size_t size) {
    struct memory_name name;
    double none = 0;
    if (!ranks_sum_reals(ranks, &none, 1))
        return false;
    if (ranks->rank == 0)
        named_memory_create(&ranks->shared, size, &name);
    bool is_sound = ranks_broadcast(ranks, &name, sizeof name);
    if (is_sound && ranks->rank > 0)
        named_memory_open(&ranks->shared, size, &name);
    double lacking = ranks->shared.memory ? 0 : 1;
    is_sound = ranks_sum_reals(ranks, &lacking, 1);
    if (ranks->rank == 0)
        named_memory_remove(&name);
    if (!is_sound || lacking > 0)
        named_memory_close(&ranks->shared);
    return ranks->shared.memory != NULL;
}

float *ranks_numbers(struct ranks *ranks, size_t count) {
    if (share_memory(ranks, shared_sum_bytes(count, ranks->count))) {
        shared_sum_open(&ranks->sum, ranks->shared.memory, count, ranks->rank, ranks->count);
        return shared_sum_numbers(&ranks->sum);
    }
    ranks->numbers = calloc(count, sizeof(float));
    return ranks->numbers;
}

/* MPI counts bytes in an int. */
static const size_t MESSAGE_BYTES = (size_t)1 << 28;

static size_t message_size(size_t left) {
    return left < MESSAGE_BYTES ? left : MESSAGE_BYTES;
}

bool ranks_send(struct ranks *ranks, const void *bytes, size_t size, int rank) {
    for (size_t at = 0; at < size && !ranks->is_lost; at += message_size(size - at))
        wait_for_message(ranks, ranks->module->begin_send(ranks->state, (const char *)bytes + at,
                                                          message_size(size - at), rank));
    return !ranks->is_lost;
}

bool ranks_receive(struct ranks *ranks, void *bytes, size_t size, int rank) {
    for (size_t at = 0; at < size && !ranks->is_lost; at += message_size(size - at))
        wait_for_message(ranks, ranks->module->begin_receive(ranks->state, (char *)bytes + at,
                                                             message_size(size - at), rank));
    return !ranks->is_lost;
}

bool ranks_begin_send(struct ranks *ranks, const void *bytes, size_t size, int rank,
                      struct ranks_message **message) {
    *message = ranks->is_lost ? NULL : ranks->module->begin_send(ranks->state, bytes, size, rank);
    ranks->is_lost = !*message;
    return !ranks->is_lost;
}

bool ranks_begin_receive(struct ranks *ranks, void *bytes, size_t size, int rank,
                         struct ranks_message **message) {
    *message =
        ranks->is_lost ? NULL : ranks->module->begin_receive(ranks->state, bytes, size, rank);
    ranks->is_lost = !*message;
    return !ranks->is_lost;
}

int ranks_test(struct ranks *ranks, struct ranks_message **message) {
    if (ranks->is_lost || !*message)
        return ranks->is_lost ? -1 : 1;
    const int answer = ranks->module->test_message(ranks->state, *message);
    ranks->is_lost = answer < 0;
    if (answer != 0)
        *message = NULL;
    return answer;
}

bool ranks_meet(struct ranks *ranks) {
    return !ranks->is_lost && wait_for_transfer(ranks, ranks->module->begin_barrier(ranks->state));
}
