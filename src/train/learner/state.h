/* The state of the learner, the one process that draws batches from the rings and trains. Inside of
 * the train room. */
#ifndef ASYNCRL_TRAIN_LEARNER_STATE_H
#define ASYNCRL_TRAIN_LEARNER_STATE_H

#include "method/method.h"
#include "train/learner/elsewhere.h"
#include "train/learner/experience_reader.h"
#include "train/learner/guard.h"
#include "train/learner/health.h"
#include "train/ranks.h"
#include "train/silence.h"
#include "train/standing.h"

#include <stdlib.h>

/* What the evaluator was offered. */
struct offers {
    struct standing best; /* of the newest games at an offer of weights, the best so far */
    double last_try;      /* clock_seconds of the newest offer, or of one that failed */
    bool failed;          /* the newest one failed; this was logged */
};

/* What another rank adds to the checkpoint, packed by checkpoint_pack. */
struct share {
    uint8_t *bytes;
    size_t size; /* 0: none */
};

struct learner {
    struct run *run;
    struct learner_metrics *metrics;
    struct trainer trainer;
    struct stage_timer timer;
    struct batch batch; /* the one being filled */
    struct experience_reader reader;
    int64_t steps;
    int64_t saved_steps; /* steps of the last weight file */
    struct guard guard;
    struct health health;
    bool weights_tried; /* to save, in this process */
    bool weights_due;   /* both wait while updates are being skipped */
    bool checkpoint_due;
    bool stopping;      /* the wish to stop was seen, and the weights were saved at once */
    bool finished;      /* total_steps or stop_steps is reached */
    float *frozen;      /* parameters of --target_freq; NULL: those in the weight store are used */
    float *last_params; /* in rounds: the parameters at total_steps; the run may go on a little */
    int64_t last_steps;
    struct offers offers;
    int lock; /* on the run directory; -1: none */

    struct ranks *ranks;         /* NULL: the run is alone */
    struct elsewhere *elsewhere; /* ranks that only play for this learner; NULL: none */
    struct share *shares;        /* (ranks): of rank 0, while a checkpoint is written or read */
    double waiting_since;        /* about when the wait for other ranks began; 0: it begins */
    bool is_waiting_to_train;
    int64_t updates;
    bool end_is_agreed; /* a rank has asked for the end, and all know */
    struct {
        double waited;      /* seconds for other ranks' gradients, so far */
        double since, told; /* clock_seconds of the last exchange and the last log line */
        int64_t steps;      /* at the last exchange */
    } speed;
};

/* Whether total_steps, or this call's stop_steps, is reached. */
static inline bool learner_is_finished(const struct learner *learner) {
    const int64_t total_steps = learner->run->config->total_steps;
    const int64_t stop_steps = learner->run->config->stop_steps;
    return (total_steps > 0 && learner->steps >= total_steps) ||
           (stop_steps > 0 && learner->steps >= stop_steps);
}

/* Says how many steps the learner has trained. */
static inline void learner_tell_steps(const struct learner *learner) {
    atomic_store_explicit(&learner->metrics->steps, learner->steps, memory_order_relaxed);
    transport_set(learner->run->transport, WORD_STEPS, learner->steps);
}

/* Says that the learner is alive: far more often than every SILENT_SECONDS. */
static inline void learner_beat(struct learner *learner) {
    atomic_store(&learner->metrics->heartbeat, clock_seconds());
    atomic_store(&learner->metrics->patience, SILENT_SECONDS);
}

/* Announces the writing or reading of a file, which may take LONG_SECONDS; holds until the next
 * beat. */
static inline void learner_begin_file(struct learner *learner) {
    atomic_store(&learner->metrics->patience, LONG_SECONDS);
    atomic_store(&learner->metrics->heartbeat, clock_seconds());
}

/* Rank 0: drops the other ranks' shares. */
static inline void learner_free_shares(struct learner *learner) {
    for (int i = 0; learner->shares && i < run_ranks(learner->run); i++) {
        free(learner->shares[i].bytes);
        learner->shares[i] = (struct share){0};
    }
}

#endif
