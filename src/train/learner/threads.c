#include "train/learner/threads.h"

#include <math.h>
#include <stdlib.h>

/* The least speed-up for doubling the threads: for less, a core is better left to actors. */
static const double WORTH = 1.3;

/* The least work of an update for each thread: some 27 rows of the network a3c, 8 of nature. On two
 * quiet cores beside four actors, two threads for updates of 20 rows make runs of nature a fifth
 * faster, and those of a3c slower (docs/benchmarks.md). */
static const double LEAST_FLOP = 0.4e9;

enum { REPEATS = 3 };

int choose_threads(int most, double (*seconds_of)(void *context, int threads), void *context) {
    int chosen = 1;
    double seconds = most > 1 ? seconds_of(context, 1) : 0;
    for (int threads = 2; threads <= most; threads *= 2) {
        const double faster = seconds_of(context, threads);
        if (!(faster * WORTH <= seconds))
            break;
        chosen = threads;
        seconds = faster;
    }
    return chosen;
}

/* A batch of zeros: its time does not depend on its contents. */
struct trial {
    const struct run *run;
    int rows;
    uint8_t *observations;
    float *params, *gradients, *d_action, *d_value;
};

static double time_pass(const struct trial *trial, struct network_shards *network) {
    const double start = clock_seconds();
    const struct network_outputs out =
        network_shards_forward(network, trial->params, trial->observations, trial->rows);
    network_shards_backward(network, trial->params, trial->rows, trial->d_action,
                            out.value ? trial->d_value : NULL, trial->gradients);
    return clock_seconds() - start;
}

/* The shortest of several updates after one to warm up; INFINITY if memory or threads run out. */
static double time_batch(void *context, int threads) {
    const struct trial *trial = context;
    struct network_shards *network;
    struct error ignored;
    if (network_shards_create(&trial->run->network, network_backend_default(), trial->rows, threads,
                              false, &network, &ignored) != STATUS_OK)
        return (double)INFINITY;
    double least = (double)INFINITY;
    time_pass(trial, network);
    for (int i = 0; i < REPEATS; i++)
        least = fmin(least, time_pass(trial, network));
    network_shards_destroy(network);
    return least;
}

static int measure(const struct run *run, int rows, int most) {
    const size_t count = (size_t)rows;
    const size_t params = network_param_count(&run->network);
    struct trial trial = {
        .run = run,
        .rows = rows,
        .observations = calloc(count, run->layout.observation_bytes),
        .params = calloc(params, sizeof(float)),
        .gradients = calloc(params, sizeof(float)),
        .d_action = calloc(count * (size_t)network_action_outputs(&run->network), sizeof(float)),
        .d_value = calloc(count, sizeof(float)),
    };
    int threads = 1;
    if (trial.observations && trial.params && trial.gradients && trial.d_action && trial.d_value)
        threads = choose_threads(most, time_batch, &trial);
    free(trial.observations);
    free(trial.params);
    free(trial.gradients);
    free(trial.d_action);
    free(trial.d_value);
    return threads;
}

int useful_threads(const struct network_spec *spec, int rows) {
    const double flop = network_forward_flop(spec) + network_backward_flop(spec);
    return (int)fmin(rows * flop / LEAST_FLOP, TEAM_MAX_MEMBERS);
}

int learner_threads(const struct run *run, int rows) {
    const int asked = (int)run->config->learner_threads;
    if (asked > 0 || run->config->deterministic)
        return asked > 0 ? asked : 1;
    const int cores = process_cpu_count();
    const int useful = useful_threads(&run->network, rows);
    return measure(run, rows, cores < useful ? cores : useful);
}
