/*
 * What the processes of one training run share: made by the supervisor before it forks, inherited
 * by all.
 *
 * struct run itself is private memory, the same in every child; what it points to in the arena is
 * shared.
 */
#ifndef ASYNCRL_TRAIN_RUN_H
#define ASYNCRL_TRAIN_RUN_H

#include "base/base.h"
#include "game/game.h"
#include "network/network.h"
#include "report/report.h"
#include "rollout/rollout.h"
#include "train/train.h"

#include <stdatomic.h>
#include <sys/types.h>

/* How a run goes from one process's point of view: words in the arena. */
struct control {
    _Atomic uint32_t stop;          /* 1: actors and learner finish */
    _Atomic uint32_t report_stop;   /* 1: the reporter writes its last rows and finishes */
    _Atomic uint32_t learner_ready; /* 1: weights are published and the run directory is there */
    _Atomic uint32_t failed;        /* 1: failure is being written; 2: it is there */
    struct error failure;           /* the first child's that failed */
    _Atomic double first_batch;     /* clock_seconds; 0: none yet */
    _Atomic double last_batch;
    _Atomic uint32_t saves;     /* weight files written */
    char model[PATH_SIZE];      /* the last of them; written by the learner, read after its end */
    char run_dir[PATH_SIZE];    /* written by the supervisor before the fork */
    char start_from[PATH_SIZE]; /* weight file to start from; empty: anew */
    bool continues;             /* start_from is a model of run_dir: its curves go on */
    int64_t start_frames;       /* agent frames that start_from stands for; -1: the file says */
};

struct run {
    const struct train_config *config;
    const struct option *table;
    struct game game;
    struct environment_config environment;
    struct network_spec network;
    struct segment_shape shape;
    struct arena arena;
    struct control *control;
    struct metrics *metrics;
    struct board *board;
    _Atomic uint32_t *doorbell;
    struct ring **rings; /* (processes) */
    /* (envs_per_process): opened once and inherited; the supervisor itself never plays them */
    struct emulator **emulators;
};

/* Looks everything up, opens the emulators and lays out the arena. run_close undoes it, also after
 * failure. */
enum status run_open(struct run *run, const struct train_config *config, const struct option *table,
                     struct error *error);
void run_close(struct run *run);

static inline bool run_stops(const struct run *run) {
    return atomic_load_explicit(&run->control->stop, memory_order_relaxed) != 0;
}

/* Sets the stop word and wakes everybody who sleeps. */
void run_stop(struct run *run);

/* A child leaves why it failed; the first one counts. */
void run_fail(struct run *run, const struct error *error);

/* What the children do; each returns the child's exit code. generation counts the replacements of
 * an actor. */
int actor_main(struct run *run, int index, int generation);
int learner_main(struct run *run);
int reporter_main(struct run *run, bool append);

/* The run directory, made with its config.json; fails when a run is there already and none is to be
 * continued. */
enum status run_directory_make(const struct run *run, struct error *error);

/* Finds what --checkpoint means; fills control->start_from and start_frames. */
enum status run_find_checkpoint(struct run *run, struct error *error);

/* Writes the path of the weight file for a frame count: <run_dir>/model-<game>-<frames>.h5. */
enum status run_model_path(char *out, const char *folder, const struct game *game, int64_t frames,
                           struct error *error);

#endif
