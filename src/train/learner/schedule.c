#include "train/learner/schedule.h"

#include <math.h>

static const double MIN_LEARNING_RATE = 1e-8;

/* Steps over which the learning rate falls. */
static int64_t schedule_steps(const struct train_config *config) {
    return method_schedule_steps(&config->method, config->method.lr_steps);
}

static double rate_at(const struct train_config *config, int64_t steps) {
    const double rate = schedule_linear(config->lr, config->lr_final, (double)steps,
                                        (double)schedule_steps(config));
    return fmax(rate, MIN_LEARNING_RATE);
}

double learner_rate(const struct learner *learner) {
    return rate_at(learner->run->config, learner->steps);
}

double learner_newest_share(const struct learner *learner) {
    const struct train_config *config = learner->run->config;
    const int64_t batch = (int64_t)learner->batch.capacity * run_learners(learner->run);
    return rate_at(config, learner->steps > batch ? learner->steps - batch : 0) / config->lr;
}

void learner_tell_end_of_schedule(const struct learner *learner, int64_t before) {
    const struct train_config *config = learner->run->config;
    const int64_t end = schedule_steps(config);
    if (config->total_steps == 0 && config->lr_final < config->lr && before < end &&
        learner->steps >= end)
        log_line("learn",
                 "the learning rate has fallen to %g over %lld steps and stays there, but the run "
                 "goes on: only --total_steps=N gives it a length",
                 learner_rate(learner), (long long)end);
}
