#include "report/tensorboard.h"

#include "report/memory.h"

#include <math.h>

struct points {
    struct event_scalar scalars[EVENT_MAX_SCALARS];
    int count;
};

/* What there is no number of just now, or never with this method, has no point. */
static void add_if(bool known, struct points *points, const char *tag, double value) {
    if (known)
        points->scalars[points->count++] = (struct event_scalar){tag, value};
}

static void add(struct points *points, const char *tag, double value) {
    add_if(true, points, tag, value);
}

static void add_learning(struct points *points, const struct status_numbers *numbers,
                         const struct learner_metrics *learner) {
    const bool learned = !isnan(numbers->value_loss);
    const bool has_policy = learned && numbers->has_policy;
    add_if(has_policy, points, "train/policy_loss", numbers->policy_loss);
    add_if(has_policy, points, "train/value_loss", numbers->value_loss);
    /* What is made small there: the entropy's opposite. */
    add_if(has_policy, points, "train/entropy_loss", -numbers->entropy);
    add_if(learned && !has_policy, points, "train/loss", numbers->value_loss);
    add(points, "train/learning_rate",
        atomic_load_explicit(&learner->learning_rate, memory_order_relaxed));
}

static void gather(struct points *points, const struct status_numbers *numbers,
                   const struct metrics *metrics) {
    const double length = reporter_memory_mean_length(&metrics->memory);
    add_if(!isnan(numbers->score_mean), points, "rollout/ep_rew_mean", numbers->score_mean);
    add_if(!isnan(length), points, "rollout/ep_len_mean", length);
    add_if(numbers->epsilon >= 0, points, "rollout/exploration_rate", numbers->epsilon);
    add(points, "time/fps", numbers->frames_per_second);
    add(points, "time/episodes", (double)numbers->episodes);
    add(points, "time/total_timesteps", (double)numbers->frames);
    add_learning(points, numbers, &metrics->learner);
    add_if(!isnan(numbers->value), points, "asyncrl/value", numbers->value);
    add(points, "asyncrl/emulator_fps", numbers->emulator_frames_per_second);
    add(points, "asyncrl/queue_fill", numbers->queue_fill);
    add(points, "asyncrl/weights_lag", numbers->weights_lag);
}

static enum status open_file(struct tensorboard *tensorboard, struct error *error) {
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
    struct points points = {0};
    struct error error;
    enum status status = open_file(tensorboard, &error);
    if (status == STATUS_OK) {
        gather(&points, numbers, tensorboard->request->metrics);
        status = event_file_add_scalars(tensorboard->file, numbers->frames, points.scalars,
                                        points.count, &error);
    }
    if (status != STATUS_OK && !tensorboard->fails)
        log_line("report", "%s; training goes on", error.message);
    tensorboard->fails = status != STATUS_OK;
    return status == STATUS_OK;
}

void tensorboard_close(struct tensorboard *tensorboard, int64_t frames) {
    struct error ignored; /* the curves end here in any case */
    if (tensorboard->file)
        event_file_add_end(tensorboard->file, frames, &ignored);
    event_file_close(tensorboard->file);
}
