#include "method/statistics.h"

#include "algorithm/algorithm.h"

#include <float.h>
#include <math.h>
#include <string.h>

/*
 * Statistics are among the network's parameters, so actors get them with the weights, and weight
 * files and checkpoints contain them. Beyond this number of samples the oldest fade; a float counts
 * no further.
 */
static const double window = 16777216;

/* The same for returns, which grow as the agent learns. */
static const double return_window = 1048576;

static bool are_floats(const double *numbers, int count) {
    for (int i = 0; i < count; i++)
        if (!(fabs(numbers[i]) <= (double)FLT_MAX))
            return false;
    return true;
}

/* ---- Shares of a batch ----------------------------------------------------------------------- */

/* New numbers for running moments: those of a batch, or of a rank's share of one. */
struct addition {
    const struct network_spec *network; /* if they are observations; otherwise NULL */
    const void *samples;
    int count, size;
};

static void add(const struct addition *addition, double *means, double *squares, double *seen) {
    const struct network_spec *network = addition->network;
    if (network && !trunk_takes_vectors(network->trunk))
        moments_add_pixels(means, squares, seen, addition->samples, addition->count, addition->size,
                           network->height * network->width);
    else
        moments_add(means, squares, seen, addition->samples, addition->count, addition->size);
}

/*
 * The same for a whole batch; the addition is this rank's share. Ranks sum the gaps to the old
 * means, which all of them have, so all get the same bits. sums: scratch of 2 size + 1 numbers.
 * False: the other ranks are out of reach.
 */
static bool add_shares(const struct trainer_ranks *ranks, const struct addition *addition,
                       double *means, double *squares, double *seen, double *sums) {
    const int size = addition->size;
    double *gaps = sums;
    double *gaps_squared = sums + size;
    double *count = sums + (ptrdiff_t)2 * size;
    memset(sums, 0, (2 * (size_t)size + 1) * sizeof *sums);
    add(addition, gaps, gaps_squared, count);
    for (int i = 0; i < size; i++) {
        const double gap = gaps[i] - means[i];
        gaps[i] = gap * *count;
        gaps_squared[i] += gap * gap * *count;
    }
    if (!ranks->sum_reals(ranks->context, sums, 2 * (size_t)size + 1))
        return false;
    for (int i = 0; i < size; i++) {
        means[i] += gaps[i] / (*seen + *count);
        squares[i] += gaps_squared[i] - gaps[i] * gaps[i] / (*seen + *count);
    }
    *seen += *count;
    return true;
}

static bool count_all(const struct trainer *trainer, const struct addition *addition, double *means,
                      double *squares, double *seen, double *scratch) {
    const struct trainer_ranks *ranks = &trainer->request.ranks;
    if (ranks->count > 1)
        return add_shares(ranks, addition, means, squares, seen, scratch);
    add(addition, means, squares, seen);
    return true;
}

/* ---- Counting -------------------------------------------------------------------------------- */

void trainer_count_observations(struct trainer *trainer, const struct batch *batch) {
    const struct network_spec *network = trainer->request.network;
    const struct network_statistics statistics =
        network_observation_statistics(network, trainer->params);
    const int channels = statistics.channels;
    double *means = trainer->moments;
    double *squares = trainer->moments + channels;
    double seen = channels > 0 ? (double)*statistics.count : 0;
    if (channels == 0 || batch->count == 0)
        return;
    for (int i = 0; i < channels; i++) {
        means[i] = (double)statistics.means[i];
        squares[i] = (double)statistics.variances[i] * seen;
    }
    const struct addition addition = {.network = network,
                                      .samples = batch_bytes(batch, STEP_OBSERVATION),
                                      .count = batch->count,
                                      .size = channels};
    if (!count_all(trainer, &addition, means, squares, &seen, squares + channels) ||
        !are_floats(means, 2 * channels))
        return;
    for (int i = 0; i < channels; i++) {
        statistics.means[i] = (float)means[i];
        statistics.variances[i] = (float)(squares[i] / seen);
    }
    *statistics.count = (float)fmin(seen, window);
}

void trainer_count_returns(struct trainer *trainer, const float *returns, int count) {
    const struct network_spec *network = trainer->request.network;
    const struct network_statistics statistics =
        network_return_statistics(network, trainer->params);
    const struct addition addition = {.samples = returns, .count = count, .size = 1};
    double scratch[3];
    if (statistics.channels == 0 || count == 0)
        return;
    double seen = (double)*statistics.count;
    double moments[] = {(double)statistics.means[0], (double)statistics.variances[0] * seen};
    if (count_all(trainer, &addition, &moments[0], &moments[1], &seen, scratch) &&
        are_floats(moments, 2))
        network_set_return_statistics(network, trainer->params, (float)moments[0],
                                      (float)(moments[1] / seen), (float)fmin(seen, return_window));
}

/* ---- Units of the value's head --------------------------------------------------------------- */

static void normalize(float *out, const float *values, int count, float mean, float deviation) {
    for (int i = 0; i < count; i++)
        out[i] = (values[i] - mean) / deviation;
}

const float *trainer_use_units(struct trainer *trainer, const float *values, float *returns,
                               float *advantages, float *old_values, int count) {
    const struct network_statistics statistics =
        network_return_statistics(trainer->request.network, trainer->params);
    if (statistics.channels == 0)
        return values;
    const float mean = statistics.means[0];
    const float deviation = network_return_deviation(&statistics);
    normalize(trainer->values, values, count, mean, deviation);
    normalize(returns, returns, count, mean, deviation);
    if (advantages)
        normalize(advantages, advantages, count, 0, deviation);
    if (old_values)
        normalize(old_values, old_values, count, mean, deviation);
    return trainer->values;
}

void trainer_leave_units(struct trainer *trainer, int count) {
    const struct network_statistics statistics =
        network_return_statistics(trainer->request.network, trainer->params);
    const float deviation = network_return_deviation(&statistics);
    for (int i = 0; i < count && statistics.channels > 0; i++)
        trainer->d_value[i] /= deviation;
}
