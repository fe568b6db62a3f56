#include "algorithm/algorithm.h"
#include "store/store.h"
#include "train/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double MIN_LEARNING_RATE = 1e-8;

/* Actors count their random streams up from 0 and down from the largest number: half way between.
 */
static const uint64_t INITIALIZATION_STREAM = UINT64_MAX / 2;

/* batch_size transitions, cut from segments wherever a batch ends. */
struct batch {
    uint8_t *observations; /* (batch_size, observation bytes) */
    int32_t *actions;
    float *returns;
    int count;
};

struct learner {
    struct run *run;
    struct learner_metrics *metrics;
    struct network *network;
    size_t param_count;
    float *params;
    float *mean_square; /* RMSprop's */
    float *gradients;
    float *d_logits;
    float *d_value;
    struct batch batch;
    int ring;      /* the ring whose oldest segment is being read */
    int next_step; /* the first step of that segment that no batch has yet */
    int64_t frames;
    int64_t saved_frames; /* frames of the last weight file */
};

/* ---- Batches from rings ---------------------------------------------------------------------- */

static void copy_transition(struct batch *batch, struct segment *segment,
                            const struct segment_shape *shape, int step) {
    memcpy(batch->observations + (size_t)batch->count * shape->observation_bytes,
           segment_observation(segment, shape, step), shape->observation_bytes);
    batch->actions[batch->count] = segment_actions(segment, shape)[step];
    batch->returns[batch->count] = segment_returns(segment, shape)[step];
    batch->count++;
}

/* Moves transitions from the current ring's oldest segment to the batch; false when the ring is
 * empty. */
static bool take_from_ring(struct learner *learner) {
    struct run *run = learner->run;
    struct batch *batch = &learner->batch;
    struct ring *ring = run->rings[learner->ring];
    struct segment *segment = ring_peek(ring);
    if (!segment)
        return false;
    while (learner->next_step < segment->length && batch->count < run->config->batch_size)
        copy_transition(batch, segment, &run->shape, learner->next_step++);
    if (learner->next_step == segment->length) {
        ring_release(ring);
        learner->next_step = 0;
    }
    return true;
}

static void sleep_until_push(struct learner *learner, uint32_t doorbell_seen) {
    const double start = clock_seconds();
    futex_wait(learner->run->doorbell, doorbell_seen, 0.5);
    const double idle = atomic_load_explicit(&learner->metrics->idle_seconds, memory_order_relaxed);
    atomic_store_explicit(&learner->metrics->idle_seconds, idle + clock_seconds() - start,
                          memory_order_relaxed);
}

/* Fills the batch from the rings in turn, a segment from each; false when the run stops. */
static bool gather_batch(struct learner *learner) {
    const int rings = learner->run->metrics->actor_count;
    learner->batch.count = 0;
    int empty_in_a_row = 0;
    uint32_t doorbell = atomic_load(learner->run->doorbell);
    while (learner->batch.count < learner->run->config->batch_size) {
        if (run_stops(learner->run))
            return false;
        empty_in_a_row = take_from_ring(learner) ? 0 : empty_in_a_row + 1;
        if (learner->next_step == 0)
            learner->ring = (learner->ring + 1) % rings;
        if (empty_in_a_row < rings)
            continue;
        sleep_until_push(learner, doorbell);
        doorbell = atomic_load(learner->run->doorbell);
        empty_in_a_row = 0;
    }
    return true;
}

/* ---- Learning -------------------------------------------------------------------------------- */

static double learning_rate(const struct learner *learner) {
    const struct train_config *config = learner->run->config;
    const double rate =
        schedule_linear(config->lr, 0, (double)learner->frames, (double)config->steps);
    return fmax(rate, MIN_LEARNING_RATE);
}

static void add(_Atomic double *sum, double value) {
    atomic_store_explicit(sum, atomic_load_explicit(sum, memory_order_relaxed) + value,
                          memory_order_relaxed);
}

static void report_batch(struct learner *learner, const struct a3c_loss_sums *loss,
                         const float *value) {
    struct control *control = learner->run->control;
    struct learner_metrics *metrics = learner->metrics;
    double value_sum = 0;
    for (int i = 0; i < learner->batch.count; i++)
        value_sum += value[i];
    add(&metrics->policy_loss, loss->policy);
    add(&metrics->value_loss, loss->value);
    add(&metrics->entropy, loss->entropy);
    add(&metrics->value, value_sum);
    atomic_store_explicit(&metrics->learning_rate, learning_rate(learner), memory_order_relaxed);
    atomic_store_explicit(&metrics->frames, learner->frames, memory_order_relaxed);
    atomic_fetch_add_explicit(&metrics->transitions, learner->batch.count, memory_order_relaxed);
    int waiting = 0;
    for (int i = 0; i < learner->run->metrics->actor_count; i++)
        waiting += ring_count(learner->run->rings[i]);
    atomic_store_explicit(&learner->run->metrics->queue_count, waiting, memory_order_relaxed);
    const double now = clock_seconds();
    if (atomic_load_explicit(&control->first_batch, memory_order_relaxed) == 0)
        atomic_store(&control->first_batch, now);
    atomic_store_explicit(&control->last_batch, now, memory_order_relaxed);
}

/* One step of algorithm S3's update on the gathered batch. */
static void train_batch(struct learner *learner) {
    const struct train_config *config = learner->run->config;
    const struct batch *batch = &learner->batch;
    const float rate = (float)learning_rate(learner);
    const struct network_outputs out =
        network_forward(learner->network, learner->params, batch->observations, batch->count);
    const struct a3c_loss_sums loss =
        a3c_loss(learner->d_logits, learner->d_value, out.action, out.value, batch->actions,
                 batch->returns, (float)config->beta, (float)config->value_coef, batch->count,
                 learner->run->network.actions);
    learner->frames += batch->count;
    report_batch(learner, &loss, out.value);
    network_backward(learner->network, learner->params, batch->count, learner->d_logits,
                     learner->d_value, learner->gradients);
    if (config->max_grad_norm > 0)
        gradient_clip(learner->gradients, learner->param_count, config->max_grad_norm);
    rmsprop_step(learner->params, learner->mean_square, learner->gradients, learner->param_count,
                 rate, (float)config->rho, (float)config->rms_eps);
}

static void publish(struct learner *learner) {
    board_publish(learner->run->board, learner->params, (uint64_t)learner->frames + 1);
}

/* ---- Weight files ---------------------------------------------------------------------------- */

static enum status save(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    const int count = network_tensors(&run->network, learner->params, views);
    struct weights_about about = {.frames = learner->frames};
    snprintf(about.method, sizeof about.method, "%s", run->config->method);
    snprintf(about.game, sizeof about.game, "%s", run->game.id);
    snprintf(about.observation, sizeof about.observation, "%s",
             observation_name(run->environment.observation));
    snprintf(about.network, sizeof about.network, "%s", trunk_name(run->network.trunk));
    char path[PATH_SIZE];
    enum status status =
        run_model_path(path, run->control->run_dir, &run->game, learner->frames, error);
    if (status == STATUS_OK)
        status = weights_save(path, views, count, &about, error);
    if (status != STATUS_OK)
        return status;
    learner->saved_frames = learner->frames;
    memcpy(run->control->model, path, sizeof path);
    atomic_fetch_add(&run->control->saves, 1);
    return STATUS_OK;
}

/* Saves while training goes on; a failure costs this file, not the run. */
static void save_on_the_way(struct learner *learner) {
    struct error error;
    if (save(learner, &error) != STATUS_OK)
        log_line("learn", "%s; training goes on and tries again after %lld frames", error.message,
                 (long long)learner->run->config->save_freq);
}

/* Shapes alone cannot tell deepmind's four screens from v4's: the file's own word can. */
static enum status check_about(const struct run *run, const struct weights_about *about,
                               struct error *error) {
    const char *observation = observation_name(run->environment.observation);
    if (!about->observation[0] || strcmp(about->observation, observation) == 0)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "'%s' was trained with --observation=%s, and this run has %s",
                     run->control->start_from, about->observation, observation);
}

static enum status load_or_initialize(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    const char *path = run->control->start_from;
    if (!path[0]) {
        struct rng rng;
        rng_seed(&rng, (uint64_t)run->config->seed, INITIALIZATION_STREAM);
        network_initialize(&run->network, learner->params, &rng);
        return STATUS_OK;
    }
    struct weights_layout layout;
    struct tensor_view views[NETWORK_MAX_TENSORS];
    const int count = network_tensors(&run->network, learner->params, views);
    enum status status = weights_inspect(path, &layout, error);
    if (status == STATUS_OK)
        status = check_about(run, &layout.about, error);
    if (status == STATUS_OK)
        status = weights_load(path, views, count, error);
    learner->frames = run->control->start_frames;
    if (learner->frames < 0)
        learner->frames = status == STATUS_OK && layout.about.frames > 0 ? layout.about.frames : 0;
    learner->saved_frames = learner->frames;
    return status;
}

/* ---- The process ----------------------------------------------------------------------------- */

static enum status allocate(struct learner *learner, struct error *error) {
    const struct run *run = learner->run;
    const size_t batch = (size_t)run->config->batch_size;
    const size_t actions = (size_t)run->network.actions;
    const size_t params = network_param_count(&run->network);
    learner->param_count = params;
    learner->params = calloc(params, sizeof(float));
    learner->mean_square = calloc(params, sizeof(float));
    learner->gradients = calloc(params, sizeof(float));
    learner->d_logits = calloc(batch * actions, sizeof(float));
    learner->d_value = calloc(batch, sizeof(float));
    learner->batch.observations = calloc(batch, run->shape.observation_bytes);
    learner->batch.actions = calloc(batch, sizeof(int32_t));
    learner->batch.returns = calloc(batch, sizeof(float));
    if (!learner->params || !learner->mean_square || !learner->gradients || !learner->d_logits ||
        !learner->d_value || !learner->batch.observations || !learner->batch.actions ||
        !learner->batch.returns)
        return error_set(error, STATUS_FAILED, "out of memory");
    return STATUS_OK;
}

static enum status open_learner(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    enum status status = allocate(learner, error);
    if (status == STATUS_OK)
        status = network_create(&run->network, network_backend_default(),
                                (int)run->config->batch_size, 1, &learner->network, error);
    if (status == STATUS_OK)
        status = load_or_initialize(learner, error);
    if (status == STATUS_OK)
        status = run_directory_make(run, error);
    return status;
}

static void close_learner(struct learner *learner) {
    network_destroy(learner->network);
    free(learner->params);
    free(learner->mean_square);
    free(learner->gradients);
    free(learner->d_logits);
    free(learner->d_value);
    free(learner->batch.observations);
    free(learner->batch.actions);
    free(learner->batch.returns);
}

static void train_until_stop(struct learner *learner) {
    const struct train_config *config = learner->run->config;
    while (gather_batch(learner)) {
        const int64_t before = learner->frames;
        train_batch(learner);
        if (before / config->swap_freq != learner->frames / config->swap_freq)
            publish(learner);
        if (config->max_frames > 0 && learner->frames >= config->max_frames)
            break;
        if (before / config->save_freq != learner->frames / config->save_freq)
            save_on_the_way(learner);
    }
}

/* Trains from the first weights published to the last file written. */
static enum status learn(struct learner *learner, struct error *error) {
    struct run *run = learner->run;
    const enum status opened = open_learner(learner, error);
    if (opened != STATUS_OK)
        return opened;
    atomic_store(&learner->metrics->frames, learner->frames);
    publish(learner);
    atomic_store(&run->control->learner_ready, 1);
    futex_wake(&run->control->learner_ready);
    train_until_stop(learner);
    run_stop(run);
    return learner->frames > learner->saved_frames ? save(learner, error) : STATUS_OK;
}

int learner_main(struct run *run) {
    struct learner learner = {.run = run, .metrics = &run->metrics->learner, .saved_frames = -1};
    struct error error;
    const enum status status = learn(&learner, &error);
    if (status != STATUS_OK)
        run_fail(run, &error);
    close_learner(&learner);
    return status == STATUS_OK ? 0 : 1;
}
