/*
 * Population-based training (Jaderberg et al. 2017, arXiv 1711.09846): the runs of a sweep are the
 * members of a population. All train for "every" steps. Then each of the worst takes over the
 * checkpoint and options of one of the best (exploit), multiplies those in "options" by a factor
 * (explore), and all continue. Inside of the sweep room.
 *
 *     {"method": "ppo", ..., "total_steps": 2e6, "lr": {"min": 1e-4, "max": 1e-2, "log": true},
 *      "samples": 8, "pbt": {"every": 2e5, "quantile": 0.2, "perturb": [0.8, 1.2],
 *                            "options": ["lr"]}}
 *
 * The paper's workers do not wait for each other. Here all have trained equally long when they are
 * compared, so that fewer than all can run at a time.
 *
 * population.json in the sweep's directory holds the present generation and what each member took
 * over. It is written before anything is copied and again after all is copied, so that a kill in
 * between loses nothing. population.csv lists all generations.
 */
#ifndef ASYNCRL_SWEEP_POPULATION_H
#define ASYNCRL_SWEEP_POPULATION_H

#include "base/base.h"
#include "sweep/job.h"
#include "sweep/plan.h"

enum { POPULATION_MAX_OPTIONS = 16, POPULATION_MAX_FACTORS = 16 };

struct population_rules {
    int64_t every;       /* steps of a generation */
    int64_t total_steps; /* of all generations */
    double quantile;     /* the share of the worst members, and of the best */
    int factor_count;
    double factors[POPULATION_MAX_FACTORS];
    int option_count;
    struct option options[POPULATION_MAX_OPTIONS]; /* rows of the options that are changed */
};

struct member {
    int from; /* whose checkpoint it took over; its own number: none */
    char values[POPULATION_MAX_OPTIONS][32]; /* new values of the rules' options; "": unchanged */
};

struct population {
    struct population_rules rules;
    int lock;       /* on the sweep's directory; -1: none */
    int64_t number; /* of the generation, from 0 */
    bool is_copied; /* members have the files that they take over */
    int count;
    struct member *members; /* (count) */
};

/* Reads the member "pbt" of the plan's file, at path. STATUS_BAD_INPUT: it is wrong, or the plan's
 * runs differ in options that it does not name. */
enum status population_read_rules(const struct plan *plan, const char *path,
                                  struct population_rules *rules, struct error *error);

/* Reads the state of the population in the directory, and copies what was not copied yet.
 * STATUS_FAILED: another process has it. On success the caller calls population_close. jobs: (runs
 * of the plan), opened; their states are read again. */
enum status population_open(struct population *population, const struct plan *plan, const char *dir,
                            struct job *jobs, struct error *error);

/* A zeroed population is ignored. */
void population_close(struct population *population);

/* The steps at which this generation ends, and whether it is the last one. */
int64_t population_target(const struct population *population);
bool population_is_last(const struct population *population);

/* Makes the next generation, after all jobs are ready or failed: a failed member takes over a
 * good one's state. STATUS_FAILED: all have failed, or a file cannot be written. */
enum status population_advance(struct population *population, const struct plan *plan,
                               const char *dir, struct job *jobs, struct error *error);

/* Words of `train` for a member: options that it took over, and where to stop. The caller frees the
 * block; NULL: out of memory. */
char **population_words(const struct population *population, int member);

/* Writes the present values of the rules' options: "lr 0.0012, beta 0.003". */
void population_describe(const struct population *population, int member, const struct job *job,
                         char *out, size_t size);

/* The same as numbers, for programs; the caller frees it. */
struct json *population_options(const struct population *population, int member,
                                const struct job *job);

/* ---- For tests ------------------------------------------------------------------------------- */

/*
 * Chooses the member that each of count members takes over: from[i] is i if it continues unchanged.
 * scores: higher is better, NAN is worst. failed: (count) members that must take over another one.
 * False: all have failed.
 */
bool population_choose(double quantile, int count, const double *scores, const bool *failed,
                       struct rng *rng, int *from);

/* A value times one of the factors, within the option's bounds. A whole number stays whole, and
 * changes by at least 1 if the bounds allow it. */
double population_perturb(const struct population_rules *rules, const struct option *option,
                          double value, struct rng *rng);

#endif
