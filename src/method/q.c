/*
 * The methods that learn Q: q1, 1-step Q-learning (arXiv 1602.01783, algorithm 1), qn, n-step
 * Q-learning (algorithm S2), and sarsa, 1-step Sarsa (section 4.2).
 *
 * Actors are epsilon-greedy. In qn they compute the returns with the weights that acted. In the
 * one-step methods the learner computes the targets with frozen weights: the actors' weights, or
 * older ones with --target_freq.
 */
#include "algorithm/algorithm.h"
#include "method/exploration.h"
#include "method/method.h"
#include "method/q_step.h"

struct q {
    struct exploration exploration;
    double huber;
    bool mean_over_samples;
    bool double_q;
};
METHOD_SETTINGS(struct q)

static const struct option lr_options[] = {
    INT_OPTION("lr_decay", struct method_config, lr_steps, "80000000", 0, 1e15, "N",
               "steps over which the learning rate falls to 0; 0: --total_steps, or 10 million"),
    {0},
};
static const struct option loss_options[] = {
    REAL_OPTION("huber", struct q, huber, "0", 0, 1e9, "X",
                "an error larger than this weighs by its size, not its square; 0 disables it"),
    FLAG_OPTION("mean_over_samples", struct q, mean_over_samples, "false",
                "average the loss over transitions, not over all their actions as well"),
    {0},
};
static const struct option target_options[] = {
    INT_OPTION("target_freq", struct method_config, target_freq, "0", 0, 1e12, "N",
               "steps between new frozen weights; 0: the actors' weights, see --swap_freq",
               .flags = OPTION_FIXED),
    {0},
};
static const struct option double_options[] = {
    FLAG_OPTION("double_q", struct q, double_q, "false",
                "the learning network picks the action that the frozen one judges",
                .flags = OPTION_FIXED),
    {0},
};

const struct option_part method_q1_options[] = {{.options = lr_options},
                                                {.options = target_options},
                                                METHOD_SETTINGS_PART(exploration_options),
                                                METHOD_SETTINGS_PART(loss_options),
                                                METHOD_SETTINGS_PART(double_options),
                                                {0}};
const struct option_part method_qn_options[] = {{.options = lr_options},
                                                METHOD_SETTINGS_PART(exploration_options),
                                                METHOD_SETTINGS_PART(loss_options),
                                                {0}};
const struct option_part method_sarsa_options[] = {{.options = lr_options},
                                                   {.options = target_options},
                                                   METHOD_SETTINGS_PART(exploration_options),
                                                   METHOD_SETTINGS_PART(loss_options),
                                                   {0}};

#define Q_DEFAULTS                                                                                 \
    {"lr", "0.0001"}, {"swap_freq", "10000"}, {"rho", "0.9"}, {                                    \
        "rms_eps", "1e-07"                                                                         \
    }
const struct option_default method_q1_defaults[] = {Q_DEFAULTS, {0}};
const struct option_default method_qn_defaults[] = {Q_DEFAULTS, {"max_grad_norm", "1"}, {0}};
const struct option_default method_sarsa_defaults[] = {Q_DEFAULTS, {0}};

static enum status check(const struct method_config *config, int batch_size, struct error *error) {
    (void)batch_size;
    return exploration_check(&settings_of(config)->exploration, error);
}

/* ---- Acting ---------------------------------------------------------------------------------- */

enum { TARGETS = STEP_OWN, TERMINATED, NEXT_OBSERVATIONS, NEXT_ACTIONS, NEXT_VALUES };

/* Fields of all these methods, in the order of all earlier checkpoints. */
#define SEGMENT_FIELDS(rewards)                                                                    \
    [STEP_OBSERVATION] = {"observations", FIELD_STEP, .has_next = true},                           \
    [STEP_ACTION] = {"actions", FIELD_STEP, sizeof(int32_t), .has_next = true},                    \
    [STEP_REWARD] = {"rewards", rewards, .bytes = sizeof(float)},                                  \
    [TARGETS] = {"targets", FIELD_STEP, .bytes = sizeof(float)}

static const struct step_field n_step_fields[] = {SEGMENT_FIELDS(FIELD_ACTOR), {0}};

static const struct step_field one_step_fields[] = {
    SEGMENT_FIELDS(FIELD_STEP),
    [TERMINATED] = {"terminated", .kind = FIELD_TERMINATED},
    [NEXT_OBSERVATIONS] = {"next_observations", FIELD_NEXT, .source = STEP_OBSERVATION},
    [NEXT_ACTIONS] = {"next_actions", FIELD_NEXT, .source = STEP_ACTION},
    [NEXT_VALUES] = {"next_values", FIELD_UPDATE, .bytes = sizeof(float)},
    {0},
};

static const struct step_field *list_n_step_fields(const struct method_config *config) {
    (void)config;
    return n_step_fields;
}

static const struct step_field *list_one_step_fields(const struct method_config *config) {
    (void)config;
    return one_step_fields;
}

static double epsilon(const struct method_config *config, int actor, int64_t steps) {
    return exploration_epsilon(config, &settings_of(config)->exploration, actor, steps);
}

static int32_t choose(const struct acting *acting) {
    return epsilon_greedy(acting->output, acting->actions, acting->epsilon, acting->rng);
}

static void act(const struct acting *acting) {
    int32_t *action = acting_action(acting);
    *action = choose(acting);
}

static int32_t close_q1(const struct acting *end) {
    (void)end;
    return NO_ACTION;
}

static int32_t close_qn(const struct acting *end) {
    const float bootstrap = end->output ? end->output[argmax(end->output, end->actions)] : 0;
    n_step_returns(segment_floats(end->segment, end->layout, TARGETS),
                   segment_floats(end->segment, end->layout, STEP_REWARD), bootstrap,
                   (float)end->config->gamma, end->segment->length);
    return NO_ACTION;
}

/* Sarsa needs the next action, so it is chosen now. */
static int32_t close_sarsa(const struct acting *end) {
    const int32_t next = end->output ? choose(end) : NO_ACTION;
    int32_t *last = segment_at(end->segment, end->layout, STEP_ACTION, end->step);
    *last = end->output ? next : 0;
    return next;
}

/* ---- Learning -------------------------------------------------------------------------------- */

/* Learns from the targets in the batch. */
static void learn(struct trainer *trainer, struct batch *batch, struct update *update) {
    const struct q *q = settings_of(trainer->request.config);
    const struct q_loss_settings settings = {.huber = (float)q->huber,
                                             .mean_over_actions = !q->mean_over_samples};
    q_step(trainer, batch, batch_floats(batch, TARGETS), &settings, update);
}

/* The network's outputs for the observations after the steps. */
static const float *next_q(struct trainer *trainer, const struct batch *batch,
                           const float *params) {
    return trainer_forward(trainer, params, batch_bytes(batch, NEXT_OBSERVATIONS), batch->count)
        .action;
}

/* Computes targets from NEXT_VALUES, the values of the next states, and learns from them. */
static void learn_one_step(struct trainer *trainer, struct batch *batch, struct update *update) {
    one_step_targets(batch_floats(batch, TARGETS), batch_floats(batch, STEP_REWARD),
                     batch_bools(batch, TERMINATED), batch_floats(batch, NEXT_VALUES),
                     (float)trainer->request.config->gamma, batch->count);
    learn(trainer, batch, update);
}

/* The value of the best next action, or with --double_q of the action that the learning network
 * would choose (van Hasselt et al., arXiv 1509.06461). */
static void learn_q1(struct trainer *trainer, struct batch *batch, struct update *update) {
    const int actions = trainer->request.network->actions;
    float *values = batch_floats(batch, NEXT_VALUES);
    if (settings_of(trainer->request.config)->double_q) {
        int32_t *preferred = batch_ints(batch, NEXT_ACTIONS);
        preferred_actions(preferred, next_q(trainer, batch, trainer->params), batch->count,
                          actions);
        next_values_of(values, next_q(trainer, batch, trainer->frozen), preferred, batch->count,
                       actions);
    } else {
        next_values_max(values, next_q(trainer, batch, trainer->frozen), batch->count, actions);
    }
    learn_one_step(trainer, batch, update);
}

static void learn_sarsa(struct trainer *trainer, struct batch *batch, struct update *update) {
    next_values_of(batch_floats(batch, NEXT_VALUES), next_q(trainer, batch, trainer->frozen),
                   batch_ints(batch, NEXT_ACTIONS), batch->count,
                   trainer->request.network->actions);
    learn_one_step(trainer, batch, update);
}

#define Q_METHOD(id, fields_, close_, update_)                                                     \
    const struct method method_##id = {                                                            \
        .name = #id,                                                                               \
        .heads = HEADS_Q,                                                                          \
        .fields = (fields_),                                                                       \
        .check = check,                                                                            \
        .epsilon = epsilon,                                                                        \
        .act = act,                                                                                \
        .close = (close_),                                                                         \
        .update = (update_),                                                                       \
    }
Q_METHOD(q1, list_one_step_fields, close_q1, learn_q1);
Q_METHOD(qn, list_n_step_fields, close_qn, learn);
Q_METHOD(sarsa, list_one_step_fields, close_sarsa, learn_sarsa);
