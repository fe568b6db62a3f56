/* A sweep, for the files of the sweep room. Inside of the sweep room. */
#ifndef ASYNCRL_SWEEP_INSIDE_H
#define ASYNCRL_SWEEP_INSIDE_H

#include "sweep/board.h"
#include "sweep/job.h"
#include "sweep/plan.h"
#include "sweep/population.h"
#include "sweep/sweep.h"

#include <signal.h>

struct sweep {
    char dir[PATH_SIZE];
    char file[PATH_SIZE]; /* as the caller named it; "": the caller named the directory */
    struct plan plan;
    int first; /* the runs to make: from first */
    int last;  /* to before last */
    int parallel;
    struct job *jobs;             /* (plan_run_count) */
    struct population population; /* members NULL: the runs are not a population */
    struct board board;
    int signals; /* signalfd; -1: none */
    sigset_t old_mask;
    double stopping; /* clock_seconds of the first signal; 0: none */
};

/* Writes the options in which runs differ: "lr 0.001, seed 2"; for a member of a population, their
 * present values. */
void sweep_describe(const struct sweep *sweep, int run, char *out, size_t size);

#endif
