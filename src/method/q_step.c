#include "method/q_step.h"

bool q_step(struct trainer *trainer, const struct batch *batch, const float *targets,
            const struct q_loss_settings *settings, struct update *update) {
    const int actions = trainer->request.network->actions;
    const struct network_outputs out = trainer_forward(
        trainer, trainer->params, batch_bytes(batch, STEP_OBSERVATION), batch->count);
    const double loss = q_loss(trainer->d_action, out.action, batch_ints(batch, STEP_ACTION),
                               targets, settings, batch->count, actions);
    double value = 0;
    for (int i = 0; i < batch->count; i++) {
        const float *q = out.action + (ptrdiff_t)i * actions;
        value += (double)q[argmax(q, actions)];
    }
    update_add(update, METRIC_Q_LOSS, loss * batch->count, batch->count);
    update_add(update, METRIC_Q_VALUE, value, batch->count);
    return trainer_step(trainer, batch->count, update);
}
