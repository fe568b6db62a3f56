/*
 * PPO: proximal policy optimization with a clipped objective (arXiv 1707.06347).
 *
 * Actors record the log-probability of each action and the value of each state, and estimate
 * advantages from them (GAE) when a segment closes. The learner passes over a batch several times,
 * each time in new random minibatches.
 */
#include "algorithm/algorithm.h"
#include "method/entropy.h"
#include "method/method.h"

#include <math.h>
#include <stddef.h>

struct ppo {
    double gae_lambda;
    double clip;
    double clip_final;
    double clip_value;
    struct entropy entropy;
    double value_coef;
    double target_kl;
    double kl_lr;
    int64_t epochs;
    int64_t minibatch_size;
    bool normalize_advantages;
};
METHOD_SETTINGS(struct ppo)

static const struct option options[] = {
    REAL_OPTION("gae_lambda", struct ppo, gae_lambda, "0.95", 0, 1, "X",
                "how far advantages look ahead: 0: one step, 1: to the segment's end"),
    REAL_OPTION("clip", struct ppo, clip, "0.1", 0, 10, "X",
                "gain nothing from a ratio of probabilities farther from 1 than this"),
    REAL_OPTION("clip_final", struct ppo, clip_final, "-1", -1, 10, "X",
                "final --clip, to which it falls over --total_steps, or 10 million; -1: it does "
                "not fall"),
    INT_OPTION("epochs", struct ppo, epochs, "4", 1, 1000, "N", "passes over a batch"),
    INT_OPTION("minibatch_size", struct ppo, minibatch_size, "256", 1, NETWORK_MAX_BATCH, "N",
               "transitions in one step of the optimizer", .flags = OPTION_FIXED),
    REAL_OPTION("ent_coef", struct ppo, entropy.coef, "0.01", 0, 10, "X", "weight of the entropy",
                .alias = "beta"),
    REAL_OPTION("value_coef", struct ppo, value_coef, "0.5", 0, 100, "X",
                "weight of the value's loss, 1/2 (R - V)^2"),
    REAL_OPTION("clip_value", struct ppo, clip_value, "0.1", 0, 1e9, "X",
                "gain nothing from a value farther from the actor's than this; 0 disables it"),
    FLAG_OPTION("normalize_advantages", struct ppo, normalize_advantages, "true",
                "give advantages mean 0 and deviation 1 in each minibatch; =false: leave them"),
    REAL_OPTION("target_kl", struct ppo, target_kl, "0", 0, 1e9, "X",
                "leave a batch once a minibatch's policy is 1.5 times this away from the actors', "
                "in nats; 0 disables it"),
    REAL_OPTION("kl_lr", struct ppo, kl_lr, "0", 0, 1e9, "X",
                "steer the learning rate, from 1e-6 to 0.01, so that an epoch's policy is about "
                "this away from the actors', in nats; 0 disables it"),
    {0},
};
const struct option_part method_ppo_options[] = {
    {.options = method_steps_options},
    METHOD_SETTINGS_PART(options),
    {.options = entropy_options,
     .offset = offsetof(struct method_config, settings) + offsetof(struct ppo, entropy)},
    {0}};

/* 8 environments of 128 steps; CleanRL's constants for Atari. Each ring has room for an actor's
 * round in which games end early. */
const struct option_default method_ppo_defaults[] = {
    {"envs_per_process", "2"},
    {"n_step", "128"},
    {"batch_size", "1024"},
    {"queue_size", "4096"},
    {"swap_freq", "1"},
    {"lr", "0.00025"},
    {"steps", "0"},
    {"optimizer", "adam"},
    {"adam_eps", "1e-05"},
    {"max_grad_norm", "0.5"},
    {0},
};

static int minibatch(const struct method_config *config) {
    return (int)settings_of(config)->minibatch_size;
}

static enum status check(const struct method_config *config, int batch_size, struct error *error) {
    return method_check_minibatch(minibatch(config), batch_size, error);
}

/* ---- Acting ---------------------------------------------------------------------------------- */

enum { LOG_PROBABILITIES = STEP_OWN, VALUES, ADVANTAGES, RETURNS };

static const struct step_field fields[] = {
    [STEP_OBSERVATION] = {"observations", .kind = FIELD_STEP},
    [STEP_ACTION] = {"actions", FIELD_STEP, .bytes = sizeof(int32_t)},
    [STEP_REWARD] = {"rewards", FIELD_ACTOR, .bytes = sizeof(float)},
    [LOG_PROBABILITIES] = {"log_probabilities", FIELD_STEP, .bytes = sizeof(float)},
    [VALUES] = {"values", FIELD_STEP, .bytes = sizeof(float)},
    [ADVANTAGES] = {"advantages", FIELD_STEP, .bytes = sizeof(float)},
    [RETURNS] = {"returns", FIELD_STEP, .bytes = sizeof(float)},
    {0},
};

static const struct step_field *list_fields(const struct method_config *config) {
    (void)config;
    return fields;
}

static void act(const struct acting *acting) {
    const struct distribution *policy = acting->policy;
    void *action = acting_action(acting);
    policy->sample(action, acting->scratch, acting->output, acting->parts, acting->actions,
                   acting->rng);
    segment_floats(acting->segment, acting->layout, LOG_PROBABILITIES)[acting->step] =
        (float)policy->log_probability(acting->output, action, acting->parts, acting->actions);
    segment_floats(acting->segment, acting->layout, VALUES)[acting->step] = acting->value;
}

static int32_t close_segment(const struct acting *end) {
    gae(segment_floats(end->segment, end->layout, ADVANTAGES),
        segment_floats(end->segment, end->layout, RETURNS),
        segment_floats(end->segment, end->layout, STEP_REWARD),
        segment_floats(end->segment, end->layout, VALUES), end->output ? end->value : 0,
        (float)end->config->gamma, (float)settings_of(end->config)->gae_lambda,
        end->segment->length);
    return NO_ACTION;
}

/* ---- Learning -------------------------------------------------------------------------------- */

/* Computes loss and gradients of a minibatch, and normalizes its advantages. */
static struct ppo_loss find_loss(struct trainer *trainer, struct batch *part,
                                 struct update *update) {
    const struct method_config *config = trainer->request.config;
    const struct ppo *ppo = settings_of(config);
    const float clip = method_present(config, ppo->clip, ppo->clip_final, 0, trainer->steps);
    const struct ppo_settings settings = {.clip = clip,
                                          .value_clip = (float)ppo->clip_value,
                                          .value_coef = (float)ppo->value_coef,
                                          .entropy_coef = entropy_weight(&ppo->entropy, trainer)};
    const struct network_outputs out = trainer_forward_batch(trainer, part);
    const float *value =
        trainer_use_units(trainer, out.value, batch_floats(part, RETURNS),
                          batch_floats(part, ADVANTAGES), batch_floats(part, VALUES), part->count);
    const struct network_spec *network = trainer->request.network;
    const struct ppo_samples samples = {.policy =
                                            distribution_of(network->gaussian, &network->parts),
                                        .parts = &network->parts,
                                        .outputs = out.action,
                                        .value = value,
                                        .actions = part->arrays[STEP_ACTION],
                                        .old_log_probs = batch_floats(part, LOG_PROBABILITIES),
                                        .old_values = batch_floats(part, VALUES),
                                        .advantages = batch_floats(part, ADVANTAGES),
                                        .returns = batch_floats(part, RETURNS)};
    if (ppo->normalize_advantages)
        normalize_advantages(batch_floats(part, ADVANTAGES), part->count);
    const struct ppo_loss loss = ppo_loss(trainer->d_action, trainer->d_value, &samples, &settings,
                                          part->count, network->actions);
    trainer_leave_units(trainer, part->count);
    update_add(update, METRIC_POLICY_LOSS, loss.policy * part->count, part->count);
    update_add(update, METRIC_VALUE_LOSS, loss.value * part->count, part->count);
    update_add(update, METRIC_ENTROPY, loss.entropy * part->count, part->count);
    update_add(update, METRIC_KL, loss.kl * part->count, part->count);
    update_add(update, METRIC_CLIP_FRACTION, loss.clip_fraction * part->count, part->count);
    return loss;
}

/* Stable-Baselines3's margin: it stops before the step of a minibatch that is this far away. */
static const double KL_MARGIN = 1.5;

/* The bounds of rl_games' adaptive scheduler. */
static const double LOWEST_STEERED_LR = 1e-6;
static const double HIGHEST_STEERED_LR = 1e-2;

/* kl: the mean of an epoch, or of the part of it that was not left out. */
static void steer_lr(struct trainer *trainer, double kl) {
    const double target = settings_of(trainer->request.config)->kl_lr;
    if (target <= 0)
        return;
    kl = trainer_mean(trainer, kl);
    const double rate = trainer->learning_rate * trainer->kept.lr_factor;
    trainer->kept.lr_factor =
        lr_for_kl(rate, kl, target, LOWEST_STEERED_LR, HIGHEST_STEERED_LR) / trainer->learning_rate;
}

/* An infinite KL is left to trainer_step, which finds the update unsound. */
static bool is_too_far(struct trainer *trainer, double kl, double target_kl) {
    const double mean = trainer_mean(trainer, kl);
    return isfinite(mean) && mean > KL_MARGIN * target_kl;
}

/* One pass over the batch; false if it must be the last. */
static bool learn_epoch(struct trainer *trainer, const struct batch *batch, struct update *update) {
    const double target_kl = settings_of(trainer->request.config)->target_kl;
    double kl = 0;
    struct batch *part;
    trainer_shuffle(trainer, batch->count);
    for (int first = 0; (part = trainer_minibatch(trainer, batch, first)); first += part->count) {
        const struct ppo_loss loss = find_loss(trainer, part, update);
        if (target_kl > 0 && is_too_far(trainer, loss.kl, target_kl)) {
            steer_lr(trainer, (kl * batch->count + loss.kl * part->count) / (first + part->count));
            return false;
        }
        if (!trainer_step(trainer, part->count, update))
            return false;
        kl += loss.kl * part->count / batch->count;
    }
    steer_lr(trainer, kl);
    return true;
}

static void learn(struct trainer *trainer, struct batch *batch, struct update *update) {
    const struct ppo *ppo = settings_of(trainer->request.config);
    const float *values = batch_floats(batch, VALUES);
    double value = 0;
    for (int i = 0; i < batch->count; i++)
        value += (double)values[i];
    update_add(update, METRIC_VALUE, value, batch->count);
    update_add_explained_variance(update, batch_floats(batch, RETURNS), values, batch->count);
    trainer_count_returns(trainer, batch_floats(batch, RETURNS), batch->count);
    if (ppo->kl_lr <= 0) /* a checkpoint may have the factor of a --kl_lr given up since */
        trainer->kept.lr_factor = 1;
    for (int64_t i = 0; i < ppo->epochs && learn_epoch(trainer, batch, update); i++)
        ;
}

const struct method method_ppo = {
    .name = "ppo",
    .heads = HEADS_POLICY_VALUE,
    .in_rounds = true,
    .takes_continuous = true,
    .fields = list_fields,
    .check = check,
    .act = act,
    .close = close_segment,
    .minibatch = minibatch,
    .update = learn,
};
