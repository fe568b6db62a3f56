/*
 * A sweep's file made into runs: which there are, and with which options. Inside of the sweep room.
 *
 *     {"method": "a3c", "game": "catch", "total_steps": 20000, "seeds": 3,
 *      "n_step": [5, 20], "lr": {"min": 1e-4, "max": 1e-2, "log": true}, "samples": 10}
 *
 * Each combination of the lists' values is joined with each of the random points; that is a
 * setting. A run is a setting with one of the seeds. Equal files give equal runs, in the same
 * order: random points depend on "search_seed" (1 where it is not there), on their number and on
 * their option's place alone, so that with more samples the first ones stay.
 */
#ifndef ASYNCRL_SWEEP_PLAN_H
#define ASYNCRL_SWEEP_PLAN_H

#include "base/base.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLAN_MAX_AXES = 16, PLAN_MAX_RUNS = 10000, PLAN_NAME_SIZE = 16 };

/* An option that has one value in all runs. */
struct plan_option {
    char name[OPTION_NAME_SIZE];
    char *value;
};

struct plan {
    struct json *file; /* as it was read */
    int option_count;
    struct plan_option options[OPTION_MAX_COUNT];
    int axis_count;
    char axes[PLAN_MAX_AXES][OPTION_NAME_SIZE]; /* options in which settings differ */
    int setting_count;
    char **values; /* (setting_count, axis_count): the values, as `train` reads them */
    int seed_count;
    int64_t *seeds;      /* (seed_count) */
    int64_t search_seed; /* of random points and of a population's choices */
};

/* Reads the file at path and checks all options, values and bounds. STATUS_BAD_INPUT: which of them
 * is wrong. On success the caller calls plan_free. */
enum status plan_read(const char *path, struct plan *plan, struct error *error);

/* A zeroed plan is let be. */
void plan_free(struct plan *plan);

static inline int plan_run_count(const struct plan *plan) {
    return plan->setting_count * plan->seed_count;
}

/* Runs of one setting are neighbours. */
static inline int plan_setting(const struct plan *plan, int run) {
    return run / plan->seed_count;
}

static inline int64_t plan_seed(const struct plan *plan, int run) {
    return plan->seeds[run % plan->seed_count];
}

static inline const char *plan_axis_value(const struct plan *plan, int setting, int axis) {
    return plan->values[(size_t)setting * (size_t)plan->axis_count + (size_t)axis];
}

/* The value of an option in a setting; NULL where the file does not name it. */
const char *plan_value(const struct plan *plan, int setting, const char *name);

/* Writes a run's name, which is its directory's: its number from 1 on, with as many digits as the
 * last one has, and three at least. */
void plan_name(const struct plan *plan, int run, char out[PLAN_NAME_SIZE]);

/* Writes what sets a run apart: "lr 0.001, n_step 5, seed 2". */
void plan_describe(const struct plan *plan, int run, char *out, size_t size);

/* The arguments of `asyncrl` that train the run in the directory, with --json, ended by NULL: one
 * block, which the caller frees. more: words behind them, ended by NULL, which stay the caller's.
 * NULL: out of memory. */
char **plan_arguments(const struct plan *plan, int run, const char *run_dir, char *const *more);

/* ---- Parts of it ----------------------------------------------------------------------------- */

/* From where a random option takes its values, both ends included. */
struct plan_range {
    double minimum;
    double maximum;
    bool is_log;   /* uniform in the logarithm */
    bool is_whole; /* whole numbers only */
};

/* The value at a share of the range, from 0 to below 1; four significant digits, or whole. */
double plan_range_at(const struct plan_range *range, double share);

/* The value of sample number `sample` for the axis. */
double plan_draw(const struct plan_range *range, int64_t search_seed, int sample, int axis);

#endif
