#include "method/method.h"
#include "method/statistics.h"
#include "method/trust_region.h"

#include <math.h>
#include <stdlib.h>

/* Actors number their random streams up from 0 and down from the largest number, and the initial
 * weights use the number half way between. This is the next one. */
static const uint64_t TRAINER_STREAM = UINT64_MAX / 2 + 1;

/* The largest number of steps, up to n_step, that divides every batch and minibatch. */
static int find_sequence_steps(const struct step_layout *layout, int batch_size, int rows) {
    int steps = layout->state_field > 0 ? layout->max_steps : 1;
    while (batch_size % steps != 0 || rows % steps != 0)
        steps--;
    return steps;
}

/* Numbers after the gradients, which ranks sum with them. */
enum { RANK_UNSOUND, RANK_FLAG, RANK_NUMBERS };

/* One rank's share of a number of steps. */
static int share_of(const struct trainer_request *request, int steps) {
    return request->ranks.count > 1 ? steps / request->ranks.count : steps;
}

/* Ranks sum gradients in pieces, all of which may be under way at once: the most pieces, and the
 * fewest gradients in each but the last. */
enum { MOST_PIECES = 8, LEAST_PIECE = 16384 };

/* The network calls this during a backward. It begins to sum the gradients that are complete. The
 * pieces do not depend on the calls, because ranks may use different numbers of threads. */
static void send_gradients(void *context, size_t first) {
    struct trainer *trainer = context;
    const struct trainer_ranks *ranks = &trainer->request.ranks;
    if (ranks->count <= 1)
        return;
    const size_t part = trainer->param_count / MOST_PIECES + 1;
    const size_t size = part > LEAST_PIECE ? part : LEAST_PIECE;
    while (trainer->unsent > 0) {
        const size_t start = trainer->unsent > size ? trainer->unsent - size : 0;
        if (start < first)
            break;
        if (!ranks->begin_sum(ranks->context, trainer->gradients + start, trainer->unsent - start))
            trainer->is_lost = true;
        trainer->unsent = start;
    }
    ranks->move_on(ranks->context);
}

size_t trainer_gradient_count(const struct network_spec *network) {
    return network_param_count(network) + RANK_NUMBERS;
}

enum status trainer_open(struct trainer *trainer, const struct trainer_request *request,
                         struct error *error) {
    const size_t batch_size = (size_t)share_of(request, request->batch_size);
    const size_t params = network_param_count(request->network);
    const bool has_minibatches = request->method->minibatch != NULL;
    const int rows = share_of(request, has_minibatches ? request->method->minibatch(request->config)
                                                       : request->batch_size);
    *trainer = (struct trainer){
        .request = *request,
        .param_count = params,
        .rows = rows,
        .sequence_steps = find_sequence_steps(request->layout, (int)batch_size, rows),
        .params = calloc(params, sizeof(float)),
        .gradients = request->ranks.gradients
                         ? request->ranks.gradients
                         : calloc(trainer_gradient_count(request->network), sizeof(float)),
        .d_action =
            calloc((size_t)rows * (size_t)network_action_outputs(request->network), sizeof(float)),
        .d_value = calloc((size_t)rows, sizeof(float)),
        .values = calloc((size_t)rows, sizeof(float)),
        .moments = calloc(4 * (size_t)request->network->channels + 1, sizeof(double)),
        .order = calloc(batch_size, sizeof(int32_t)),
        .kept.lr_factor = 1,
    };
    if (!trainer->params || !trainer->gradients || !trainer->d_action || !trainer->d_value ||
        !trainer->values || !trainer->moments || !trainer->order)
        return error_set(error, STATUS_FAILED, "out of memory");
    rng_seed(&trainer->kept.rng, request->seed, TRAINER_STREAM);
    enum status status = optimizer_open(&trainer->optimizer, request->optimizer, params, error);
    if (status == STATUS_OK && has_minibatches)
        status = batch_create(&trainer->minibatch, request->layout, rows, error);
    if (status == STATUS_OK)
        status = trust_region_open(trainer, error);
    if (status == STATUS_OK)
        status =
            network_shards_create(request->network, network_backend_default(), rows,
                                  request->threads, request->by_rows, &trainer->network, error);
    if (status != STATUS_OK)
        return status;
    trainer->optimizer.team = network_shards_team(trainer->network);
    trainer->optimizer.members = request->threads;
    network_shards_watch(trainer->network,
                         &(struct network_watcher){.done = send_gradients, .context = trainer});
    return STATUS_OK;
}

void trainer_close(struct trainer *trainer) {
    network_shards_destroy(trainer->network);
    optimizer_close(&trainer->optimizer);
    batch_destroy(&trainer->minibatch);
    free(trainer->params);
    if (!trainer->request.ranks.gradients)
        free(trainer->gradients);
    free(trainer->d_action);
    free(trainer->d_value);
    free(trainer->values);
    free(trainer->moments);
    trust_region_close(trainer);
    free(trainer->order);
}

struct update trainer_update(struct trainer *trainer, struct batch *batch, const float *frozen,
                             double learning_rate) {
    struct update update = {.is_sound = true};
    trainer->frozen = frozen;
    trainer->learning_rate = learning_rate;
    trainer_count_observations(trainer, batch);
    trainer->request.method->update(trainer, batch, &update);
    return update;
}

struct network_outputs trainer_forward(struct trainer *trainer, const float *params,
                                       const void *observations, int rows) {
    stage_enter(trainer->request.timer, STAGE_FORWARD);
    const struct network_outputs out =
        network_shards_forward(trainer->network, params, observations, rows);
    stage_enter(trainer->request.timer, STAGE_OTHER);
    return out;
}

static struct network_outputs forward_sequences(struct trainer *trainer, const void *observations,
                                                int rows,
                                                const struct network_sequences *sequences) {
    stage_enter(trainer->request.timer, STAGE_FORWARD);
    const struct network_outputs out = network_shards_forward_sequences(
        trainer->network, trainer->params, observations, rows, sequences);
    stage_enter(trainer->request.timer, STAGE_OTHER);
    return out;
}

struct network_outputs trainer_forward_batch(struct trainer *trainer, const struct batch *batch) {
    const struct step_layout *layout = trainer->request.layout;
    const bool has_state = layout->state_field > 0;
    const struct network_sequences sequences = {
        .steps = trainer->sequence_steps,
        .states = has_state ? batch_floats(batch, layout->state_field) : NULL,
        .starts = has_state ? batch_bytes(batch, layout->start_field) : NULL};
    return forward_sequences(trainer, batch_bytes(batch, STEP_OBSERVATION), batch->count,
                             &sequences);
}

struct network_outputs trainer_forward_cuts(struct trainer *trainer, const struct batch *batch,
                                            int field) {
    const int states = trainer->request.layout->cut_state_field;
    const struct network_sequences sequences = {
        .steps = 1, .states = states > 0 ? batch_floats(batch, states) : NULL};
    return forward_sequences(trainer, batch_bytes(batch, field), batch->cut_count, &sequences);
}

static bool are_losses_finite(const struct update *update) {
    for (int i = 0; i < METRIC_COUNT; i++)
        if (!isfinite(update->metrics[i].sum))
            return false;
    return true;
}

/* Before the backward: writes the numbers after the gradients, which ranks sum with them. */
static void prepare_ranks(struct trainer *trainer, const struct update *update) {
    float *numbers = trainer->gradients + trainer->param_count;
    numbers[RANK_UNSOUND] = are_losses_finite(update) ? 0 : 1;
    numbers[RANK_FLAG] = trainer->flag ? 1 : 0;
    trainer->unsent = trainer->param_count + RANK_NUMBERS;
}

/* After the backward: replaces the gradients by those of the loss over all ranks' shares. */
static void add_ranks_up(struct trainer *trainer, struct update *update) {
    const struct trainer_request *request = &trainer->request;
    const float *numbers = trainer->gradients + trainer->param_count;
    if (request->ranks.count <= 1)
        return;
    update->is_lost = !request->ranks.finish_sums(request->ranks.context) || trainer->is_lost;
    update->is_flagged |= numbers[RANK_FLAG] > 0;
    if (update->is_lost || numbers[RANK_UNSOUND] > 0)
        update->is_sound = false;
    const float part = 1.0F / (float)request->ranks.count;
    for (size_t i = 0; i < trainer->param_count && !request->method->sums_loss; i++)
        trainer->gradients[i] *= part;
}

double trainer_mean(struct trainer *trainer, double number) {
    const struct trainer_ranks *ranks = &trainer->request.ranks;
    double sum = number;
    if (ranks->count <= 1)
        return number;
    return ranks->sum_reals(ranks->context, &sum, 1) ? sum / ranks->count : (double)NAN;
}

bool trainer_step(struct trainer *trainer, int rows, struct update *update) {
    const struct trainer_request *request = &trainer->request;
    const bool has_value = request->method->heads == HEADS_POLICY_VALUE;
    stage_enter(request->timer, STAGE_BACKWARD);
    prepare_ranks(trainer, update);
    network_shards_backward(trainer->network, trainer->params, rows, trainer->d_action,
                            has_value ? trainer->d_value : NULL, trainer->gradients);
    stage_enter(request->timer, STAGE_OPTIMIZER);
    add_ranks_up(trainer, update);
    update->gradient_norm =
        optimizer_clip(&trainer->optimizer, trainer->gradients, request->optimizer->max_grad_norm);
    update_add(update, METRIC_GRAD_NORM, update->gradient_norm, 1);
    update->is_sound = update->is_sound && update_is_sound(update);
    if (update->is_sound)
        optimizer_step(&trainer->optimizer, trainer->params, trainer->gradients,
                       trainer->learning_rate * trainer->kept.lr_factor);
    stage_enter(request->timer, STAGE_OTHER);
    if (request->beat)
        request->beat(request->beat_context);
    return update->is_sound;
}

/* ---- Minibatches ----------------------------------------------------------------------------- */

/* Fisher and Yates on sequences; then each sequence becomes its rows. */
void trainer_shuffle(struct trainer *trainer, int count) {
    const int steps = trainer->sequence_steps;
    const int sequences = count / steps;
    for (int i = 0; i < sequences; i++)
        trainer->order[i] = i;
    for (int i = sequences - 1; i > 0; i--) {
        const uint32_t other = rng_below(&trainer->kept.rng, (uint32_t)i + 1);
        const int32_t row = trainer->order[i];
        trainer->order[i] = trainer->order[other];
        trainer->order[other] = row;
    }
    for (int i = count - 1; i >= 0; i--)
        trainer->order[i] = trainer->order[i / steps] * steps + i % steps;
}

struct batch *trainer_minibatch(struct trainer *trainer, const struct batch *batch, int first) {
    const int left = batch->count - first;
    if (left <= 0)
        return NULL;
    batch_gather(&trainer->minibatch, batch, trainer->order + first,
                 left < trainer->rows ? left : trainer->rows);
    return &trainer->minibatch;
}

/* ---- The result of an update ----------------------------------------------------------------- */

void update_add(struct update *update, enum metric metric, double sum, double weight) {
    update->metrics[metric].sum += sum;
    update->metrics[metric].weight += weight;
}

/* The first number is subtracted from all of them; otherwise rounding would leave a variance even
 * if all are equal. */
void update_add_explained_variance(struct update *update, const float *returns, const float *values,
                                   int count) {
    double sum = 0, errors = 0, squares = 0, errors_squared = 0;
    for (int i = 0; i < count; i++) {
        const double gap = (double)returns[i] - (double)returns[0];
        const double error = gap - ((double)values[i] - (double)values[0]);
        sum += gap;
        squares += gap * gap;
        errors += error;
        errors_squared += error * error;
    }
    const double variance = squares - sum * sum / count;
    const double unexplained = errors_squared - errors * errors / count;
    const double explained = 1 - unexplained / variance;
    if (variance > 0 && isfinite(explained))
        update_add(update, METRIC_EXPLAINED_VARIANCE, explained, 1);
}

bool update_is_sound(const struct update *update) {
    return are_losses_finite(update) && update->gradient_norm <= UPDATE_GRADIENT_LIMIT;
}

double update_loss(const struct update *update) {
    return update->metrics[METRIC_POLICY_LOSS].sum + update->metrics[METRIC_VALUE_LOSS].sum +
           update->metrics[METRIC_Q_LOSS].sum;
}
