#include "train/learner/together.h"
#include "train/learner/checkpoint.h"
#include "train/learner/elsewhere.h"
#include "train/learner/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Updates between two comparisons of the parameters. */
enum { COMPARE_UPDATES = 1000 };

/* Rank 0 logs the ranks' speeds this often, and at the end. */
static const double TELL_SECONDS = 60;

/* How long to wait for other ranks: their speeds may differ much, and rank 0 writes files. */
static const double PATIENCE_SECONDS = 900;

/* The same while the run ends: mpirun ends all ranks when one has died. */
static const double ENDING_PATIENCE_SECONDS = 60;

/* ---- Waiting --------------------------------------------------------------------------------- */

/* When a rank has died, mpirun asks all to end and soon kills them, so weights are saved here. */
bool together_goes_on(struct learner *learner) {
    const double now = clock_seconds();
    const bool ends = run_winds_down(learner->run);
    if (ends && learner->is_waiting_to_train)
        learner_save_weights_at_once(learner);
    const double patience = ends ? ENDING_PATIENCE_SECONDS : PATIENCE_SECONDS;
    learner_beat(learner);
    if (learner->waiting_since == 0)
        learner->waiting_since = now;
    return !run_stops(learner->run) && now - learner->waiting_since < patience;
}

static bool goes_on(void *learner) {
    return together_goes_on(learner);
}

enum status together_complain(const struct learner *learner, struct error *error) {
    if (run_stops(learner->run)) /* it stops for another reason */
        return STATUS_OK;
    return error_set(error, STATUS_FAILED, "the other ranks cannot be reached, so the run ended");
}

void together_begin_wait(struct learner *learner, bool is_to_train) {
    learner->waiting_since = 0;
    learner->is_waiting_to_train = is_to_train;
}

static bool broadcast(struct learner *learner, void *bytes, size_t size) {
    together_begin_wait(learner, false);
    return ranks_broadcast(learner->ranks, bytes, size);
}

/* ---- Joining --------------------------------------------------------------------------------- */

/* Ranks wait for each other when these say so; in rounds, also after as many steps of a round. */
static enum status compare_options(struct learner *learner, struct error *error) {
    const struct run *run = learner->run;
    const struct train_config *config = run->config;
    const bool in_rounds = run_in_rounds(run);
    const struct {
        const char *name;
        int64_t value;
    } options[] = {
        {"learners", run_learners(run)},
        {"batch_size", config->batch_size},
        {"save_freq", config->save_freq},
        {"total_steps", config->total_steps},
        {"stop_steps", config->stop_steps},
        {"n_step", in_rounds || run_learners(run) < run_ranks(run) ? config->n_step : 0},
        {"processes", in_rounds ? config->processes : 0},
        {"envs_per_process", in_rounds ? config->envs_per_process : 0},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        int64_t first = options[i].value;
        if (!broadcast(learner, &first, sizeof first))
            return together_complain(learner, error);
        if (first != options[i].value)
            return error_set(error, STATUS_BAD_INPUT,
                             "--%s is %lld here and %lld on rank 0: give all ranks the same",
                             options[i].name, (long long)options[i].value, (long long)first);
    }
    return STATUS_OK;
}

/* Ranks give each other parameters and segments, so these must have the same sizes. */
static enum status compare_sizes(struct learner *learner, struct error *error) {
    const struct run *run = learner->run;
    const struct {
        const char *name;
        uint64_t value;
    } sizes[] = {
        {"the network has %lld parameters", network_param_count(&run->network)},
        {"a segment has %lld bytes", run->layout.segment_bytes},
    };
    const int count = run_learners(run) < run_ranks(run) ? 2 : 1;
    for (int i = 0; i < count; i++) {
        uint64_t first = sizes[i].value;
        char here[64];
        if (!broadcast(learner, &first, sizeof first))
            return together_complain(learner, error);
        snprintf(here, sizeof here, sizes[i].name, (long long)sizes[i].value);
        if (first != sizes[i].value)
            return error_set(error, STATUS_BAD_INPUT,
                             "%s here and %lld on rank 0: give all ranks the same game and options",
                             here, (long long)first);
    }
    return STATUS_OK;
}

enum status together_join(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    const struct ranks_waiter waiter = {.goes_on = goes_on, .context = learner};
    if (run_ranks(run) == 1)
        return STATUS_OK;
    learner_begin_file(learner); /* other machines may take long to start */
    enum status status = ranks_open(&run->place, &waiter, &learner->ranks, error);
    if (status == STATUS_OK)
        status = compare_options(learner, error);
    if (status == STATUS_OK)
        status = compare_sizes(learner, error);
    if (status == STATUS_OK && run_learners(run) < run_ranks(run) &&
        !ranks_divide(learner->ranks, run_learners(run)))
        return together_complain(learner, error);
    return status;
}

/* ---- Learning -------------------------------------------------------------------------------- */

static bool begin_sum(void *context, float *numbers, size_t count) {
    return ranks_begin_sum(((struct learner *)context)->ranks, numbers, count);
}

static void move_on(void *context) {
    ranks_move_on(((struct learner *)context)->ranks);
}

static bool finish_sums(void *context) {
    struct learner *learner = context;
    const double start = clock_seconds();
    together_begin_wait(learner, true);
    const bool summed = ranks_finish(learner->ranks);
    learner->speed.waited += clock_seconds() - start;
    return summed;
}

static bool sum_reals(void *context, double *numbers, size_t count) {
    struct learner *learner = context;
    together_begin_wait(learner, true);
    return ranks_sum_reals(learner->ranks, numbers, count);
}

enum status together_ranks(struct learner *learner, struct trainer_ranks *ranks,
                           struct error *error) {
    const struct run *run = learner->run;
    *ranks = (struct trainer_ranks){.count = run_learners(run),
                                    .begin_sum = begin_sum,
                                    .move_on = move_on,
                                    .finish_sums = finish_sums,
                                    .sum_reals = sum_reals,
                                    .context = learner};
    if (ranks->count == 1)
        return STATUS_OK;
    together_begin_wait(learner, false);
    ranks->gradients = ranks_numbers(learner->ranks, trainer_gradient_count(&run->network));
    return ranks->gradients ? STATUS_OK : error_set(error, STATUS_FAILED, "out of memory");
}

/* ---- Checkpoints ----------------------------------------------------------------------------- */

static bool exchange_sizes(struct learner *learner, double *sizes) {
    together_begin_wait(learner, false);
    return ranks_sum_reals(learner->ranks, sizes, (size_t)run_learners(learner->run));
}

/* The caller frees share->bytes, also after a failure. */
static enum status receive_share(struct learner *learner, int rank, size_t size,
                                 struct share *share, struct error *error) {
    *share = (struct share){.bytes = malloc(size), .size = size};
    if (!share->bytes)
        return error_set(error, STATUS_FAILED, "out of memory for the state of a rank");
    together_begin_wait(learner, false);
    return ranks_receive(learner->ranks, share->bytes, size, rank)
               ? STATUS_OK
               : together_complain(learner, error);
}

static enum status send_share(struct learner *learner, int rank, const void *bytes, size_t size,
                              struct error *error) {
    together_begin_wait(learner, false);
    return ranks_send(learner->ranks, bytes, size, rank) ? STATUS_OK
                                                         : together_complain(learner, error);
}

/* Gives all ranks the weights that actors had last, and those of --target_freq. */
static enum status hand_out_published(struct learner *learner, struct error *error) {
    struct transport *transport = learner->run->transport;
    const size_t bytes = learner->trainer.param_count * sizeof(float);
    float *published = learner->trainer.gradients; /* unused until the first update */
    uint64_t version = transport_version(transport);
    if (run_is_first(learner->run))
        memcpy(published, transport_published(transport), bytes);
    if (!broadcast(learner, &version, sizeof version) || !broadcast(learner, published, bytes) ||
        (learner->frozen && !broadcast(learner, learner->frozen, bytes)))
        return together_complain(learner, error);
    if (!run_is_first(learner->run))
        transport_publish(transport, published, version);
    return STATUS_OK;
}

static enum status send_shares(struct learner *learner, struct error *error) {
    enum status status = STATUS_OK;
    for (int i = 1; status == STATUS_OK && i < run_learners(learner->run); i++)
        status = send_share(learner, i, learner->shares[i].bytes, learner->shares[i].size, error);
    learner_free_shares(learner);
    return status;
}

static enum status take_share(struct learner *learner, size_t size, struct error *error) {
    struct share share;
    enum status status = receive_share(learner, 0, size, &share, error);
    if (status == STATUS_OK && !run_stops(learner->run))
        status = learner_take_share(learner, &share, error);
    free(share.bytes);
    return status;
}

/* If rank 0 has shares, gives each rank its own. */
static enum status hand_out_shares(struct learner *learner, struct error *error) {
    const struct run *run = learner->run;
    const bool is_first = run_is_first(run);
    double *sizes = calloc((size_t)run_learners(run), sizeof *sizes);
    if (!sizes)
        return error_set(error, STATUS_FAILED, "out of memory");
    for (int i = 1; is_first && i < run_learners(run); i++)
        sizes[i] = (double)learner->shares[i].size;
    enum status status =
        exchange_sizes(learner, sizes) ? STATUS_OK : together_complain(learner, error);
    const size_t size = (size_t)sizes[is_first ? 1 : run->place.rank];
    free(sizes);
    if (status != STATUS_OK || size == 0)
        return status;
    status = is_first ? send_shares(learner, error) : take_share(learner, size, error);
    return status == STATUS_OK ? hand_out_published(learner, error) : status;
}

/* Rank 0: receives the other ranks' shares. sizes: negative if it is a message. */
static enum status receive_shares(struct learner *learner, const double *sizes,
                                  struct error *error) {
    enum status status = STATUS_OK;
    for (int i = 1; i < run_learners(learner->run); i++) {
        struct share *share = &learner->shares[i];
        const enum status received =
            receive_share(learner, i, (size_t)fabs(sizes[i]), share, error);
        if (received != STATUS_OK)
            return received;
        if (sizes[i] < 0 && status == STATUS_OK && !run_stops(learner->run))
            status = error_set(error, STATUS_FAILED, "rank %d: %.600s", i, (char *)share->bytes);
    }
    return status;
}

/* share: of this rank; instead of one that failed, rank 0 gets the message. */
static enum status exchange_shares(struct learner *learner, enum status made,
                                   const struct share *share, double *sizes, struct error *error) {
    const int own = learner->run->place.rank;
    struct error failure = {0};
    if (made != STATUS_OK)
        failure = *error;
    const size_t size = made == STATUS_OK ? share->size : strlen(failure.message) + 1;
    sizes[own] = made == STATUS_OK ? (double)size : -(double)size;
    if (!exchange_sizes(learner, sizes))
        return together_complain(learner, error);
    if (own == 0 || sizes[0] < 0) /* rank 0 wants none if it failed itself */
        return made == STATUS_OK && own == 0 ? receive_shares(learner, sizes, error) : made;
    const void *bytes = made == STATUS_OK ? (const void *)share->bytes : failure.message;
    const enum status sent = send_share(learner, 0, bytes, size, error);
    return sent == STATUS_OK ? made : sent;
}

enum status together_collect(struct learner *learner, enum status parked, struct error *error) {
    struct share share = {0};
    if (run_learners(learner->run) == 1)
        return parked;
    double *sizes = calloc((size_t)run_learners(learner->run), sizeof *sizes);
    if (!sizes)
        return error_set(error, STATUS_FAILED, "out of memory");
    learner_begin_file(learner);
    enum status status = parked;
    if (status == STATUS_OK && !run_is_first(learner->run))
        status = learner_make_share(learner, &share, error);
    status = exchange_shares(learner, status, &share, sizes, error);
    free(share.bytes);
    free(sizes);
    return status;
}

/* ---- Beginning ------------------------------------------------------------------------------- */

enum status together_begin(struct learner *learner, struct error *error) {
    struct trainer *trainer = &learner->trainer;
    if (run_learners(learner->run) == 1)
        return STATUS_OK;
    const size_t bytes = trainer->param_count * sizeof *trainer->params;
    struct optimizer_slot slots[OPTIMIZER_MAX_SLOTS];
    const int slot_count = optimizer_slots(&trainer->optimizer, slots);
    bool sent = broadcast(learner, &learner->steps, sizeof learner->steps) &&
                broadcast(learner, trainer->params, bytes) &&
                broadcast(learner, &trainer->kept, sizeof trainer->kept) &&
                broadcast(learner, &trainer->optimizer.steps, sizeof trainer->optimizer.steps);
    for (int i = 0; sent && i < slot_count; i++)
        sent = broadcast(learner, slots[i].values, bytes);
    return sent ? hand_out_shares(learner, error) : together_complain(learner, error);
}

/* FNV-1a over words: finds accidents, not attacks. */
static uint64_t checksum(const float *params, size_t count) {
    uint64_t sum = 14695981039346656037U;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &params[i], sizeof bits);
        sum = (sum ^ bits) * 1099511628211U;
    }
    return sum;
}

static enum status compare(struct learner *learner, struct error *error) {
    const uint64_t own = checksum(learner->trainer.params, learner->trainer.param_count);
    uint64_t first = own;
    if (!broadcast(learner, &first, sizeof first))
        return together_complain(learner, error);
    return own == first ? STATUS_OK
                        : error_set(error, STATUS_FAILED,
                                    "after %lld steps the parameters differ from those of rank 0, "
                                    "so the run ended: its machine computes differently",
                                    (long long)learner->steps);
}

static void log_speeds(const struct learner *learner, const double *waits, double seconds) {
    const int ranks = run_learners(learner->run);
    const double steps = (double)(learner->steps - learner->speed.steps);
    int slowest = 0;
    double most = waits[0];
    for (int i = 1; i < ranks; i++) {
        slowest = waits[i] < waits[slowest] ? i : slowest;
        most = fmax(most, waits[i]);
    }
    log_line("learn",
             "%d ranks learn from %.0f steps/s each; rank %d is the slowest: it waits for others "
             "%.0f %% of its time, the fastest %.0f %%",
             ranks, steps / seconds / ranks, slowest, 100 * waits[slowest], 100 * most);
}

/* Tells all ranks the share of its time that each has waited since the last exchange; rank 0 logs
 * it. */
static enum status exchange_speeds(struct learner *learner, bool is_at_end, struct error *error) {
    const double now = clock_seconds();
    const double seconds = now - learner->speed.since;
    const int ranks = run_learners(learner->run);
    double *waits = calloc((size_t)ranks, sizeof *waits);
    if (!waits)
        return error_set(error, STATUS_FAILED, "out of memory");
    waits[learner->run->place.rank] = fmin(learner->speed.waited / seconds, 1);
    const bool summed = sum_reals(learner, waits, (size_t)ranks);
    if (summed && run_is_first(learner->run) &&
        (is_at_end || now - learner->speed.told >= TELL_SECONDS)) {
        log_speeds(learner, waits, seconds);
        learner->speed.told = now;
    }
    free(waits);
    learner->speed.since = now;
    learner->speed.waited = 0;
    learner->speed.steps = learner->steps;
    return summed ? STATUS_OK : together_complain(learner, error);
}

enum status together_check(struct learner *learner, const struct update *update,
                           struct error *error) {
    if (run_learners(learner->run) == 1)
        return STATUS_OK;
    if (update->is_lost)
        return together_complain(learner, error);
    if (update->is_flagged && !learner->end_is_agreed) {
        learner->end_is_agreed = true;
        run_wind_down(learner->run);
    }
    if (learner->speed.since == 0) { /* the first update waited for all ranks' starts */
        learner->speed.since = clock_seconds();
        learner->speed.waited = 0;
        learner->speed.steps = learner->steps;
    }
    if (++learner->updates % COMPARE_UPDATES != 0)
        return STATUS_OK;
    const enum status status = compare(learner, error);
    return status == STATUS_OK ? exchange_speeds(learner, false, error) : status;
}

enum status together_leave(struct learner *learner, bool is_at_end, struct error *error) {
    if (!learner->ranks)
        return STATUS_OK;
    enum status status = is_at_end ? compare(learner, error) : STATUS_OK;
    if (is_at_end && status == STATUS_OK && learner->updates > 1 &&
        learner->steps > learner->speed.steps)
        status = exchange_speeds(learner, true, error);
    together_begin_wait(learner, false);
    if (is_at_end && status == STATUS_OK)
        status = elsewhere_end(learner->elsewhere, error);
    ranks_close(learner->ranks, is_at_end && status == STATUS_OK);
    learner->ranks = NULL;
    return status;
}
