/* How far a run is: the newest row of its progress.csv. Inside of the sweep room. */
#ifndef ASYNCRL_SWEEP_PROGRESS_H
#define ASYNCRL_SWEEP_PROGRESS_H

#include <stdint.h>

struct progress {
    int64_t steps;  /* 0: none yet */
    double seconds; /* of training, those before a resume included */
    double score;   /* mean of the newest 100 games; not a number: none yet */
};

/* Reads it from the run directory. A file that is not there, or has no whole row, is no progress:
 * the run may just have begun. */
struct progress progress_read(const char *run_dir);

#endif
