/*
 * A3C: advantage actor-critic (arXiv 1602.01783, algorithm S3). The learner takes the actors'
 * returns, or with --vtrace corrects for the age of its experience (arXiv 1802.01561).
 */
#include "algorithm/algorithm.h"
#include "method/entropy.h"
#include "method/method.h"
#include "method/trust_region.h"

#include <stddef.h>
#include <string.h>

struct a3c {
    struct entropy entropy;
    double value_coef;
    double max_kl;
    bool vtrace;
    bool normalize_advantages;
};
METHOD_SETTINGS(struct a3c)

static const struct option options[] = {
    REAL_OPTION("beta", struct a3c, entropy.coef, "0.003", 0, 10, "X",
                "weight of the entropy; also --ent_coef", .alias = "ent_coef"),
    REAL_OPTION("value_coef", struct a3c, value_coef, "1", 0, 100, "X",
                "weight of the value's loss"),
    REAL_OPTION(
        "max_kl", struct a3c, max_kl, "0", 0, 1e9, "X",
        "shorten a step that changes policy and values by more than this, in nats; 0 disables it"),
    FLAG_OPTION("vtrace", struct a3c, vtrace, "false",
                "correct for the age of experience by V-trace", .flags = OPTION_FIXED),
    FLAG_OPTION("normalize_advantages", struct a3c, normalize_advantages, "false",
                "give advantages mean 0 and deviation 1 in each batch"),
    {0},
};
const struct option_part method_a3c_options[] = {
    {.options = method_steps_options},
    METHOD_SETTINGS_PART(options),
    {.options = entropy_options,
     .offset = offsetof(struct method_config, settings) + offsetof(struct a3c, entropy)},
    {0}};
const struct option_default method_a3c_defaults[] = {{0}};

/* ---- Acting ---------------------------------------------------------------------------------- */

enum {
    TARGETS = STEP_OWN, /* for the value */
    PLAIN_ADVANTAGES,
    /* With V-trace, which has other advantages: */
    LOG_PROBABILITIES = STEP_OWN + 1, /* of the actions, under the policy that chose them */
    TERMINATED,
    CUT,
    CUT_OBSERVATIONS,
    CUT_VALUES,
    LOG_RATIOS,
    ADVANTAGES
};

/* Actions have one element more, as in all earlier checkpoints. */
static const struct step_field fields[] = {
    [STEP_OBSERVATION] = {"observations", FIELD_STEP, .has_next = true},
    [STEP_ACTION] = {"actions", FIELD_STEP, sizeof(int32_t), .has_next = true},
    [STEP_REWARD] = {"rewards", FIELD_ACTOR, .bytes = sizeof(float)},
    [TARGETS] = {"targets", FIELD_STEP, .bytes = sizeof(float)},
    [PLAIN_ADVANTAGES] = {"advantages", FIELD_UPDATE, .bytes = sizeof(float)},
    {0},
};

static const struct step_field vtrace_fields[] = {
    [STEP_OBSERVATION] = {"observations", FIELD_STEP, .has_next = true},
    [STEP_ACTION] = {"actions", FIELD_STEP, .bytes = sizeof(int32_t)},
    [STEP_REWARD] = {"rewards", FIELD_STEP, .bytes = sizeof(float)},
    [TARGETS] = {"targets", FIELD_UPDATE, .bytes = sizeof(float)},
    [LOG_PROBABILITIES] = {"log_probabilities", FIELD_STEP, .bytes = sizeof(float)},
    [TERMINATED] = {"terminated", .kind = FIELD_TERMINATED},
    [CUT] = {"cut", .kind = FIELD_CUT},
    [CUT_OBSERVATIONS] = {"cut_observations", FIELD_CUT_NEXT, .source = STEP_OBSERVATION},
    [CUT_VALUES] = {"cut_values", FIELD_UPDATE, .bytes = sizeof(float)},
    [LOG_RATIOS] = {"log_ratios", FIELD_UPDATE, .bytes = sizeof(float)},
    [ADVANTAGES] = {"advantages", FIELD_UPDATE, .bytes = sizeof(float)},
    {0},
};

static const struct step_field *list_fields(const struct method_config *config) {
    return settings_of(config)->vtrace ? vtrace_fields : fields;
}

static void act(const struct acting *acting) {
    const struct distribution *policy = acting->policy;
    void *action = acting_action(acting);
    policy->sample(action, acting->scratch, acting->output, acting->parts, acting->actions,
                   acting->rng);
    if (settings_of(acting->config)->vtrace)
        segment_floats(acting->segment, acting->layout, LOG_PROBABILITIES)[acting->step] =
            (float)policy->log_probability(acting->output, action, acting->parts, acting->actions);
}

/* n-step returns, bootstrapped with the value under the weights that acted. */
static int32_t close_segment(const struct acting *end) {
    if (!settings_of(end->config)->vtrace)
        n_step_returns(segment_floats(end->segment, end->layout, TARGETS),
                       segment_floats(end->segment, end->layout, STEP_REWARD),
                       end->output ? end->value : 0, (float)end->config->gamma,
                       end->segment->length);
    return NO_ACTION;
}

/* ---- Learning -------------------------------------------------------------------------------- */

/* Fills in the present values of the states after cut steps. */
static void value_cuts(struct trainer *trainer, struct batch *batch) {
    if (batch->cut_count == 0)
        return;
    const struct network_outputs out = trainer_forward_cuts(trainer, batch, CUT_OBSERVATIONS);
    memcpy(batch_floats(batch, CUT_VALUES), out.value,
           (size_t)batch->cut_count * sizeof *out.value);
}

/* Fills in targets and advantages; out: the network's outputs for the batch. */
static void correct(const struct trainer *trainer, struct batch *batch,
                    const struct network_outputs *out) {
    const struct network_spec *network = trainer->request.network;
    const struct distribution *policy = distribution_of(network->gaussian, &network->parts);
    const int actions = network->actions;
    float *log_ratios = batch_floats(batch, LOG_RATIOS);
    for (int i = 0; i < batch->count; i++)
        log_ratios[i] = (float)policy->log_probability(out->action + (ptrdiff_t)i * actions,
                                                       batch_ints(batch, STEP_ACTION) + i,
                                                       &network->parts, actions) -
                        batch_floats(batch, LOG_PROBABILITIES)[i];
    const struct vtrace_samples samples = {
        .rewards = batch_floats(batch, STEP_REWARD),
        .values = out->value,
        .log_ratios = log_ratios,
        .terminated = batch_bools(batch, TERMINATED),
        .cut = batch_bools(batch, CUT),
        .cut_values = batch_floats(batch, CUT_VALUES),
        .cut_count = batch->cut_count,
    };
    vtrace(batch_floats(batch, TARGETS), batch_floats(batch, ADVANTAGES), &samples,
           (float)trainer->request.config->gamma, batch->count);
}

/* The advantages of the batch, in the value head's units like targets and values. NULL: the loss
 * computes targets less values. */
static float *find_advantages(struct trainer *trainer, struct batch *batch, const float *values) {
    const struct a3c *a3c = settings_of(trainer->request.config);
    float *advantages = batch_floats(batch, a3c->vtrace ? ADVANTAGES : PLAIN_ADVANTAGES);
    if (!a3c->vtrace && !a3c->normalize_advantages)
        return NULL;
    for (int i = 0; i < batch->count && !a3c->vtrace; i++)
        advantages[i] = batch_floats(batch, TARGETS)[i] - values[i];
    if (a3c->normalize_advantages)
        normalize_advantages(advantages, batch->count);
    return advantages;
}

static void learn(struct trainer *trainer, struct batch *batch, struct update *update) {
    const struct a3c *a3c = settings_of(trainer->request.config);
    float *targets = batch_floats(batch, TARGETS);
    if (a3c->vtrace)
        value_cuts(trainer, batch);
    const struct network_outputs out = trainer_forward_batch(trainer, batch);
    if (a3c->vtrace)
        correct(trainer, batch, &out);
    double value = 0;
    for (int i = 0; i < batch->count; i++)
        value += (double)out.value[i];
    update_add_explained_variance(update, targets, out.value, batch->count);
    trainer_count_returns(trainer, targets, batch->count);
    const float *values =
        trainer_use_units(trainer, out.value, targets,
                          a3c->vtrace ? batch_floats(batch, ADVANTAGES) : NULL, NULL, batch->count);
    const struct a3c_loss_sums loss =
        a3c_loss(trainer->d_action, trainer->d_value, out.action, values,
                 batch_ints(batch, STEP_ACTION), targets, find_advantages(trainer, batch, values),
                 entropy_weight(&a3c->entropy, trainer), (float)a3c->value_coef,
                 &trainer->request.network->parts, batch->count, trainer->request.network->actions);
    trainer_leave_units(trainer, batch->count);
    update_add(update, METRIC_POLICY_LOSS, loss.policy, batch->count);
    update_add(update, METRIC_VALUE_LOSS, loss.value, batch->count);
    update_add(update, METRIC_ENTROPY, loss.entropy, batch->count);
    update_add(update, METRIC_VALUE, value, batch->count);
    if (a3c->max_kl > 0)
        trust_region_begin(trainer, &out, batch);
    if (trainer_step(trainer, batch->count, update) && a3c->max_kl > 0)
        trust_region_end(trainer, a3c->max_kl, update);
}

const struct method method_a3c = {
    .name = "a3c",
    .heads = HEADS_POLICY_VALUE,
    .sums_loss = true,
    .fields = list_fields,
    .act = act,
    .close = close_segment,
    .update = learn,
};
