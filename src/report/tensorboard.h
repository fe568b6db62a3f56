/*
 * The curves of a run in TensorBoard, under the names of Stable-Baselines3
 * (stable-baselines3.readthedocs.io, "Logger"); metrics that it has no name for stand under
 * asyncrl/. Inside of the report room; one for a reporter.
 */
#ifndef ASYNCRL_REPORT_TENSORBOARD_H
#define ASYNCRL_REPORT_TENSORBOARD_H

#include "report/report.h"

struct tensorboard {
    const struct reporter_request *request;
    struct event_file *file; /* NULL: none is open, as before the first point */
    int64_t first_step;      /* of this process's points */
    bool has_parameters;     /* the file tells the run's options */
    bool fails;              /* this was logged */
};

/*
 * Adds a point to every curve; the first one begins the file. False if it cannot be written: this
 * is logged once, and the next point tries again.
 */
bool tensorboard_add(struct tensorboard *tensorboard, const struct status_numbers *numbers);

/* Marks the run as over. */
void tensorboard_close(struct tensorboard *tensorboard, int64_t steps);

#endif
