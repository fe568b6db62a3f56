#include "method/statistics.h"

#include "algorithm/algorithm.h"

#include <float.h>
#include <math.h>

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
    if (trunk_takes_vectors(network->trunk))
        moments_add(means, squares, &seen, batch_floats(batch, STEP_OBSERVATION), batch->count,
                    channels);
    else
        moments_add_pixels(means, squares, &seen, batch_bytes(batch, STEP_OBSERVATION),
                           batch->count, channels, network->height * network->width);
    if (!are_floats(means, 2 * channels))
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
    if (statistics.channels == 0 || count == 0)
        return;
    double seen = (double)*statistics.count;
    double moments[] = {(double)statistics.means[0], (double)statistics.variances[0] * seen};
    moments_add(&moments[0], &moments[1], &seen, returns, count, 1);
    if (are_floats(moments, 2))
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
