/* The network that learns, and one update of it. Inside of the train room; the learner's. */
#ifndef ASYNCRL_TRAIN_TRAINER_H
#define ASYNCRL_TRAIN_TRAINER_H

#include "train/batch.h"
#include "train/run.h"

struct trainer {
    const struct run *run;
    struct network *network;
    size_t param_count;
    float *params;
    struct optimizer optimizer;
    float *gradients;
    float *d_action; /* (batch_size, actions) */
    float *d_value;  /* (batch_size) */
    float *frozen_q; /* (batch_size, actions): the frozen network's answers to what came next */
    float *next_values;
};

/* What an update found, summed over its batch. */
struct update_sums {
    double policy_loss;
    double value_loss; /* with Q heads: the Q loss, times the batch's size */
    double entropy;    /* nats */
    double value;      /* what the states are worth to the network */
};

enum status trainer_open(struct trainer *trainer, const struct run *run, struct error *error);
void trainer_close(struct trainer *trainer);

/*
 * One update on a full batch: targets, loss, gradients, optimizer. frozen: parameters that one-step
 * targets are made with; not looked at by the other methods. timer: the learner's.
 */
struct update_sums trainer_update(struct trainer *trainer, struct batch *batch, const float *frozen,
                                  double learning_rate, struct stage_timer *timer);

#endif
