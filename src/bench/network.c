#include "bench/bench.h"
#include "bench/parallel.h"
#include "game/game.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

static const int batch_sizes[BENCH_BATCHES] = {1, 4, 16, 64, 256};

struct plan {
    struct network_spec spec;
    enum backend backend;
    int batch_size;
    double seconds;
};

/* A network with everything that a training step touches, filled with noise. */
struct bed {
    struct network *network;
    size_t param_count;
    float *params, *mean_square, *gradients, *d_logits, *d_value;
    uint8_t *observations;
};

static enum status open_bed(struct bed *bed, const struct plan *plan, struct error *error) {
    const int largest = plan->batch_size > batch_sizes[BENCH_BATCHES - 1]
                            ? plan->batch_size
                            : batch_sizes[BENCH_BATCHES - 1];
    const size_t pixels = (size_t)plan->spec.channels * (size_t)plan->spec.height *
                          (size_t)plan->spec.width * (size_t)largest;
    bed->param_count = network_param_count(&plan->spec);
    bed->params = calloc(bed->param_count, sizeof(float));
    bed->mean_square = calloc(bed->param_count, sizeof(float));
    bed->gradients = calloc(bed->param_count, sizeof(float));
    bed->d_logits = calloc((size_t)largest * (size_t)plan->spec.actions, sizeof(float));
    bed->d_value = calloc((size_t)largest, sizeof(float));
    bed->observations = malloc(pixels);
    if (!bed->params || !bed->mean_square || !bed->gradients || !bed->d_logits || !bed->d_value ||
        !bed->observations)
        return error_set(error, STATUS_FAILED, "out of memory");
    struct rng rng;
    rng_seed(&rng, 1, 0);
    network_initialize(&plan->spec, bed->params, &rng);
    for (size_t i = 0; i < pixels; i++)
        bed->observations[i] = (uint8_t)rng_below(&rng, 256);
    for (int i = 0; i < largest; i++)
        bed->d_value[i] = 0.01f;
    return network_create(&plan->spec, plan->backend, largest, 1, &bed->network, error);
}

static void close_bed(struct bed *bed) {
    network_destroy(bed->network);
    free(bed->params);
    free(bed->mean_square);
    free(bed->gradients);
    free(bed->d_logits);
    free(bed->d_value);
    free(bed->observations);
}

static void train_once(struct bed *bed, int batch) {
    network_forward(bed->network, bed->params, bed->observations, batch);
    network_backward(bed->network, bed->params, batch, bed->d_logits, bed->d_value, bed->gradients);
    rmsprop_step(bed->params, bed->mean_square, bed->gradients, bed->param_count, 1e-9f, 0.99f,
                 0.1f);
}

/* Seconds a sample, of a forward alone or of a whole training step. */
static double time_batches(struct bed *bed, int batch, bool trains, double seconds) {
    double start = clock_seconds();
    double elapsed = 0;
    int64_t samples = 0;
    for (int round = -1; round < 0 || elapsed < seconds; round++) {
        if (round == 0) { /* the first round only warms the caches */
            start = clock_seconds();
            samples = 0;
        }
        if (trains)
            train_once(bed, batch);
        else
            network_forward(bed->network, bed->params, bed->observations, batch);
        samples += batch;
        elapsed = clock_seconds() - start;
    }
    return elapsed / (double)samples;
}

static enum status measure(void *context, double *numbers, struct error *error) {
    const struct plan *plan = context;
    struct bed bed = {0};
    const enum status status = open_bed(&bed, plan, error);
    if (status == STATUS_OK) {
        for (int i = 0; i < BENCH_BATCHES; i++)
            numbers[i] = time_batches(&bed, batch_sizes[i], false, plan->seconds);
        numbers[BENCH_BATCHES] = time_batches(&bed, plan->batch_size, true, plan->seconds);
    }
    close_bed(&bed);
    return status;
}

static enum status make_plan(const struct train_config *config, enum backend backend, int actions,
                             double seconds, struct plan *plan, struct error *error) {
    enum observation_preset preset;
    enum trunk trunk;
    if (!observation_from_name(config->observation, &preset) ||
        !trunk_from_name(config->network, &trunk))
        return error_set(error, STATUS_BAD_INPUT, "there is no observation '%s' or network '%s'",
                         config->observation, config->network);
    *plan = (struct plan){
        .spec = {.trunk = trunk,
                 .heads = HEADS_POLICY_VALUE,
                 .channels = observation_channels(preset),
                 .height = OBSERVATION_SIZE,
                 .width = OBSERVATION_SIZE,
                 .actions = actions},
        .backend = backend,
        .batch_size = (int)config->batch_size,
        .seconds = seconds,
    };
    return STATUS_OK;
}

enum status bench_network(const struct train_config *config, enum backend backend, int actions,
                          double seconds, struct bench_network_result *result,
                          struct error *error) {
    struct plan plan;
    double means[PARALLEL_MAX_NUMBERS];
    enum status status = make_plan(config, backend, actions, seconds, &plan, error);
    if (status == STATUS_OK)
        status = parallel_run(measure, &plan, means, error);
    if (status != STATUS_OK)
        return status;
    *result = (struct bench_network_result){
        .processors = process_cpu_count(),
        .best_forward_seconds = INFINITY,
        .train_seconds = means[BENCH_BATCHES],
        .forward_flop = network_forward_flop(&plan.spec),
    };
    for (int i = 0; i < BENCH_BATCHES; i++) {
        result->batches[i] = batch_sizes[i];
        result->forward_seconds[i] = means[i];
        result->best_forward_seconds = fmin(result->best_forward_seconds, means[i]);
    }
    return STATUS_OK;
}
