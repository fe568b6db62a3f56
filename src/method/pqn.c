/*
 * PQN: Q(lambda) without replay and without a target network (Gallici et al., arXiv 2407.04811). A
 * normalised network (--layer_norm) keeps it stable.
 *
 * Actors are epsilon-greedy and record the value of their best action; from these they compute
 * lambda-returns when a segment closes. The learner passes over a batch several times, each time in
 * new random minibatches.
 */
#include "algorithm/algorithm.h"
#include "method/exploration.h"
#include "method/method.h"
#include "method/q_step.h"

struct pqn {
    struct exploration exploration;
    double q_lambda;
    double huber;
    int64_t epochs;
    int64_t minibatch_size;
};
METHOD_SETTINGS(struct pqn)

static const struct option options[] = {
    REAL_OPTION("q_lambda", struct pqn, q_lambda, "0.65", 0, 1, "X",
                "how far returns look ahead: 0: one step, 1: to the segment's end"),
    REAL_OPTION("huber", struct pqn, huber, "0", 0, 1e9, "X",
                "an error larger than this weighs by its size, not its square; 0 disables it"),
    INT_OPTION("epochs", struct pqn, epochs, "4", 1, 1000, "N", "passes over a batch"),
    INT_OPTION("minibatch_size", struct pqn, minibatch_size, "256", 1, NETWORK_MAX_BATCH, "N",
               "transitions in one step of the optimizer", .flags = OPTION_FIXED),
    {0},
};
const struct option_part method_pqn_options[] = {{.options = method_steps_options},
                                                 METHOD_SETTINGS_PART(exploration_options),
                                                 METHOD_SETTINGS_PART(options),
                                                 {0}};

/* The settings of CleanRL's pqn_atari_envpool. */
const struct option_default method_pqn_defaults[] = {
    {"envs_per_process", "2"},
    {"n_step", "128"},
    {"batch_size", "1024"},
    {"queue_size", "4096"},
    {"swap_freq", "1"},
    {"lr", "0.00025"},
    {"steps", "0"},
    {"optimizer", "radam"},
    {"max_grad_norm", "10"},
    {"eps_final", "0.01"},
    {"eps_decay", "0"},
    {"layer_norm", "true"},
    {"init", "orthogonal"},
    {0},
};

static int minibatch(const struct method_config *config) {
    return (int)settings_of(config)->minibatch_size;
}

static enum status check(const struct method_config *config, int batch_size, struct error *error) {
    const enum status status = exploration_check(&settings_of(config)->exploration, error);
    return status == STATUS_OK ? method_check_minibatch(minibatch(config), batch_size, error)
                               : status;
}

/* ---- Acting ---------------------------------------------------------------------------------- */

enum { VALUES = STEP_OWN, TARGETS };

static const struct step_field fields[] = {
    [STEP_OBSERVATION] = {"observations", .kind = FIELD_STEP},
    [STEP_ACTION] = {"actions", FIELD_STEP, .bytes = sizeof(int32_t)},
    [STEP_REWARD] = {"rewards", FIELD_ACTOR, .bytes = sizeof(float)},
    [VALUES] = {"values", FIELD_ACTOR, .bytes = sizeof(float)},
    [TARGETS] = {"targets", FIELD_STEP, .bytes = sizeof(float)},
    {0},
};

static const struct step_field *list_fields(const struct method_config *config) {
    (void)config;
    return fields;
}

static double epsilon(const struct method_config *config, int actor, int64_t steps) {
    return exploration_epsilon(config, &settings_of(config)->exploration, actor, steps);
}

static float best_of(const struct acting *acting) {
    return acting->output[argmax(acting->output, acting->actions)];
}

static void act(const struct acting *acting) {
    int32_t *action = acting_action(acting);
    segment_floats(acting->segment, acting->layout, VALUES)[acting->step] = best_of(acting);
    *action = epsilon_greedy(acting->output, acting->actions, acting->epsilon, acting->rng);
}

static int32_t close_segment(const struct acting *end) {
    lambda_returns(segment_floats(end->segment, end->layout, TARGETS),
                   segment_floats(end->segment, end->layout, STEP_REWARD),
                   segment_floats(end->segment, end->layout, VALUES),
                   end->output ? best_of(end) : 0, (float)end->config->gamma,
                   (float)settings_of(end->config)->q_lambda, end->segment->length);
    return NO_ACTION;
}

/* ---- Learning -------------------------------------------------------------------------------- */

/* One pass over the batch; false if its update is not sound. */
static bool learn_epoch(struct trainer *trainer, const struct batch *batch, struct update *update) {
    const struct q_loss_settings settings = {
        .huber = (float)settings_of(trainer->request.config)->huber};
    struct batch *part;
    trainer_shuffle(trainer, batch->count);
    for (int first = 0; (part = trainer_minibatch(trainer, batch, first)); first += part->count)
        if (!q_step(trainer, part, batch_floats(part, TARGETS), &settings, update))
            return false;
    return true;
}

static void learn(struct trainer *trainer, struct batch *batch, struct update *update) {
    const int64_t epochs = settings_of(trainer->request.config)->epochs;
    for (int64_t i = 0; i < epochs && learn_epoch(trainer, batch, update); i++)
        ;
}

const struct method method_pqn = {
    .name = "pqn",
    .heads = HEADS_Q,
    .in_rounds = true,
    .fields = list_fields,
    .check = check,
    .epsilon = epsilon,
    .act = act,
    .close = close_segment,
    .minibatch = minibatch,
    .update = learn,
};
