/* The learner: one process that draws batches from the rings and trains. Inside of the train room.
 */
#ifndef ASYNCRL_TRAIN_LEARNER_H
#define ASYNCRL_TRAIN_LEARNER_H

#include "train/intake.h"
#include "train/trainer.h"
#include "train/verdict.h"

struct learner {
    struct run *run;
    struct learner_metrics *metrics;
    struct trainer trainer;
    struct stage_timer timer;
    struct batch batch; /* the one being filled */
    struct intake intake;
    int64_t frames;
    int64_t saved_frames; /* frames of the last weight file */
    bool checkpoint_due;
    bool finished; /* max_frames is reached */
    int lock;      /* on the run directory; -1: none */
};

static inline bool learner_is_finished(const struct learner *learner) {
    const int64_t max_frames = learner->run->config->max_frames;
    return max_frames > 0 && learner->frames >= max_frames;
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

/*
 * Writes checkpoint.h5: everything that the run's course from here depends on. All actors are
 * parked, and the rings are empty.
 */
enum status learner_save(const struct learner *learner, struct error *error);

/*
 * Makes a learner that has opened everything, and the arena, what they were at the run's last
 * checkpoint; cuts the curves back to it. Actors find their snapshots there when they see weights
 * on the board. A checkpoint of other options is STATUS_BAD_INPUT.
 */
enum status learner_restore(struct learner *learner, struct error *error);

#endif
