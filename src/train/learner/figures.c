#include "train/learner/figures.h"
#include "train/learner/schedule.h"

#include <math.h>

void learner_report_rate(struct learner *learner) {
    atomic_store_explicit(&learner->metrics->learning_rate,
                          learner_rate(learner) * learner->trainer.kept.lr_factor,
                          memory_order_relaxed);
}

int learner_batch_steps(const struct learner *learner) {
    return learner->batch.count * run_learners(learner->run);
}

/* Counts a sound update. */
static void report_update(struct learner *learner, const struct update *update) {
    atomic_fetch_add_explicit(&learner->metrics->transitions, learner_batch_steps(learner),
                              memory_order_relaxed);
    for (int i = 0; i < METRIC_COUNT; i++)
        metric_add(&learner->metrics->sums[i], update->metrics[i].sum, update->metrics[i].weight);
}

void learner_report_batch(struct learner *learner, const struct update *update) {
    struct control *control = learner->run->control;
    if (update->is_sound) /* otherwise the means would stay NaN for good */
        report_update(learner, update);
    learner_report_rate(learner);
    learner_tell_steps(learner);
    atomic_store_explicit(&learner->run->metrics->queue_count,
                          transport_unread(learner->run->transport), memory_order_relaxed);
    const double now = clock_seconds();
    if (atomic_load_explicit(&control->first_batch, memory_order_relaxed) == 0)
        atomic_store(&control->first_batch, now);
    atomic_store_explicit(&control->last_batch, now, memory_order_relaxed);
}

static double mean_of(const struct update *update, enum metric metric) {
    return update->metrics[metric].sum / update->metrics[metric].weight; /* 0 / 0: NaN */
}

/* In nats. NaN for continuous actions: the entropy of a density has no bound. */
static double max_entropy(const struct network_spec *network) {
    if (parts_are_several(&network->parts))
        return log((double)parts_combinations(&network->parts));
    return network->gaussian ? (double)NAN : log(network->actions);
}

void learner_watch_health(struct learner *learner, const struct update *update) {
    if (!update->is_sound)
        return;
    const struct health_sample sample = {
        .steps = learner_batch_steps(learner),
        .entropy = mean_of(update, METRIC_ENTROPY),
        .max_entropy = max_entropy(&learner->run->network),
        .value_loss = mean_of(update, METRIC_VALUE_LOSS),
        .kl = mean_of(update, METRIC_KL),
    };
    const enum health_trouble trouble = health_judge(&learner->health, &sample);
    if (trouble != HEALTH_FINE)
        log_line("learn", "at %lld steps: %s", (long long)learner->steps, health_advice(trouble));
}
