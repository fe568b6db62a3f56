/*
 * Population-based training (Jaderberg et al. 2017, arXiv 1711.09846): the runs of a sweep are the
 * members of a population. All train for "every" steps; then the worst ones take over checkpoint
 * and options of one of the best each (exploit), with the options in "options" times a factor
 * (explore), and all train on. Inside of the sweep room.
 *
 *     {"method": "ppo", ..., "total_steps": 2e6, "lr": {"min": 1e-4, "max": 1e-2, "log": true},
 *      "samples": 8, "pbt": {"every": 2e5, "quantile": 0.2, "perturb": [0.8, 1.2],
 *                            "options": ["lr"]}}
 *
 * The paper's workers go on without waiting for each other; here all have trained equally long when
 * they are compared, so that fewer can run at a time than there are.
 *
 * population.json in the sweep's directory says what generation trains and what each member took
 * over. It is written before anything is copied and again when all is, so that a kill in between
 * loses nothing. population.csv has all generations.
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
    double quantile;     /* share of members that are worst, and best */
    int factor_count;
    double factors[POPULATION_MAX_FACTORS];
    int option_count;
    struct option options[POPULATION_MAX_OPTIONS]; /* that are changed: their rows of the table */
};

struct member {
    int from; /* the member whose checkpoint it took over; its own number: none */
    char values[POPULATION_MAX_OPTIONS][32]; /* of the rules' options then; "": as they were */
};

struct population {
    struct population_rules rules;
    int lock;       /* on the sweep's directory; -1: none */
    int64_t number; /* of the generation, from 0 on */
    bool is_copied; /* what members take over is in their directories */
    int count;
    struct member *members; /* (count) */
};

/* Reads the member "pbt" of the plan's file, at path. STATUS_BAD_INPUT: it makes no sense, or the
 * plan's runs differ in options that it does not name. */
enum status population_read_rules(const struct plan *plan, const char *path,
                                  struct population_rules *rules, struct error *error);

/* Reads the state of the population in the directory, and copies what was not copied yet. No other
 * process may have it: STATUS_FAILED. On success the caller calls population_close. jobs: (runs of
 * the plan), as they are found; those of a new generation are to be looked at again. */
enum status population_open(struct population *population, const struct plan *plan, const char *dir,
                            struct job *jobs, struct error *error);

/* A zeroed population is let be. */
void population_close(struct population *population);

/* The steps up to which members train now, and whether that is the end. */
int64_t population_target(const struct population *population);
bool population_is_last(const struct population *population);

/* Makes the next generation, when all jobs have finished or failed: a failed member takes over a
 * good one's state. STATUS_FAILED: all have failed, or a file cannot be written. */
enum status population_advance(struct population *population, const struct plan *plan,
                               const char *dir, struct job *jobs, struct error *error);

/* Words of `train` for a member: options that it took over, and where to stop. The caller frees the
 * block; NULL: out of memory. */
char **population_words(const struct population *population, int member);

/* Writes the values that the rules' options have now: "lr 0.0012, beta 0.003". */
void population_describe(const struct population *population, int member, const struct job *job,
                         char *out, size_t size);

/* The same as numbers, for programs; the caller frees it. */
struct json *population_options(const struct population *population, int member,
                                const struct job *job);

/* ---- Parts of it ----------------------------------------------------------------------------- */

/*
 * Chooses whom each of count members takes over: from[i] is i for those that go on as they are.
 * scores: higher is better; not a number is the worst. failed: (count) members that must take over
 * another one. False: there is none to be taken over.
 */
bool population_choose(double quantile, int count, const double *scores, const bool *failed,
                       struct rng *rng, int *from);

/* A value times one of the factors, within the option's bounds; whole where it is, and then another
 * one if the bounds allow it. */
double population_perturb(const struct population_rules *rules, const struct option *option,
                          double value, struct rng *rng);

#endif
