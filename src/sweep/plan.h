/*
 * The runs that a sweep's file asks for, and their options. Inside of the sweep room.
 *
 *     {"method": "a3c", "game": "catch", "total_steps": 20000, "seeds": 3,
 *      "n_step": [5, 20], "lr": {"min": 1e-4, "max": 1e-2, "log": true}, "samples": 10}
 *
 * A setting is a combination of the lists' values and a random point; every combination comes with
 * every point. A run is a setting with one of the seeds. Equal files give equal runs, in the same
 * order: a random point depends only on "search_seed" (default 1), on its number and on its
 * option's place, so more samples leave the first ones unchanged.
 */
#ifndef ASYNCRL_SWEEP_PLAN_H
#define ASYNCRL_SWEEP_PLAN_H

#include "base/base.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLAN_MAX_AXES = 16, PLAN_MAX_RUNS = 10000, PLAN_NAME_SIZE = 16 };

/* An option with the same value in all runs. */
struct plan_option {
    char name[OPTION_NAME_SIZE];
    char *value;
};

struct plan {
    struct json *file; /* unchanged */
    int option_count;
    struct plan_option options[OPTION_MAX_COUNT];
    int axis_count;
    char axes[PLAN_MAX_AXES][OPTION_NAME_SIZE]; /* options in which settings differ */
    int setting_count;
    char **values; /* (setting_count, axis_count), as `train` reads them */
    bool *idle; /* (setting_count, option_count + axis_count): it does nothing in that setting, and
                   `train` does not get it; NULL: each does something */
    int seed_count;
    int64_t *seeds;      /* (seed_count) */
    int64_t search_seed; /* of random points and of a population's choices */
};

/* Reads the file at path and checks all options, values and bounds. STATUS_BAD_INPUT: one of them
 * is wrong. On success the caller calls plan_free. */
enum status plan_read(const char *path, struct plan *plan, struct error *error);

/* A zeroed plan is ignored. */
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

/* The value of an option in a setting; NULL if the file does not name it. */
const char *plan_value(const struct plan *plan, int setting, const char *name);

/* Whether an option does nothing in a setting. index: among all options, then axes. */
static inline bool plan_is_idle(const struct plan *plan, int setting, int index) {
    const int count = plan->option_count + plan->axis_count;
    return plan->idle && plan->idle[(ptrdiff_t)setting * count + index];
}

/* For a sweep that begins: STATUS_BAD_INPUT if an option of the file does nothing in any run,
 * unless a run wrote the file or the option has its default; or if such a file has options that
 * cannot be read, those of --config perhaps. */
enum status plan_refuse_idle(const struct plan *plan, struct error *error);

/* Writes the name of a run and of its directory: its number from 1, with at least three digits, the
 * same for all runs. */
void plan_name(const struct plan *plan, int run, char out[PLAN_NAME_SIZE]);

/* Writes the options in which runs differ: "lr 0.001, n_step 5, seed 2". */
void plan_describe(const struct plan *plan, int run, char *out, size_t size);

/* The command line of `asyncrl train` for the run, in run_dir and with --json, ended by NULL: one
 * block, which the caller frees. more: words to append, ended by NULL, owned by the caller.
 * NULL: out of memory. */
char **plan_arguments(const struct plan *plan, int run, const char *run_dir, char *const *more);

/* ---- Options of runs ------------------------------------------------------------------------- */

struct train_config;

/* Composes the table of a method's options. */
enum status plan_table(const char *method, struct option table[OPTION_MAX_COUNT + 1],
                       struct error *error);

/* Fills table and config with the options of a setting as its runs will have them. */
enum status plan_parse(const struct plan *plan, int setting,
                       struct option table[OPTION_MAX_COUNT + 1], struct train_config *config,
                       struct error *error);

/* The largest number of actor processes that a run has, by the file or by its preset; 1 for runs
 * whose options cannot be read. */
int64_t plan_max_processes(const struct plan *plan);

/* Fills plan->idle, but not for settings whose options cannot be read. all: the options of all
 * methods. */
enum status plan_find_idle(struct plan *plan, const struct option *all, struct error *error);

/* ---- For tests ------------------------------------------------------------------------------- */

/* The range of a random option, both ends included. */
struct plan_range {
    double minimum;
    double maximum;
    bool is_log;   /* uniform in the logarithm */
    bool is_whole; /* whole numbers only */
};

/* The value at a share of the range, from 0 to below 1; whole, or with four significant digits. */
double plan_range_at(const struct plan_range *range, double share);

/* The value of sample number `sample` for the axis. */
double plan_draw(const struct plan_range *range, int64_t search_seed, int sample, int axis);

#endif
