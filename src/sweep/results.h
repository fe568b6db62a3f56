/* What a sweep's settings reached: means over seeds, sorted. Pure functions. Inside of the sweep
 * room. */
#ifndef ASYNCRL_SWEEP_RESULTS_H
#define ASYNCRL_SWEEP_RESULTS_H

#include "sweep/job.h"
#include "sweep/plan.h"

/* A setting's finished runs with a score. */
struct result {
    int setting;
    int count;
    double mean;      /* of their scores; not a number: there are none */
    double deviation; /* standard deviation of a sample; 0 of one run */
    double steps;     /* mean */
};

/* Fills results (setting_count), best first; those without a score come last, in the order of the
 * settings, as do equals. jobs: (plan_run_count). */
void results_make(const struct plan *plan, const struct job *jobs, struct result *results);

#endif
