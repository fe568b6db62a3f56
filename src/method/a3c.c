/* A3C: advantage actor-critic (arXiv 1602.01783, algorithm S3). */
#include "algorithm/algorithm.h"
#include "method/method.h"

struct a3c {
    double beta;
    double value_coef;
};
METHOD_SETTINGS(struct a3c)

static const struct option options[] = {
    REAL_OPTION("beta", struct a3c, beta, "0.003", 0, 10, "X", "weight of the entropy"),
    REAL_OPTION("value_coef", struct a3c, value_coef, "1", 0, 100, "X",
                "weight of the value's loss"),
    {0},
};
const struct option_part method_a3c_options[] = {
    {.options = method_steps_options}, METHOD_SETTINGS_PART(options), {0}};
const struct option_default method_a3c_defaults[] = {{0}};

/* ---- Acting ---------------------------------------------------------------------------------- */

enum { TARGETS = STEP_OWN };

/* Actions have one more, as they have had in all checkpoints. */
static const struct step_field fields[] = {
    [STEP_OBSERVATION] = {"observations", FIELD_STEP, .has_next = true},
    [STEP_ACTION] = {"actions", FIELD_STEP, sizeof(int32_t), .has_next = true},
    [STEP_REWARD] = {"rewards", FIELD_ACTOR, sizeof(float)},
    [TARGETS] = {"targets", FIELD_STEP, sizeof(float)},
    {0},
};

static const struct step_field *list_fields(const struct method_config *config) {
    (void)config;
    return fields;
}

static int32_t act(const struct acting *acting) {
    softmax(acting->scratch, acting->answer, acting->actions);
    return sample_categorical(acting->scratch, acting->actions, acting->rng);
}

/* n-step returns, with the value that the weights that acted give to what follows. */
static int32_t close_segment(const struct acting *end) {
    n_step_returns(segment_floats(end->segment, end->layout, TARGETS),
                   segment_floats(end->segment, end->layout, STEP_REWARD),
                   end->answer ? end->value : 0, (float)end->config->gamma, end->segment->length);
    return NO_ACTION;
}

/* ---- Learning -------------------------------------------------------------------------------- */

static void learn(struct trainer *trainer, struct batch *batch, struct update *update) {
    const struct a3c *a3c = settings_of(trainer->request.config);
    const float *targets = batch_floats(batch, TARGETS);
    const struct network_outputs out = trainer_forward(
        trainer, trainer->params, batch_bytes(batch, STEP_OBSERVATION), batch->count);
    const struct a3c_loss_sums loss =
        a3c_loss(trainer->d_action, trainer->d_value, out.action, out.value,
                 batch_ints(batch, STEP_ACTION), targets, (float)a3c->beta, (float)a3c->value_coef,
                 batch->count, trainer->request.network->actions);
    double value = 0;
    for (int i = 0; i < batch->count; i++)
        value += (double)out.value[i];
    update_add(update, METRIC_POLICY_LOSS, loss.policy, batch->count);
    update_add(update, METRIC_VALUE_LOSS, loss.value, batch->count);
    update_add(update, METRIC_ENTROPY, loss.entropy, batch->count);
    update_add(update, METRIC_VALUE, value, batch->count);
    update_add_explained_variance(update, targets, out.value, batch->count);
    trainer_step(trainer, batch->count, update);
}

const struct method method_a3c = {
    .name = "a3c",
    .heads = HEADS_POLICY_VALUE,
    .fields = list_fields,
    .act = act,
    .close = close_segment,
    .update = learn,
};
