/*
 * A trust region, as in TRPO (Schulman et al., arXiv 1502.05477), for one step of any optimizer. As
 * in ACKTR (Wu et al., arXiv 1708.05144, section 3.1), policy and value together are a
 * distribution, in which the value is the mean of a Gaussian with variance 1.
 *
 * An adaptive optimizer scales all its steps to about the same length. If the gradients of a batch
 * agree with each other, because all of its values are too low, say, such a step may change values
 * and policy a hundred times as much as usual. The next step then overshoots in the other
 * direction, and after a few updates the policy is certain of one action.
 *
 * Therefore the limit falls for such steps: one that would change the outputs by d > X may change
 * them by X * X / d. With X for all of them, large updates kept each other going in series of up to
 * 90, and some series made a policy forget what it knew (docs/results). Estimators of location
 * with a redescending influence treat outliers alike (Hampel et al., Robust Statistics, 1986).
 *
 * For a short step the KL divergence grows with the square of its length, so the step is scaled by
 * the square root of the wanted ratio. For a long step it grows more slowly, so the shortened step
 * is still too long; it is measured again.
 */
#include "method/trust_region.h"
#include "algorithm/algorithm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One row in four is measured. A forward pass over all rows would make an update a third longer. */
enum { ROWS_PER_MEASURED = 4 };

/* A step is measured at most MOST_MEASUREMENTS times. Once shortened, it may exceed what is
 * allowed by the factor SLACK. */
enum { MOST_MEASUREMENTS = 6 };
static const double SLACK = 1.5;

/* Chooses whole sequences, spread over the batch so that each game has a part in them. */
static void choose_rows(struct trust_region *region, int count, int stride, int steps) {
    for (int i = 0; i < count; i++)
        region->rows[i] = i / steps * stride * steps + i % steps;
}

enum status trust_region_open(struct trainer *trainer, struct error *error) {
    struct trust_region *region = &trainer->trust_region;
    const int steps = trainer->sequence_steps;
    const int sequences = trainer->rows / steps;
    const int measured = sequences < ROWS_PER_MEASURED ? 1 : sequences / ROWS_PER_MEASURED;
    const int rows = measured * steps;
    const size_t outputs = (size_t)network_action_outputs(trainer->request.network);
    region->params = calloc(trainer->param_count, sizeof(float));
    region->logits = calloc((size_t)rows * outputs, sizeof(float));
    region->values = calloc((size_t)rows, sizeof(float));
    region->rows = calloc((size_t)rows, sizeof(int32_t));
    if (!region->params || !region->logits || !region->values || !region->rows)
        return error_set(error, STATUS_FAILED, "out of memory");
    choose_rows(region, rows, sequences / measured, steps);
    return batch_create(&region->measured, trainer->request.layout, rows, error);
}

void trust_region_close(struct trainer *trainer) {
    struct trust_region *region = &trainer->trust_region;
    free(region->params);
    free(region->logits);
    free(region->values);
    free(region->rows);
    batch_destroy(&region->measured);
}

void trust_region_begin(struct trainer *trainer, const struct network_outputs *outputs,
                        const struct batch *batch) {
    struct trust_region *region = &trainer->trust_region;
    const int actions = network_action_outputs(trainer->request.network);
    const int count = region->measured.capacity;
    memcpy(region->params, trainer->params, trainer->param_count * sizeof(float));
    for (int i = 0; i < count; i++) {
        const int32_t row = region->rows[i];
        region->values[i] = outputs->value[row];
        memcpy(region->logits + (ptrdiff_t)i * actions, outputs->action + (ptrdiff_t)row * actions,
               (size_t)actions * sizeof(float));
    }
    batch_gather(&region->measured, batch, region->rows, count);
}

/* The loss divides values by it. */
static double value_deviation(const struct trainer *trainer) {
    const struct network_statistics statistics =
        network_return_statistics(trainer->request.network, trainer->params);
    return statistics.channels > 0 ? (double)network_return_deviation(&statistics) : 1;
}

static double measure_kl(struct trainer *trainer) {
    const struct trust_region *region = &trainer->trust_region;
    const struct network_spec *network = trainer->request.network;
    const int actions = network->actions;
    const double deviation = value_deviation(trainer);
    const int count = region->measured.count;
    double kl = 0;
    const struct network_outputs now = trainer_forward_batch(trainer, &region->measured);
    for (int i = 0; i < count; i++) {
        const double gap = (double)(now.value[i] - region->values[i]) / deviation;
        kl += parts_kl(region->logits + (ptrdiff_t)i * actions, now.action + (ptrdiff_t)i * actions,
                       &network->parts, actions) +
              gap * gap / 2;
    }
    return trainer_mean(trainer, kl / count);
}

static void shorten(struct trainer *trainer, double kept) {
    const float *old = trainer->trust_region.params;
    for (size_t i = 0; i < trainer->param_count; i++)
        trainer->params[i] = old[i] + (float)kept * (trainer->params[i] - old[i]);
}

void trust_region_end(struct trainer *trainer, double max_kl, struct update *update) {
    double allowed = max_kl;
    for (int i = 0; i < MOST_MEASUREMENTS; i++) {
        const double kl = measure_kl(trainer);
        if (!isfinite(kl)) { /* beyond measure; or the ranks are lost, as the next update finds */
            memcpy(trainer->params, trainer->trust_region.params,
                   trainer->param_count * sizeof(float));
            update->is_sound = false;
            return;
        }
        if (i == 0) {
            update_add(update, METRIC_KL, kl, 1);
            allowed = max_kl * fmin(max_kl / kl, 1);
        }
        if (kl <= (i == 0 ? max_kl : SLACK * allowed))
            return;
        shorten(trainer, sqrt(allowed / kl));
    }
}
