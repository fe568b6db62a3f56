/* A run's progress: the newest row of its progress.csv. Inside of the sweep room. */
#ifndef ASYNCRL_SWEEP_PROGRESS_H
#define ASYNCRL_SWEEP_PROGRESS_H

#include <stdint.h>

struct progress {
    int64_t steps;  /* 0: none yet */
    double seconds; /* of training, including those before a resume */
    double score;   /* mean of the newest 100 games; not a number: none yet */
};

/* Reads it from the run directory. If the file is missing or has no whole row, there is no
 * progress yet. */
struct progress progress_read(const char *run_dir);

#endif
