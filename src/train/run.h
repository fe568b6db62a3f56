/*
 * The state that the processes of one training run share. The supervisor makes it before it forks,
 * and all inherit it.
 *
 * struct run itself is private memory, the same in every child; the arena that it points to is
 * shared.
 *
 * A round is n_step steps of every environment of every actor, or in a deterministic run of few
 * environments a few times that. A run in rounds, because it is deterministic or because its method
 * wants it so, plays each round on weights that depend on its number alone (see run_open_rounds),
 * and reads it whole before the next: actors play round k + 1 while the learner trains on round k,
 * and round k + 2 on the weights that result. With --lockstep they wait for those, and play round
 * k + 1 on them. Any run is brought to a checkpoint at the end of a round of each actor, when no
 * segment is open: the actors park, and the learner saves its state and theirs.
 */
#ifndef ASYNCRL_TRAIN_RUN_H
#define ASYNCRL_TRAIN_RUN_H

#include "base/base.h"
#include "env/env.h"
#include "method/method.h"
#include "network/network.h"
#include "report/report.h"
#include "rollout/rollout.h"
#include "train/standing.h"
#include "train/train.h"
#include "train/transport.h"
#include "watch/watch.h"

#include <stdatomic.h>
#include <sys/types.h>

/* Readers of the weight store beside the actors: the live game of the page. */
enum { PAGE_READERS = 1 };

/* The least number of transitions in a round of a deterministic run. */
enum { MIN_ROUND_STEPS = 80 };

/* The progress of a run, beside the transport's words; in the arena of the machine on which
 * supervisor, learner and helpers run. */
struct control {
    _Atomic uint32_t report_stop;   /* 1: helpers finish, then the reporter writes its last rows */
    _Atomic uint32_t helpers_ended; /* 1: it need not wait for them any more */
    _Atomic uint32_t failed;        /* 1: failure is being written; 2: it is there */
    struct error failure;           /* of the first child that failed */
    _Atomic double first_batch;     /* clock_seconds; 0: none yet */
    _Atomic double last_batch;
    _Atomic uint32_t started_environments; /* those of replaced actors count again */
    _Atomic uint32_t saves;                /* weight files written; a bell to sleep on */
    _Atomic int64_t saved_steps;           /* steps of the last of them */
    _Atomic uint32_t evals_wanted; /* weights offered to the evaluator; a bell to sleep on */
    _Atomic uint32_t evals_done;   /* of those; equal: it takes others */
    _Atomic int64_t eval_steps;    /* of those offered last */
    struct standing eval_training; /* of the newest games then; the learner writes it, and the next,
                                      only while evals_wanted equals evals_done */
    struct standing eval_training_before; /* the best offered before, or by the checkpoint */
    char model[PATH_SIZE];   /* the last weight file; written by the learner, read after its end */
    char run_dir[PATH_SIZE]; /* written before the fork; the learner may change a name that no user
                                chose, before WORD_READY */
    char start_from[PATH_SIZE]; /* weight file to start from; empty: anew */
    bool continues;             /* start_from is a model of run_dir: its curves go on */
    int64_t start_steps;        /* steps of start_from; 0 if the user named a file */
    int64_t finished_at;        /* steps of a run that had nothing left to train; 0: it had */
    _Atomic bool interrupted;   /* a signal asked for the end; the supervisor's */
};

struct run {
    struct rank_place place; /* rank 0 alone writes files and draws */
    const struct train_config *config;
    const struct option *table;
    const struct method *method;
    struct game game;
    struct environment_config environment;
    struct network_spec network;
    struct step_layout layout;
    struct arena arena;
    struct control *control;
    struct metrics *metrics;
    struct transport *transport;  /* between actors and learner */
    int listener;                 /* of the page; -1: none */
    char token[WATCH_TOKEN_SIZE]; /* the token of the page */
    /* (envs_per_process): opened once and inherited; the supervisor itself never plays them */
    struct emulator **emulators;
};

/* Looks up game, method and network, and opens the emulators. run_close undoes it, also after
 * failure. */
enum status run_open(struct run *run, const struct train_config *config, const struct option *table,
                     struct error *error);

/* Lays out the arena, opens the transport, with snapshots of that many bytes, and finds the run
 * directory's name and the weights to start from. */
enum status run_share(struct run *run, size_t snapshot_capacity, struct error *error);
void run_close(struct run *run);

/* Runs that mpirun started together, this one included. */
static inline int run_ranks(const struct run *run) {
    return run->place.count > 1 ? run->place.count : 1;
}

/* The number of ranks that learn: the first ones. */
static inline int run_learners(const struct run *run) {
    return run->place.learners > 1 ? run->place.learners : 1;
}

/* Whether this rank learns. */
static inline bool run_learns(const struct run *run) {
    return run->place.rank < run_learners(run);
}

/* The ranks that only play are dealt to the learners in turn. The number of those that play for
 * this learner: the first is run_first_remote, the others follow at distances of run_learners. */
static inline int run_remote_ranks(const struct run *run) {
    const int players = run_ranks(run) - run_learners(run);
    const int learners = run_learners(run);
    return run_learns(run) ? (players + learners - 1 - run->place.rank) / learners : 0;
}

static inline int run_first_remote(const struct run *run) {
    return run_learners(run) + run->place.rank;
}

/* The learner for which this rank plays. */
static inline int run_learner_of(const struct run *run) {
    return run->place.rank % run_learners(run);
}

/* Whether this run writes files, shows a page and logs: rank 0 alone does. */
static inline bool run_is_first(const struct run *run) {
    return run->place.rank == 0;
}

/* The number of an actor among those of all ranks. */
static inline int run_actor_number(const struct run *run, int actor) {
    return run->place.rank * (int)run->config->processes + actor;
}

static inline bool run_stops(const struct run *run) {
    return transport_get(run->transport, WORD_STOP) != 0;
}

static inline bool run_winds_down(const struct run *run) {
    return transport_get(run->transport, WORD_WIND_DOWN) != 0;
}

static inline bool run_in_rounds(const struct run *run) {
    return run->config->deterministic || run->method->in_rounds;
}

/* Rounds that are open beyond those that the learner has read: actors may be in the next, and
 * without --lockstep in the one after that. */
static inline int run_rounds_ahead(const struct run *run) {
    return run->config->lockstep ? 1 : 2;
}

/* Segments that each environment makes in a round, if no episode ends. A deterministic run has
 * enough of them that actors and learner do not wait for each other too often. */
static inline int run_round_segments(const struct run *run) {
    const struct train_config *config = run->config;
    const int64_t steps =
        config->n_step * config->envs_per_process * config->processes * run_ranks(run);
    const bool is_long = config->deterministic && !run->method->in_rounds;
    return is_long ? (int)((MIN_ROUND_STEPS + steps - 1) / steps) : 1;
}

/* Transitions in one round of one actor. */
static inline int64_t run_turn_steps(const struct run *run) {
    return run_round_segments(run) * run->config->n_step * run->config->envs_per_process;
}

/* Transitions in one round of this rank's actors. */
static inline int64_t run_own_round_steps(const struct run *run) {
    return run->config->processes * run_turn_steps(run);
}

/* Transitions in one round of all actors from which this rank's learner learns. */
static inline int64_t run_round_steps(const struct run *run) {
    return (1 + run_remote_ranks(run)) * run_own_round_steps(run);
}

/* Sets the stop word and wakes all sleepers. */
void run_stop(struct run *run);

/* Asks the learner to bring the run to a checkpoint and then to stop it. */
void run_wind_down(struct run *run);

/* Whether all actors have taken their weights for the round. */
bool run_all_begun(const struct run *run, int64_t round);

/* Learner: lets actors play the rounds below rounds, from now on with the newest weights. */
void run_open_rounds(struct run *run, int64_t rounds);

/*
 * Parking, for a checkpoint. The learner asks actors to park at the end of round or a later one,
 * and later lets them go on. Between parking_begin_copy and parking_end_copy it reads their
 * snapshots. The snapshots of actors that died meanwhile stay unchanged, too: a replacement asks
 * parking_may_write before it writes its own.
 */
void parking_ask(struct run *run, int64_t round);
bool parking_is_full(const struct run *run);
void parking_end(struct run *run);

/* Learner: false when not all are parked any more, and nothing may be read. */
bool parking_begin_copy(struct run *run);
void parking_end_copy(struct run *run);

/* Actor, not announced: whether it may write its snapshot. If not, it waits at WORD_COPYING. */
bool parking_may_write(struct run *run, int actor);

/* Actor: announces that its snapshot, or the reason for having none, is complete and stays
 * unchanged until WORD_PARK_COUNT moves from count. */
void parking_announce(struct run *run, int actor, int64_t count);

/* Supervisor, for an actor that died: it is not parked any more. */
void parking_forget(struct run *run, int actor);

/* A child leaves its error; the first one counts. */
void run_fail(struct run *run, const struct error *error);

/* The mains of the children; each returns the child's exit code. generation counts the
 * replacements of an actor. */
int actor_main(struct run *run, int index, int generation);
int learner_main(struct run *run);
int sender_main(struct run *run);
int reporter_main(struct run *run, bool append);
int clip_recorder_main(struct run *run);
int page_main(struct run *run);
int evaluator_main(struct run *run);

/* Listens for readers of the page, if the run has one, and logs the address; page_close
 * undoes it. */
enum status page_open(struct run *run, struct error *error);
void page_close(struct run *run);

/*
 * Makes the run directory, if it is missing, and locks it against other runs while *lock, a file
 * descriptor, is open. Fails if it holds a run and none is to be continued. A name that no user
 * chose gets a number appended until it is free: control->run_dir is right after this. Learner.
 */
enum status run_directory_open(const struct run *run, int *lock, struct error *error);

/* Writes the run's config.json. */
enum status run_directory_describe(const struct run *run, struct error *error);

/* Whether the run goes on with weights of an earlier version, which have one output for each
 * combination of an action's parts instead of one for each choice of a part. */
bool run_joins_parts(const struct run *run, const struct emulator_info *info);

/* The options in a file like config.json; those that it does not name stay unchanged. given: set
 * for those that it changes, unless a run wrote it. */
enum status run_read_options(const char *file, const struct option *table,
                             struct train_config *config, bool *given, struct error *error);

/* As train_game_lacks, for an open game. */
unsigned run_game_lacks(const struct game *game, const struct emulator_info *info);

/* Resolves --checkpoint: fills control->start_from and start_steps. */
enum status run_find_checkpoint(struct run *run, struct error *error);

/* Removes the run's numbered weight files of up to that many steps, but for the newest --keep ones.
 * A file that cannot be removed stays. */
void run_remove_old_models(const struct run *run, int64_t steps);

/* The weights that the learner offers for evaluation, in the run directory. */
#define EVALUATION_FILE "evaluation.h5"

/* Those that did best in evaluations. */
#define BEST_FILE "model-best.h5"

/* Writes the path of the weight file for a step count: <run_dir>/model-<game>-<steps>.h5. */
enum status run_model_path(char *out, const char *folder, const struct game *game, int64_t steps,
                           struct error *error);

/* Program, command line, processor and date, for config.json; the caller frees it. */
struct json *run_about(const struct run *run);

#endif
