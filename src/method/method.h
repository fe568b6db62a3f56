/*
 * Methods: how an agent acts, which fields of a step it records, and how it learns from them.
 *
 * A method is one file: its options, the fields of a step, the choice of an action, the end of a
 * segment, targets, loss and steps of the optimizer. All other code reads its struct method.
 *
 *     const struct method *method = method_find("a3c");
 *     actor:   method->act(&acting), step by step; method->close(&end)
 *     learner: trainer_update(&trainer, &batch, frozen, learning_rate)
 *
 * A new method is a file that defines method_NAME, method_NAME_options and method_NAME_defaults,
 * and a row of METHODS.
 */
#ifndef ASYNCRL_METHOD_METHOD_H
#define ASYNCRL_METHOD_METHOD_H

#include "algorithm/algorithm.h"
#include "base/base.h"
#include "metric/metric.h"
#include "network/network.h"
#include "optimizer/optimizer.h"
#include "rollout/rollout.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All methods, with their lines in --help: arXiv 1602.01783, algorithms S3, 1 and S2, and section
 * 4.2; arXiv 1707.06347; arXiv 2407.04811. */
#define METHODS(METHOD)                                                                            \
    METHOD(a3c, "advantage actor-critic: a policy and a value, n-step returns")                    \
    METHOD(q1, "1-step Q-learning with a frozen target network")                                   \
    METHOD(qn, "n-step Q-learning")                                                                \
    METHOD(sarsa, "1-step Sarsa with a frozen target network")                                     \
    METHOD(ppo, "proximal policy optimization: several passes over long segments")                 \
    METHOD(pqn, "Q(lambda) without a target network, in several passes")

/* ---- Options --------------------------------------------------------------------------------- */

enum { METHOD_SETTINGS_SIZE = 768 };

struct method_config {
    char name[16];
    double gamma;
    int64_t lr_steps;    /* agent steps over which the learning rate falls; 0: the whole run */
    int64_t run_steps;   /* the run's length in agent steps; 0: it has no end */
    int64_t target_freq; /* steps between new frozen weights; 0: the actors' weights are used */
    /* The method's own options fill this in; only the method knows its layout. */
    alignas(max_align_t) unsigned char settings[METHOD_SETTINGS_SIZE];
};

/* The options of all methods. */
extern const struct option method_options[];

/* --steps, a name for lr_steps that some methods list. */
extern const struct option method_steps_options[];

/* The agent steps of a schedule: those of its option, or if they are 0 the run's length; for a run
 * without an end 10 million. */
int64_t method_schedule_steps(const struct method_config *config, int64_t steps);

/* The value of a setting when the run has taken `present` steps: it falls linearly from first to
 * final over decay steps, a number as method_schedule_steps takes it. final below 0: it stays. */
float method_present(const struct method_config *config, double first, double final, int64_t decay,
                     int64_t present);

/* In a method's file: settings_of(config) is its own struct. Its options fill this through
 * METHOD_SETTINGS_PART. */
#define METHOD_SETTINGS(type)                                                                      \
    _Static_assert(sizeof(type) <= METHOD_SETTINGS_SIZE, "method_config has too little room");     \
    static const type *settings_of(const struct method_config *config) {                           \
        return (const void *)config->settings;                                                     \
    }
#define METHOD_SETTINGS_PART(table)                                                                \
    { .options = (table), .offset = offsetof(struct method_config, settings) }

/* ---- Acting ---------------------------------------------------------------------------------- */

enum { NO_ACTION = -1 };

/* One environment's step, or the end of its segment, as an actor passes it. */
struct acting {
    const struct method_config *config;
    const struct step_layout *layout;
    struct segment *segment;           /* the method writes its own fields there */
    int step;                          /* of the segment; its length at the end */
    int actions;                       /* or choices of all parts, or a continuous one's numbers */
    const struct distribution *policy; /* that output stands for, unless it is Q */
    const struct action_parts *parts;  /* for policy */
    const float *output; /* the network's output for an action: logits, Q or what policy says; NULL
                            at the end of a game */
    float value;         /* the output of the value's head, if there is one */
    double epsilon;      /* of this round; see struct method */
    struct rng *rng;
    float *scratch; /* (actions) */
};

/* The step's action in its segment: an int32_t, or the floats of a continuous one. */
static inline void *acting_action(const struct acting *acting) {
    return segment_at(acting->segment, acting->layout, STEP_ACTION, acting->step);
}

/* ---- Learning -------------------------------------------------------------------------------- */

/* The result of an update. */
struct update {
    struct {
        double sum, weight;
    } metrics[METRIC_COUNT]; /* for metric_add */
    double gradient_norm;    /* of the newest step, before clipping */
    bool is_sound;           /* false: a value is not finite; the step was skipped */
    bool is_flagged;         /* by a rank: struct trainer's flag */
    bool is_lost;            /* the other ranks are out of reach; stop */
};

void update_add(struct update *update, enum metric metric, double sum, double weight);

/* Adds the part of the returns' variance that the values explain, 1 - var(R - V) / var(R); adds
 * nothing if all returns are equal. returns, values: (count). */
void update_add_explained_variance(struct update *update, const float *returns, const float *values,
                                   int count);

/* The losses together, for messages. */
double update_loss(const struct update *update);

/* The square of a larger gradient overflows a float, and then RMSprop's mean square is infinite for
 * good. */
#define UPDATE_GRADIENT_LIMIT 1e18

/* Whether sums and gradient are sound, so that a step may follow. */
bool update_is_sound(const struct update *update);

struct method;

/* Several trainers of one network, each on its share of every batch. All take the same steps of the
 * optimizer. */
struct trainer_ranks {
    int count;
    float *gradients; /* (trainer_gradient_count): the array to sum in; NULL: the trainer has one */
    /* Begins to sum each number over the ranks, in place; several sums may be under way, until
     * finish_sums has waited for them. move_on helps them along meanwhile. False on failure. All
     * ranks call these in the same order. */
    bool (*begin_sum)(void *context, float *numbers, size_t count);
    void (*move_on)(void *context);
    bool (*finish_sums)(void *context);
    bool (*sum_reals)(void *context, double *numbers, size_t count); /* the same; waits for it */
    void *context;
};

struct trainer_request {
    const struct method *method;
    const struct method_config *config;
    const struct optimizer_config *optimizer;
    const struct network_spec *network;
    const struct step_layout *layout;
    int batch_size; /* of all ranks together; each has an equal share */
    int threads;    /* for computing */
    bool by_rows;   /* N threads compute exactly what N ranks would, see network_shards */
    struct trainer_ranks ranks; /* NULL: it learns alone */
    uint64_t seed;
    struct stage_timer *timer;
    void (*beat)(void *context); /* called at each step of the optimizer; may be NULL */
    void *beat_context;
};

/* State that a method keeps between updates; checkpoints save it. */
struct trainer_kept {
    struct rng rng;
    double lr_factor; /* factor for the learning rate; 1 at the start */
};

/* The state before a limited step, for comparison: the parameters, some of the batch's rows, and
 * the network's outputs for them. */
struct trust_region {
    float *params; /* (param_count) */
    float *logits; /* (measured rows, network_action_outputs) */
    float *values; /* (measured rows) */
    int32_t *rows; /* (measured rows): their places in a full batch */
    struct batch measured;
};

/* The network that learns. It belongs to the learner's thread, which may have helper threads. */
struct trainer {
    struct trainer_request request;
    struct network_shards *network;
    size_t param_count;
    float *params;
    float *gradients; /* (param_count), and two numbers that ranks exchange */
    size_t unsent;    /* gradients, the first ones, that are not summed over ranks yet */
    bool is_lost;     /* a sum has failed */
    struct optimizer optimizer;
    const float *frozen;  /* of this update: the parameters that actors got last */
    double learning_rate; /* of this update */
    int64_t steps;        /* of the run before this update; the learner sets it */
    bool flag;            /* sent to all ranks with the next step; the learner sets it */
    int rows;             /* in one pass through the network */
    int sequence_steps;   /* consecutive rows of a memory's sequence; 1: no memory */
    float *d_action;      /* (rows, network_action_outputs) */
    float *d_value;       /* (rows) */
    float *values;        /* (rows), the result of trainer_use_units */
    double *moments;      /* (4, channels) of the observation and one more: for statistics */
    int32_t *order;       /* (batch_size): the batch's rows as trainer_shuffle left them */
    struct batch minibatch;
    struct trust_region trust_region;

    struct trainer_kept kept;
};

/* Gradients of a network, and the numbers that ranks sum with them. */
size_t trainer_gradient_count(const struct network_spec *network);

/* The caller owns all that request points to, which must outlive the trainer. Call trainer_close
 * after a failure, too. */
enum status trainer_open(struct trainer *trainer, const struct trainer_request *request,
                         struct error *error);
void trainer_close(struct trainer *trainer);

/*
 * One update on a full batch: the method's targets, losses and gradients, and steps of the
 * optimizer if they are sound. frozen: the parameters for one-step targets.
 */
struct update trainer_update(struct trainer *trainer, struct batch *batch, const float *frozen,
                             double learning_rate);

/* For methods: the network's outputs for rows observations, with params; valid until the next call.
 * Not for networks with a memory. */
struct network_outputs trainer_forward(struct trainer *trainer, const float *params,
                                       const void *observations, int rows);

/*
 * For methods: the same, with the learning parameters, for the steps of a batch or a minibatch; and
 * for the field of observations after cut steps. A memory begins each sequence of sequence_steps
 * rows, and each segment within it, with the state that the actor had there.
 */
struct network_outputs trainer_forward_batch(struct trainer *trainer, const struct batch *batch);
struct network_outputs trainer_forward_cuts(struct trainer *trainer, const struct batch *batch,
                                            int field);

/*
 * For methods: the step of the optimizer from d_action and d_value, which belong to the rows of the
 * newest forward, with params. False: update is not sound; take no more steps.
 */
bool trainer_step(struct trainer *trainer, int rows, struct update *update);

/* For methods: the mean of a number over the ranks, so that all decide alike; NaN if they are out
 * of reach. All ranks call it. */
double trainer_mean(struct trainer *trainer, double number);

/*
 * For methods with a value, after a forward of the batch or before any: adds a batch's returns to
 * the network's statistics. Does nothing if the network has none.
 */
void trainer_count_returns(struct trainer *trainer, const float *returns, int count);

/*
 * For methods with a value: converts returns, advantages and old_values (each may be NULL) into the
 * units that the value's head learns in, in place. Returns values, converted, in an array of the
 * trainer's. Changes nothing if the network has no statistics of returns. After the loss,
 * trainer_leave_units does the same for d_value.
 */
const float *trainer_use_units(struct trainer *trainer, const float *values, float *returns,
                               float *advantages, float *old_values, int count);
void trainer_leave_units(struct trainer *trainer, int count);

/* For methods: fills order with the numbers below count in a random order that keeps sequences
 * together. count is a multiple of sequence_steps. */
void trainer_shuffle(struct trainer *trainer, int count);

/* For methods: copies the rows of the batch at order[first ..] to the minibatch, as many as
 * method->minibatch says or are left; NULL if none is left. */
struct batch *trainer_minibatch(struct trainer *trainer, const struct batch *batch, int first);

/* ---- Methods --------------------------------------------------------------------------------- */

/* Pure data and functions; any process. A method leaves functions that it does not need NULL. */
struct method {
    const char *name;
    enum heads heads;

    /* Actors play no further than one round ahead of the learner, which reads all of a round before
     * any of the next (train/run.h); and a round is n_step steps of every environment. */
    bool in_rounds;

    /* The loss is a sum over a batch; otherwise it is the mean. */
    bool sums_loss;

    /* It learns policies over continuous actions, too. */
    bool takes_continuous;

    /* The fields of a step, with these options. */
    const struct step_field *(*fields)(const struct method_config *config);

    /* STATUS_BAD_INPUT if the options contradict each other. */
    enum status (*check)(const struct method_config *config, int batch_size, struct error *error);

    /* An actor's chance of a random action after steps agent steps; for epsilon-greedy methods. */
    double (*epsilon)(const struct method_config *config, int actor, int64_t steps);

    /* Chooses an action, and writes it and the method's own fields of the step to the segment. */
    void (*act)(const struct acting *acting);

    /* The segment is full, or the episode ends with it: adds the fields that need later steps.
     * Returns the next step's action if it had to choose that, or NO_ACTION. */
    int32_t (*close)(const struct acting *end);

    /* Steps in one pass through the network; NULL: the whole batch. */
    int (*minibatch)(const struct method_config *config);

    /* Learns from the batch. */
    void (*update)(struct trainer *trainer, struct batch *batch, struct update *update);
};

/* NULL if no method has that name. */
const struct method *method_find(const char *name);

/* Checks a method's options beyond the bounds in their tables. */
enum status method_check(const struct method *method, const struct method_config *config,
                         int64_t batch_size, struct error *error);

/* For methods: STATUS_BAD_INPUT if minibatches are larger than a batch. */
enum status method_check_minibatch(int minibatch_size, int batch_size, struct error *error);

/* Each method has these. Offsets of options are those in struct method_config. */
#define METHOD_DECLARE(id, summary)                                                                \
    extern const struct method method_##id;                                                        \
    extern const struct option_part method_##id##_options[];                                       \
    extern const struct option_default method_##id##_defaults[];
METHODS(METHOD_DECLARE)
#undef METHOD_DECLARE

#endif
