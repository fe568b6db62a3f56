/*
 * The metrics of a run: one table for progress.csv, TensorBoard, the dashboard and the page.
 *
 * A new metric is a row of METRICS, and update_add in a method's update, or a line of take_values
 * in report/reporter.c for a figure of the run. It becomes a column of progress.csv, a curve of
 * TensorBoard if it has a tag, a chart of the page, and a number of the dashboard if there is room.
 *
 *     a process: stage_timer_start; stage_enter(&timer, STAGE_FORWARD); stage_timer_stop
 */
#ifndef ASYNCRL_METRIC_METRIC_H
#define ASYNCRL_METRIC_METRIC_H

#include "base/base.h"
#include "metric/stages.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * METRIC(ID, column, format, tag, factor, label, group, merge): its column of progress.csv and the
 * format of numbers there; its tag in TensorBoard (NULL: none) and a factor for that; its name for
 * people; its group; how several rows are merged if there are too many.
 *
 * The order is that of the columns. Two metrics of one column belong to different methods.
 */
#define METRICS(METRIC)                                                                            \
    METRIC(SECONDS, "seconds", "%.3f", NULL, 1, "seconds", RUN, LAST)                              \
    METRIC(STEPS, "steps", "%.0f", "time/total_timesteps", 1, "steps", RUN, LAST)                  \
    METRIC(EMULATOR_FRAMES, "emulator_frames", "%.0f", NULL, 1, "emulator frames", RUN, LAST)      \
    METRIC(EPISODES, "episodes", "%.0f", "time/episodes", 1, "games", RUN, LAST)                   \
    METRIC(SCORE, "score_mean_100", "%.4f", "rollout/ep_rew_mean", 1, "score", RUN, MEAN)          \
    METRIC(SPEED, "steps_per_second", "%.1f", "time/fps", 1, "steps/s", MACHINE, MEAN)             \
    METRIC(EMULATOR_SPEED, "emulator_frames_per_second", "%.1f", "asyncrl/emulator_fps", 1,        \
           "emulated/s", MACHINE, MEAN)                                                            \
    METRIC(POLICY_LOSS, "policy_loss", "%.6g", "train/policy_loss", 1, "policy loss", LEARNING,    \
           MEAN)                                                                                   \
    METRIC(VALUE_LOSS, "value_loss", "%.6g", "train/value_loss", 1, "value loss", LEARNING, MEAN)  \
    METRIC(Q_LOSS, "value_loss", "%.6g", "train/loss", 1, "loss", LEARNING, MEAN)                  \
    METRIC(ENTROPY, "entropy", "%.6g", "train/entropy_loss", -1, "entropy", LEARNING, MEAN)        \
    METRIC(VALUE, "value", "%.6g", "asyncrl/value", 1, "value", LEARNING, MEAN)                    \
    METRIC(Q_VALUE, "value", "%.6g", "asyncrl/value", 1, "Q value", LEARNING, MEAN)                \
    METRIC(LEARNING_RATE, "learning_rate", "%.6g", "train/learning_rate", 1, "learning rate",      \
           LEARNING, MEAN)                                                                         \
    METRIC(EPSILON, "epsilon", "%.4f", "rollout/exploration_rate", 1, "epsilon", LEARNING, MEAN)   \
    METRIC(QUEUE_FILL, "queue_fill", "%.4f", "asyncrl/queue_fill", 1, "queue", MACHINE, MEAN)      \
    METRIC(WEIGHTS_LAG, "weights_lag", "%.1f", "asyncrl/weights_lag", 1, "weights lag", MACHINE,   \
           MEAN)                                                                                   \
    METRIC(IDLE_SECONDS, "learner_idle_seconds", "%.3f", NULL, 1, "learner waits", MACHINE, LAST)  \
    METRIC(EPISODE_LENGTH, "episode_length_mean_100", "%.1f", "rollout/ep_len_mean", 1,            \
           "game length", RUN, MEAN)                                                               \
    METRIC(GRAD_NORM, "grad_norm", "%.6g", "train/grad_norm", 1, "gradient norm", LEARNING, MEAN)  \
    METRIC(EXPLAINED_VARIANCE, "explained_variance", "%.4f", "train/explained_variance", 1,        \
           "explained variance", LEARNING, MEAN)                                                   \
    METRIC(KL, "approx_kl", "%.6g", "train/approx_kl", 1, "KL", LEARNING, MEAN)                    \
    METRIC(CLIP_FRACTION, "clip_fraction", "%.4f", "train/clip_fraction", 1, "clipped", LEARNING,  \
           MEAN)                                                                                   \
    METRIC(FLAG_RATE, "flag_rate", "%.4f", "rollout/success_rate", 1, "flag rate", RUN, MEAN)      \
    METRIC(EVAL_MEAN, "eval_mean", "%.4f", "eval/mean_reward", 1, "evaluation", RUN, MEAN)         \
    METRIC(PROCESSORS, "processors_busy", "%.2f", "asyncrl/processors_busy", 1, "processors",      \
           MACHINE, MEAN)                                                                          \
    METRIC(MEMORY, "memory_mb", "%.1f", "asyncrl/memory_mb", 1, "memory, MB", MACHINE, MEAN)

#define METRIC_ID(id, column, format, tag, factor, label, group, merge) METRIC_##id,
enum metric { METRICS(METRIC_ID) METRIC_COUNT };
#undef METRIC_ID

enum metric_group { METRIC_OF_RUN, METRIC_OF_MACHINE, METRIC_OF_LEARNING };
enum metric_merge { METRIC_MERGED_BY_MEAN, METRIC_MERGED_BY_LAST };

struct metric_description {
    const char *column;
    const char *format;
    const char *tag;
    double factor;
    const char *label;
    enum metric_group group;
    enum metric_merge merge;
};

/* Indexed by enum metric. */
extern const struct metric_description metric_table[METRIC_COUNT];

/* Writes a value in the format of the metric's column. */
void metric_format(enum metric metric, double value, char *out, size_t size);

/* Whether an earlier metric has the same column. */
bool metric_shares_column(enum metric metric);

/*
 * Whether length bytes of text name the column. Older runs have "frames" for "steps" and
 * "frames_per_second" for "steps_per_second": either name stands for the other.
 */
bool metric_is_column(const char *column, const char *text, size_t length);

/* The metric of a column (the first of two); METRIC_COUNT: none. column: length bytes. */
enum metric metric_of_column(const char *column, size_t length);

/*
 * A running sum and its weight, from which a reader computes means between two moments. One process
 * adds; a metric without additions has no value.
 */
struct metric_sum {
    _Atomic double sum;
    _Atomic double weight;
};

/* Adds values whose sum is sum and whose count is weight. Without values it writes nothing, so that
 * the learner, which adds each update's values of all metrics, leaves those of other processes
 * alone: its writes would take back an evaluation that is added at the same moment. */
static inline void metric_add(struct metric_sum *metric, double sum, double weight) {
    if (weight == 0)
        return;
    atomic_store_explicit(&metric->sum,
                          atomic_load_explicit(&metric->sum, memory_order_relaxed) + sum,
                          memory_order_relaxed);
    atomic_store_explicit(&metric->weight,
                          atomic_load_explicit(&metric->weight, memory_order_relaxed) + weight,
                          memory_order_relaxed);
}

#endif
