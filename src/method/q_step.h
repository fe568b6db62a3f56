/* The step of learning that all Q methods share. Private to the method room; the learner's. */
#ifndef ASYNCRL_METHOD_Q_STEP_H
#define ASYNCRL_METHOD_Q_STEP_H

#include "algorithm/algorithm.h"
#include "method/method.h"

/*
 * Moves Q of a batch's actions towards targets (count) by one step of the optimizer, and adds loss
 * and value to the update. False if the step is not sound and was not taken.
 */
bool q_step(struct trainer *trainer, const struct batch *batch, const float *targets,
            const struct q_loss_settings *settings, struct update *update);

#endif
