/*
 * What TensorBoard shows of a run, under the names that users of Stable-Baselines3 know
 * (stable-baselines3.readthedocs.io, "Logger"); what it has no name for stands under asyncrl/.
 * Inside of the report room; one for a reporter.
 */
#ifndef ASYNCRL_REPORT_TENSORBOARD_H
#define ASYNCRL_REPORT_TENSORBOARD_H

#include "report/report.h"

struct tensorboard {
    const struct reporter_request *request;
    struct event_file *file; /* NULL: none is open, as before the first point */
    int64_t first_step;      /* of what this process tells */
    bool has_parameters;     /* the file tells the run's options */
    bool fails;              /* which has been said */
};

/*
 * Adds a point to every curve; the first one begins the file. False where it cannot be written:
 * said once, the run goes on, and the next point tries anew.
 */
bool tensorboard_add(struct tensorboard *tensorboard, const struct status_numbers *numbers);

/* Says that the run is over. */
void tensorboard_close(struct tensorboard *tensorboard, int64_t steps);

#endif
