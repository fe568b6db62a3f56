/*
 * Training: a supervisor, P actors, one learner and one reporter, each a process of its own.
 *
 *     struct train_config config;
 *     options_defaults(table, &config);
 *     enum status trained = train_run(&config, table, &summary, error);
 *
 * docs/architecture.md has the picture.
 */
#ifndef ASYNCRL_TRAIN_TRAIN_H
#define ASYNCRL_TRAIN_TRAIN_H

#include "base/base.h"
#include "env/env.h"
#include "method/method.h"
#include "network/network.h"
#include "optimizer/optimizer.h"
#include "report/report.h"

#include <stdint.h>

/* The options of `asyncrl train`, by their names; options.c has the tables with meanings and
 * bounds. */
struct train_config {
    struct method_config method;
    struct optimizer_config optimizer;
    char game[OPTION_TEXT_SIZE];
    int64_t processes;
    int64_t envs_per_process;
    int64_t learners; /* ranks that learn; 0: all */
    double lr;
    double lr_final; /* at the end of its schedule */
    int64_t batch_size;
    int64_t swap_freq;
    int64_t save_freq;
    int64_t keep;                      /* numbered weight files to keep; 0: all */
    char stop_score[OPTION_TEXT_SIZE]; /* a number; empty: none */
    double stop_flag_rate;             /* 0: none */
    double stop_time;                  /* seconds; 0: none */
    int64_t eval_freq;                 /* steps between evaluations; 0: none */
    int64_t eval_episodes;             /* games in each */
    char checkpoint[OPTION_TEXT_SIZE]; /* a step count or a path; empty: start anew */
    char preset[OPTION_TEXT_SIZE]; /* name of the preset whose values took the place of defaults */
    char channels[OPTION_TEXT_SIZE]; /* in checkpoint's file, if it does not say: "first", "last" */
    char config[OPTION_TEXT_SIZE];   /* the file of options that was read; empty: none */
    char resume[OPTION_TEXT_SIZE];   /* the run directory to go on with; empty: a new run */
    bool joins_parts; /* not an option: the run's weights have one output for each combination of an
                         action's parts, see run_joins_parts */
    int64_t queue_size; /* transitions in all rings together */
    int64_t n_step;
    int64_t learner_threads; /* 0: measured */
    bool pin;                /* each process to processors of its own */
    bool th_comp_fix;        /* accepted for the sake of the seed's command lines */
    bool deterministic;
    bool lockstep; /* actors play no round ahead of the learner */
    bool tensorboard;
    bool clips;                   /* of games, for TensorBoard */
    bool plain;                   /* lines on stderr, on a terminal, too, instead of a dashboard */
    bool json;                    /* how the command prints the result; the run ignores it */
    int64_t http;                 /* port of the page to watch on; 0: any, -1: none */
    char bind[OPTION_TEXT_SIZE];  /* its address; empty: 127.0.0.1 */
    char token[OPTION_TEXT_SIZE]; /* as watch_choose_token takes it */
    int64_t total_steps;          /* 0: run on */
    int64_t stop_steps;           /* of this call; 0: run on */
    int64_t seed;
    char observation[OPTION_TEXT_SIZE];
    struct network_config network;
    char run_dir[OPTION_TEXT_SIZE]; /* empty: runs/<game>-<method>-<date>-<time>, with -2, -3, ...
                                       appended if it exists */
    char data_dir[OPTION_TEXT_SIZE];
    struct environment_options environment;
    struct game_overrides overrides;
    const char *command; /* the command line, without secrets, for config.json; NULL: none */
    const bool *given;   /* (one per option) those that the user gave, which must do something in
                            the game; NULL: none must */
};

/* The options of `asyncrl train METHOD`: train_a3c_options and so on. */
#define TRAIN_DECLARE(id, summary) extern const struct option_part train_##id##_options[];
METHODS(TRAIN_DECLARE)
#undef TRAIN_DECLARE

/* The options of all methods together, for finding the method among arguments. Options of several
 * methods may fill one field, so a config makes sense with those of one method only. */
enum status train_all_options(struct option table[OPTION_MAX_COUNT + 1], struct error *error);

/* The result of a run. */
struct train_summary {
    int64_t steps;             /* steps trained on in this run */
    int64_t emulator_frames;   /* emulator frames played */
    double seconds;            /* from the first batch to the last */
    struct stage_times actors; /* of all actors together */
    struct stage_times learner;
    double score;     /* mean of the last games, at most 100; NaN: no game has ended */
    int64_t games;    /* ended games in the whole run */
    bool is_whole;    /* total_steps is reached */
    bool is_finished; /* it came to its own end: total_steps, --stop_score and the like */
    char run_dir[PATH_SIZE];
    char model[PATH_SIZE]; /* the last weight file written; empty when there is none */
};

/* The place of this run among those that learn together. */
struct rank_place {
    int rank;     /* from 0 on */
    int count;    /* 1: it learns alone */
    int learners; /* ranks that learn, the first ones; run_open sets it */
};

/* Reads it from the environment that mpirun or srun sets. */
struct rank_place train_rank_place(void);

/* The method of the run in a directory, from its config.json. */
enum status train_load_method(const char *run_dir, char *method, size_t size, struct error *error);

/* The method in a file like config.json; "" if it names none. file: its path, or that of a run
 * directory. */
enum status train_read_method(const char *file, char *method, size_t size, struct error *error);

/*
 * Fills config, whose method is chosen, for a new run: with defaults, then the preset, then the
 * file of --config, then the arguments; a preset among the arguments comes after the file. table
 * describes config. given: one bool per option, false before; set for those of the arguments and
 * for those of the file that do nothing with the rest of it, or may do nothing in its game, unless
 * a run wrote it: a run writes all options. For options_refuse_idle and train_refuse_idle.
 */
enum status train_parse_new(const struct option *table, int argc, char **argv,
                            struct train_config *config, bool *given, struct error *error);

/*
 * The options of the run in a directory, from its config.json, except those of one call. table
 * describes config. A key that is not an option or a value of another type is STATUS_BAD_INPUT.
 */
enum status train_load_config(const char *run_dir, const struct option *table,
                              struct train_config *config, struct error *error);

/*
 * Options that do nothing in some games. train_needs_game: whether an option is one of them.
 * train_game_lacks: what config's game, which it opens, lacks of that which they need, one bit for
 * each; 0 if it cannot be opened, for reasons that the run will tell. train_is_idle: whether an
 * option does nothing in a game with those lacks.
 */
bool train_needs_game(const char *option);
unsigned train_game_lacks(const struct train_config *config);
bool train_is_idle(unsigned lacks, const char *option);

/* STATUS_BAD_INPUT if an option that is given (one bool per option) does nothing in such a game.
 * One that is 0 or off asks for nothing. */
enum status train_refuse_idle(unsigned lacks, const struct train_config *config,
                              const struct option *table, const bool *given, struct error *error);

/*
 * The network that config asks for, for a game that info describes; STATUS_BAD_INPUT if the network
 * needs pictures and the game shows a vector, or the other way round.
 */
enum status train_network(const struct train_config *config, enum heads heads,
                          enum observation_preset observation, const struct emulator_info *info,
                          struct network_spec *spec, struct error *error);

/*
 * Trains until total_steps, SIGINT or SIGTERM, then saves the weights and returns. A second signal
 * ends it at once. table describes config, for the run's config.json.
 *
 * Call it from a single-threaded process: it forks, and it takes SIGINT, SIGTERM and SIGCHLD for
 * itself while it runs. No process and no shared memory outlives it, however it ends. A dead actor
 * is replaced; a dead learner is STATUS_FAILED. Bad options are STATUS_BAD_INPUT, found before
 * anything is written.
 */
enum status train_run(const struct train_config *config, const struct option *table,
                      struct train_summary *summary, struct error *error);

#endif
