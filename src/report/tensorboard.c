#include "report/tensorboard.h"

#include <math.h>

/* Makes a point for each metric that has a tag and a value just now; returns their number. */
static int gather(struct event_scalar scalars[EVENT_MAX_SCALARS],
                  const struct status_numbers *numbers) {
    int count = 0;
    for (int i = 0; i < METRIC_COUNT && count < EVENT_MAX_SCALARS; i++) {
        const struct metric_description *metric = &metric_table[i];
        if (metric->tag && !isnan(numbers->values[i]))
            scalars[count++] =
                (struct event_scalar){metric->tag, metric->factor * numbers->values[i]};
    }
    return count;
}

static enum status open_event_file(struct tensorboard *tensorboard, struct error *error) {
    const struct reporter_request *request = tensorboard->request;
    enum status status = STATUS_OK;
    if (!tensorboard->file)
        status =
            event_file_open(request->run_dir, tensorboard->first_step, &tensorboard->file, error);
    if (status != STATUS_OK || tensorboard->has_parameters)
        return status;
    status = event_file_add_parameters(tensorboard->file, tensorboard->first_step,
                                       request->parameters, request->parameter_count, error);
    tensorboard->has_parameters = status == STATUS_OK;
    return status;
}

bool tensorboard_add(struct tensorboard *tensorboard, const struct status_numbers *numbers) {
    struct event_scalar scalars[EVENT_MAX_SCALARS];
    struct error error;
    enum status status = open_event_file(tensorboard, &error);
    if (status == STATUS_OK) {
        const int count = gather(scalars, numbers);
        status = event_file_add_scalars(tensorboard->file, (int64_t)numbers->values[METRIC_STEPS],
                                        scalars, count, &error);
    }
    if (status != STATUS_OK && !tensorboard->fails)
        log_line("report", "%s; training goes on", error.message);
    tensorboard->fails = status != STATUS_OK;
    return status == STATUS_OK;
}

void tensorboard_close(struct tensorboard *tensorboard, int64_t steps) {
    struct error ignored; /* the curves end here in any case */
    if (tensorboard->file)
        event_file_add_end(tensorboard->file, steps, &ignored);
    event_file_close(tensorboard->file);
}
