#include "bench/bench.h"
#include "bench/parallel.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

static const int many_batches[] = {1, 2, 4, 8, 16, 20, 32, 64, 128, 256};
static const int few_batches[] = {1, 4};

/* The batch sizes at which a backend is measured; returns their number. */
static int batches_of(enum backend backend, const int **batches) {
    const bool slow = backend == BACKEND_REFERENCE;
    *batches = slow ? few_batches : many_batches;
    return slow ? sizeof few_batches / sizeof *few_batches
                : sizeof many_batches / sizeof *many_batches;
}

/* A network with all arrays of a training step, filled with noise. */
struct fixture {
    struct network *network;
    size_t param_count;
    float *params, *gradients, *d_logits, *d_value;
    struct optimizer optimizer;
    void *observations;
};

static enum status open_fixture(struct fixture *fixture,
                                const struct bench_network_request *request, int max_batch,
                                struct error *error) {
    const struct network_spec *spec = &request->spec;
    const size_t batch = (size_t)max_batch;
    const size_t values =
        (size_t)spec->channels * (size_t)spec->height * (size_t)spec->width * batch;
    const bool is_vector = trunk_takes_vectors(spec->trunk);
    fixture->param_count = network_param_count(spec);
    fixture->params = calloc(fixture->param_count, sizeof(float));
    fixture->gradients = calloc(fixture->param_count, sizeof(float));
    fixture->d_logits = calloc(batch * (size_t)network_action_outputs(spec), sizeof(float));
    fixture->d_value = calloc(batch, sizeof(float));
    fixture->observations = calloc(values, is_vector ? sizeof(float) : 1);
    if (!fixture->params || !fixture->gradients || !fixture->d_logits || !fixture->d_value ||
        !fixture->observations)
        return error_set(error, STATUS_FAILED, "out of memory");
    struct rng rng;
    rng_seed(&rng, 1, 0);
    network_initialize(spec, fixture->params, &rng);
    for (size_t i = 0; i < values; i++)
        if (is_vector)
            ((float *)fixture->observations)[i] = (float)rng_uniform(&rng);
        else
            ((uint8_t *)fixture->observations)[i] = (uint8_t)rng_below(&rng, 256);
    for (size_t i = 0; i < batch; i++)
        fixture->d_value[i] = 0.01f;
    const enum status status =
        optimizer_open(&fixture->optimizer, request->optimizer, fixture->param_count, error);
    if (status != STATUS_OK)
        return status;
    return network_create(spec, request->backend, max_batch, 1, &fixture->network, error);
}

static void close_fixture(struct fixture *fixture) {
    network_destroy(fixture->network);
    free(fixture->params);
    optimizer_close(&fixture->optimizer);
    free(fixture->gradients);
    free(fixture->d_logits);
    free(fixture->d_value);
    free(fixture->observations);
}

/* The measured operations, on a fixture. */
typedef void (*bed_work)(struct fixture *fixture, int batch);

static void forward(struct fixture *fixture, int batch) {
    network_forward(fixture->network, fixture->params, fixture->observations, batch);
}

/* After a forward of the same batch. */
static void backward(struct fixture *fixture, int batch) {
    network_backward(fixture->network, fixture->params, batch, fixture->d_logits, fixture->d_value,
                     fixture->gradients);
}

static void update(struct fixture *fixture, int batch) {
    (void)batch;
    optimizer_clip(&fixture->optimizer, fixture->gradients, 0); /* as training does, for the norm */
    optimizer_step(&fixture->optimizer, fixture->params, fixture->gradients, 1e-9);
}

static void train(struct fixture *fixture, int batch) {
    forward(fixture, batch);
    backward(fixture, batch);
    update(fixture, batch);
}

/* Seconds of one call. The first one only warms the caches, unless it alone takes that long. */
static double time_work(struct fixture *fixture, bed_work work, int batch, double seconds) {
    const double first = clock_seconds();
    work(fixture, batch);
    const double start = clock_seconds();
    if (start - first >= seconds)
        return start - first;
    int64_t calls = 0;
    double elapsed;
    do {
        work(fixture, batch);
        calls++;
        elapsed = clock_seconds() - start;
    } while (elapsed < seconds);
    return elapsed / (double)calls;
}

static int train_batch_of(const struct bench_network_request *request) {
    const int *batches;
    const int largest = batches_of(request->backend, &batches);
    const bool is_slow = request->backend == BACKEND_REFERENCE;
    return is_slow && request->batch_size > batches[largest - 1] ? batches[largest - 1]
                                                                 : request->batch_size;
}

/* The places of the figures among a measurement's numbers: forward and backward of a sample at each
 * batch, training a sample, an update. */
enum {
    FORWARDS,
    BACKWARDS = FORWARDS + BENCH_MAX_BATCHES,
    TRAINING = BACKWARDS + BENCH_MAX_BATCHES,
    UPDATE,
};

_Static_assert((int)UPDATE < (int)PARALLEL_MAX_NUMBERS, "each has a place");

static enum status measure(void *context, int index, double *numbers, struct error *error) {
    (void)index;
    const struct bench_network_request *request = context;
    const int *batches;
    const int count = batches_of(request->backend, &batches);
    const int largest = batches[count - 1];
    const int train_batch = train_batch_of(request);
    const int max_batch = train_batch > largest ? train_batch : largest;
    const double seconds = request->seconds / 4;
    struct fixture fixture = {0};
    const enum status status = open_fixture(&fixture, request, max_batch, error);
    for (int i = 0; i < count && status == STATUS_OK; i++) {
        numbers[FORWARDS + i] = time_work(&fixture, forward, batches[i], seconds) / batches[i];
        numbers[BACKWARDS + i] = time_work(&fixture, backward, batches[i], seconds) / batches[i];
    }
    if (status == STATUS_OK) {
        numbers[TRAINING] = time_work(&fixture, train, train_batch, request->seconds) / train_batch;
        numbers[UPDATE] = time_work(&fixture, update, 0, seconds);
    }
    close_fixture(&fixture);
    return status;
}

enum status bench_network(const struct bench_network_request *request,
                          struct bench_network_result *result, struct error *error) {
    struct bench_network_request asked = *request;
    double means[PARALLEL_MAX_NUMBERS];
    const enum status status = parallel_mean(measure, &asked, means, error);
    if (status != STATUS_OK)
        return status;
    const int *batches;
    const int count = batches_of(request->backend, &batches);
    *result = (struct bench_network_result){
        .processors = process_cpu_count(),
        .batch_count = count,
        .best_forward_seconds = INFINITY,
        .train_batch = train_batch_of(request),
        .train_seconds = means[TRAINING],
        .update_seconds = means[UPDATE],
        .forward_flop = network_forward_flop(&request->spec),
        .backward_flop = network_backward_flop(&request->spec),
    };
    for (int i = 0; i < count; i++) {
        result->batches[i] = batches[i];
        result->forward_seconds[i] = means[FORWARDS + i];
        result->backward_seconds[i] = means[BACKWARDS + i];
        result->best_forward_seconds = fmin(result->best_forward_seconds, means[FORWARDS + i]);
    }
    return STATUS_OK;
}

/* ---- Peak ------------------------------------------------------------------------------------ */

struct peak_plan {
    enum backend backend;
    double seconds;
};

/* Three matrices of this side take 12 MiB: a product of them is bound by arithmetic. */
enum { PEAK_SIDE = 1024 };

static enum status measure_peak(void *context, int index, double *numbers, struct error *error) {
    (void)index;
    const struct peak_plan *plan = context;
    const size_t elements = (size_t)PEAK_SIDE * PEAK_SIDE;
    float *arrays = calloc(3 * elements + PEAK_SIDE, sizeof *arrays);
    if (!arrays)
        return error_set(error, STATUS_FAILED, "out of memory");
    float *in = arrays + elements;
    float *kernel = in + elements;
    for (size_t i = 0; i < 2 * elements; i++)
        in[i] = (float)(i % 7) - 3;
    double best = INFINITY; /* the peak is of the best product, not of the mean */
    const double end = clock_seconds() + plan->seconds;
    while (clock_seconds() < end) {
        const double start = clock_seconds();
        network_dense(plan->backend, arrays, in, kernel, kernel + elements, PEAK_SIDE, PEAK_SIDE,
                      PEAK_SIDE);
        best = fmin(best, clock_seconds() - start);
    }
    numbers[0] = 2.0 * PEAK_SIDE * PEAK_SIDE * PEAK_SIDE / best;
    free(arrays);
    return STATUS_OK;
}

enum status bench_peak(enum backend backend, double seconds, double *flop_per_second,
                       struct error *error) {
    struct peak_plan plan = {backend, seconds};
    double means[PARALLEL_MAX_NUMBERS];
    const enum status status = parallel_mean(measure_peak, &plan, means, error);
    *flop_per_second = means[0];
    return status;
}
