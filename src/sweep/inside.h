/* What the files of the sweep room share of a sweep. Inside of the sweep room. */
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
    char file[PATH_SIZE]; /* as the caller named it; "": by its directory */
    struct plan plan;
    int first; /* the runs to make: from first on, */
    int last;  /* before last */
    int parallel;
    struct job *jobs;             /* (plan_run_count) */
    struct population population; /* members NULL: the runs are none */
    struct board board;
    int signals; /* signalfd; -1: none */
    sigset_t old_mask;
    double stopping; /* clock_seconds since when; 0: not */
};

/* Writes what sets a run apart, in a population with what its options are now. */
void sweep_describe(const struct sweep *sweep, int run, char *out, size_t size);

#endif
