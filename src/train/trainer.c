#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum status trainer_open(struct trainer *trainer, const struct run *run, struct error *error) {
    const size_t batch = (size_t)run->config->batch_size;
    const size_t answers = batch * (size_t)run->network.actions;
    const size_t params = network_param_count(&run->network);
    *trainer = (struct trainer){
        .run = run,
        .param_count = params,
        .params = calloc(params, sizeof(float)),
        .gradients = calloc(params, sizeof(float)),
        .d_action = calloc(answers, sizeof(float)),
        .d_value = calloc(batch, sizeof(float)),
        .frozen_q = calloc(answers, sizeof(float)),
        .next_values = calloc(batch, sizeof(float)),
    };
    if (!trainer->params || !trainer->gradients || !trainer->d_action || !trainer->d_value ||
        !trainer->frozen_q || !trainer->next_values)
        return error_set(error, STATUS_FAILED, "out of memory");
    const enum status status =
        optimizer_open(&trainer->optimizer, &run->config->optimizer, params, error);
    if (status != STATUS_OK)
        return status;
    return network_create(&run->network, network_backend_default(), (int)batch, 1,
                          &trainer->network, error);
}

void trainer_close(struct trainer *trainer) {
    network_destroy(trainer->network);
    free(trainer->params);
    optimizer_close(&trainer->optimizer);
    free(trainer->gradients);
    free(trainer->d_action);
    free(trainer->d_value);
    free(trainer->frozen_q);
    free(trainer->next_values);
}

/* Algorithm 1's targets, and their variations. */
static void make_one_step_targets(struct trainer *trainer, struct batch *batch,
                                  const float *frozen) {
    const struct train_config *config = trainer->run->config;
    const int actions = trainer->run->network.actions;
    const float *frozen_q =
        network_forward(trainer->network, frozen, batch->next_observations, batch->count).action;
    if (batch->method->takes_next_action) {
        next_values_taken(trainer->next_values, frozen_q, batch->next_actions, batch->count,
                          actions);
    } else if (config->double_q) {
        memcpy(trainer->frozen_q, frozen_q,
               (size_t)batch->count * (size_t)actions * sizeof *frozen_q);
        const float *q = network_forward(trainer->network, trainer->params,
                                         batch->next_observations, batch->count)
                             .action;
        next_values_double(trainer->next_values, trainer->frozen_q, q, batch->count, actions);
    } else {
        next_values_max(trainer->next_values, frozen_q, batch->count, actions);
    }
    one_step_targets(batch->targets, batch->rewards, batch->terminated, trainer->next_values,
                     (float)config->gamma, batch->count);
}

/* How much of the returns' variance the values foresee, 1 - var(R - V) / var(R), into the run's
 * metrics. There is none of a batch in which all returns are equal. */
static void add_explained_variance(const struct trainer *trainer, const struct batch *batch,
                                   const float *value) {
    double returns = 0, errors = 0, returns_squared = 0, errors_squared = 0;
    for (int i = 0; i < batch->count; i++) {
        const double error = (double)batch->targets[i] - (double)value[i];
        returns += (double)batch->targets[i];
        returns_squared += (double)batch->targets[i] * (double)batch->targets[i];
        errors += error;
        errors_squared += error * error;
    }
    const double variance = returns_squared - returns * returns / batch->count;
    const double unexplained = errors_squared - errors * errors / batch->count;
    const double explained = 1 - unexplained / variance;
    if (variance > 0 && isfinite(explained))
        metric_add(&trainer->run->metrics->learner.sums[METRIC_EXPLAINED_VARIANCE], explained, 1);
}

static struct update_sums policy_update(struct trainer *trainer, const struct batch *batch,
                                        const struct network_outputs *out) {
    const struct train_config *config = trainer->run->config;
    const struct a3c_loss_sums loss =
        a3c_loss(trainer->d_action, trainer->d_value, out->action, out->value, batch->actions,
                 batch->targets, (float)config->beta, (float)config->value_coef, batch->count,
                 trainer->run->network.actions);
    struct update_sums sums = {loss.policy, loss.value, loss.entropy, 0};
    add_explained_variance(trainer, batch, out->value);
    for (int i = 0; i < batch->count; i++)
        sums.value += out->value[i];
    return sums;
}

static struct update_sums q_update(struct trainer *trainer, const struct batch *batch,
                                   const struct network_outputs *out) {
    const int actions = trainer->run->network.actions;
    struct update_sums sums = {0};
    sums.value_loss = batch->count * q_loss(trainer->d_action, out->action, batch->actions,
                                            batch->targets, batch->count, actions);
    for (int i = 0; i < batch->count; i++) {
        const float *q = out->action + (ptrdiff_t)i * actions;
        sums.value += q[argmax(q, actions)];
    }
    return sums;
}

struct update trainer_update(struct trainer *trainer, struct batch *batch, const float *frozen,
                             double learning_rate, struct stage_timer *timer) {
    const bool has_policy = batch->method->has_policy;
    stage_enter(timer, STAGE_FORWARD);
    if (batch->method->one_step)
        make_one_step_targets(trainer, batch, frozen);
    const struct network_outputs out =
        network_forward(trainer->network, trainer->params, batch->observations, batch->count);
    stage_enter(timer, STAGE_OTHER);
    struct update update = {0};
    update.sums = has_policy ? policy_update(trainer, batch, &out) : q_update(trainer, batch, &out);
    stage_enter(timer, STAGE_BACKWARD);
    network_backward(trainer->network, trainer->params, batch->count, trainer->d_action,
                     has_policy ? trainer->d_value : NULL, trainer->gradients);
    stage_enter(timer, STAGE_OPTIMIZER);
    update.gradient_norm = gradient_clip(trainer->gradients, trainer->param_count,
                                         trainer->run->config->optimizer.max_grad_norm);
    update.is_sound = guard_is_sound(&update.sums, update.gradient_norm);
    if (update.is_sound)
        optimizer_step(&trainer->optimizer, trainer->params, trainer->gradients, learning_rate);
    stage_enter(timer, STAGE_OTHER);
    return update;
}
