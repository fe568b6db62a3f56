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
 * For a short step the KL divergence grows with the square of its length, so the step is scaled by
 * the square root of the wanted ratio. For a long step that is a guess, which is not checked.
 */
#include "method/trust_region.h"
#include "algorithm/algorithm.h"

#include <math.h>
#include <string.h>

/* One row in four is measured. A forward pass over all rows would make an update a third longer. */
enum { ROWS_PER_MEASURED = 4 };

/* Whole sequences, and at least one. */
static int measured_rows(const struct trainer *trainer, int rows) {
    const int steps = trainer->sequence_steps;
    const int sequences = rows / ROWS_PER_MEASURED / steps;
    return sequences > 0 ? sequences * steps : steps;
}

void trust_region_begin(struct trainer *trainer, const struct network_outputs *outputs, int rows) {
    const size_t actions = (size_t)network_action_outputs(trainer->request.network);
    const size_t measured = (size_t)measured_rows(trainer, rows);
    memcpy(trainer->old_params, trainer->params, trainer->param_count * sizeof(float));
    memcpy(trainer->old_logits, outputs->action, measured * actions * sizeof(float));
    memcpy(trainer->old_values, outputs->value, measured * sizeof(float));
}

/* The loss divides values by it. */
static double value_deviation(const struct trainer *trainer) {
    const struct network_statistics statistics =
        network_return_statistics(trainer->request.network, trainer->params);
    return statistics.channels > 0 ? (double)network_return_deviation(&statistics) : 1;
}

static double measure_kl(struct trainer *trainer, const struct batch *batch) {
    const int actions = trainer->request.network->actions;
    const double deviation = value_deviation(trainer);
    struct batch part = *batch;
    double kl = 0;
    part.count = measured_rows(trainer, batch->count);
    const struct network_outputs now = trainer_forward_batch(trainer, &part);
    for (int i = 0; i < part.count; i++) {
        const double gap = (double)(now.value[i] - trainer->old_values[i]) / deviation;
        kl += categorical_kl(trainer->old_logits + (ptrdiff_t)i * actions,
                             now.action + (ptrdiff_t)i * actions, actions) +
              gap * gap / 2;
    }
    return trainer_mean(trainer, kl / part.count);
}

void trust_region_end(struct trainer *trainer, const struct batch *batch, double max_kl,
                      struct update *update) {
    const double kl = measure_kl(trainer, batch);
    if (!isfinite(kl))
        return; /* the next update finds that the ranks are lost */
    update_add(update, METRIC_KL, kl, 1);
    if (kl <= max_kl)
        return;
    const float kept = (float)sqrt(max_kl / kl);
    for (size_t i = 0; i < trainer->param_count; i++)
        trainer->params[i] =
            trainer->old_params[i] + kept * (trainer->params[i] - trainer->old_params[i]);
}
