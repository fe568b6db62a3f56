/* The learner: one process that draws batches from the rings and trains. Inside of the train room.
 */
#ifndef ASYNCRL_TRAIN_LEARNER_LEARNER_H
#define ASYNCRL_TRAIN_LEARNER_LEARNER_H

#include "method/method.h"
#include "train/learner/experience_reader.h"
#include "train/learner/guard.h"
#include "train/learner/health.h"
#include "train/supervisor/verdict.h"

/* The best weights so far, by the newest games: the share of them that reached their goal, where
 * they have one, then their mean score. */
struct best {
    double score;     /* of the file; -DBL_MAX: there is none yet */
    double flag_rate; /* the same; -1: there is none */
    double last_try;  /* clock_seconds of the newest write, or of one that failed */
    bool failed;      /* that one, which was told of */
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
    bool weights_due; /* both wait while updates are being skipped */
    bool checkpoint_due;
    bool stopping;      /* the wish to stop was seen, and the weights were saved at once */
    bool finished;      /* total_steps is reached */
    float *frozen;      /* of --target_freq; NULL: those in the weight store are */
    float *last_params; /* in rounds: those at total_steps, behind which the run may go on */
    int64_t last_steps;
    struct best best;
    int lock; /* on the run directory; -1: none */
};

static inline bool learner_is_finished(const struct learner *learner) {
    const int64_t total_steps = learner->run->config->total_steps;
    return total_steps > 0 && learner->steps >= total_steps;
}

/* Says that the learner is alive: far more often than every SILENT_SECONDS. */
static inline void learner_beat(struct learner *learner) {
    atomic_store(&learner->metrics->heartbeat, clock_seconds());
    atomic_store(&learner->metrics->patience, SILENT_SECONDS);
}

/* Says that a file is written or read from now on, which may take LONG_SECONDS; up to the next
 * beat. */
static inline void learner_begin_file(struct learner *learner) {
    atomic_store(&learner->metrics->patience, LONG_SECONDS);
    atomic_store(&learner->metrics->heartbeat, clock_seconds());
}

/* Initial parameters, or those of the weight file that the run starts from; *trained: the steps
 * that the file says they were trained for, 0 where it does not. */
enum status learner_begin_weights(struct learner *learner, int64_t *trained, struct error *error);

/* Writes params, trained for that many steps, as a weight file at path. */
enum status learner_write_weights(struct learner *learner, const char *path, float *params,
                                  int64_t steps, struct error *error);

/*
 * Keeps the weights as model-best.h5 where the newest SCORE_WINDOW games went better than ever;
 * once in BEST_REST_SECONDS at most. Ends the run where their mean has reached --stop_score, or the
 * share of flags --stop_flag_rate. To be called after each batch.
 */
void learner_watch_scores(struct learner *learner);

/* Saves the weights while training goes on; a failure is logged and costs this file, not the run.
 */
void learner_save_weights(struct learner *learner);

/* Saves weights that may be the run's last, if it has not yet; learner_save_last_weights tries
 * again what fails. */
void learner_save_weights_at_once(struct learner *learner);

/*
 * total_steps is reached. A run in rounds trains on to its round's end, but its last weights
 * are those of now, also where their file is written later.
 */
void learner_finish(struct learner *learner);

/* Writes the file of the run's last weights, if it is not there. */
enum status learner_save_last_weights(struct learner *learner, struct error *error);

/*
 * Writes checkpoint.h5: everything that the run's course from here depends on. All actors are
 * parked, and the rings are empty.
 */
enum status learner_save(const struct learner *learner, struct error *error);

/*
 * Makes a learner that has opened everything, and the arena, what they were at the run's last
 * checkpoint; cuts the curves back to it. Actors find their snapshots there when they see weights
 * on the weight store. A checkpoint of other options is STATUS_BAD_INPUT.
 */
enum status learner_restore(struct learner *learner, struct error *error);

#endif
