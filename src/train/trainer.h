/* The network that learns, and one update of it. Inside of the train room; the learner's. */
#ifndef ASYNCRL_TRAIN_TRAINER_H
#define ASYNCRL_TRAIN_TRAINER_H

#include "train/batch.h"
#include "train/guard.h"
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

/* An update that was made, or skipped because it was not sound. */
struct update {
    struct update_sums sums;
    double gradient_norm; /* before it was clipped */
    bool is_sound;        /* see guard.h; where it is not, the weights are as before */
};

enum status trainer_open(struct trainer *trainer, const struct run *run, struct error *error);
void trainer_close(struct trainer *trainer);

/*
 * One update on a full batch: targets, loss, gradients, and where they are sound, a step of the
 * optimizer. frozen: parameters that one-step targets are made with; not looked at by the other
 * methods. timer: the learner's.
 */
struct update trainer_update(struct trainer *trainer, struct batch *batch, const float *frozen,
                             double learning_rate, struct stage_timer *timer);

#endif
