/* The results of a sweep's settings: means over seeds, sorted. Pure functions. Inside of the sweep
 * room. */
#ifndef ASYNCRL_SWEEP_RESULTS_H
#define ASYNCRL_SWEEP_RESULTS_H

#include "sweep/job.h"
#include "sweep/plan.h"

/* A setting's finished runs with a score. */
struct result {
    int setting;
    int count;
    double mean;      /* of their scores; NAN: none */
    double deviation; /* sample standard deviation; 0 for one run */
    double steps;     /* mean */
};

/* Fills results (setting_count), best first, settings without a score last; equals keep the order
 * of the settings. jobs: (plan_run_count). */
void results_make(const struct plan *plan, const struct job *jobs, struct result *results);

#endif
