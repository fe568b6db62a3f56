#include "report/report.h"

#include "report/csv.h"
#include "report/display.h"
#include "report/memory.h"
#include "report/tensorboard.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double PROGRESS_SECONDS = 1.0;
static const double CURVE_SECONDS = 5.0; /* a day of points is 17 MB then */

/* Running sums at one moment; means are taken between two of them. */
struct sample {
    double seconds;
    int64_t steps;
    int64_t emulator_frames;
    int64_t transitions;
    double sums[METRIC_COUNT];
    double weights[METRIC_COUNT];
    double idle_seconds;
};

struct reporter {
    struct reporter_request request;
    struct metrics *metrics;
    char label[64];
    int64_t total_steps;
    struct csv progress;
    struct csv episodes;
    struct display *display;
    struct sample opening; /* at reporter_open; the pace is counted from it */
    struct sample last;    /* at the last row of progress that was written */
    double tried;          /* seconds when one was last tried */
    struct sample drawn;   /* at the last point of TensorBoard's curves */
    struct pace steps;
    struct pace emulator_frames;
    double shown[METRIC_COUNT]; /* the last value of each; NaN: none yet */
    struct process_usage usage; /* as last measured, */
    double measured;            /* at these seconds; NaN: not yet */
    double processors;          /* busy with this run since the measurement before; NaN: unknown */
    struct tensorboard tensorboard;
};

static struct sample take_sample(const struct metrics *metrics) {
    const struct learner_metrics *learner = &metrics->learner;
    struct sample sample = {
        .seconds = clock_seconds() - metrics->start,
        .steps = atomic_load_explicit(&learner->steps, memory_order_relaxed),
        .transitions = atomic_load_explicit(&learner->transitions, memory_order_relaxed),
        .idle_seconds = atomic_load_explicit(&learner->idle_seconds, memory_order_relaxed),
    };
    for (int i = 0; i < METRIC_COUNT; i++) {
        const struct metric_sum *metric = &learner->sums[i];
        sample.sums[i] = atomic_load_explicit(&metric->sum, memory_order_relaxed);
        sample.weights[i] = atomic_load_explicit(&metric->weight, memory_order_relaxed);
    }
    for (int i = 0; i < metrics->actor_count; i++)
        sample.emulator_frames +=
            atomic_load_explicit(&metrics->actors[i].emulator_frames, memory_order_relaxed);
    return sample;
}

static enum status open_files(struct reporter *reporter, const struct reporter_request *request,
                              struct error *error) {
    enum status status =
        csv_open(&reporter->progress, &progress_format, request->run_dir, request->append, error);
    if (status != STATUS_OK)
        return status;
    status =
        csv_open(&reporter->episodes, &episodes_format, request->run_dir, request->append, error);
    if (status != STATUS_OK)
        csv_close(&reporter->progress, &(struct error){0});
    return status;
}

enum status reporter_open(const struct reporter_request *request, struct reporter **reporter,
                          struct error *error) {
    struct reporter *opened = calloc(1, sizeof *opened);
    if (!opened)
        return error_set(error, STATUS_FAILED, "out of memory");
    opened->metrics = request->metrics;
    opened->total_steps = request->total_steps;
    snprintf(opened->label, sizeof opened->label, "%s", request->label);
    opened->display = display_open(request);
    const enum status status = opened->display ? open_files(opened, request, error)
                                               : error_set(error, STATUS_FAILED, "out of memory");
    if (status != STATUS_OK) {
        if (opened->display)
            display_close(opened->display);
        free(opened);
        return status;
    }
    opened->opening = take_sample(opened->metrics);
    opened->last = opened->drawn = opened->opening;
    opened->tried = opened->opening.seconds;
    opened->steps =
        (struct pace){.since = opened->opening.seconds, .count = (double)opened->opening.steps};
    opened->emulator_frames = (struct pace){.since = opened->opening.seconds,
                                            .count = (double)opened->opening.emulator_frames};
    for (int i = 0; i < METRIC_COUNT; i++)
        opened->shown[i] = NAN;
    opened->measured = opened->processors = NAN;
    opened->request = *request;
    opened->tensorboard = (struct tensorboard){
        .request = &opened->request,
        .first_step = opened->opening.steps > 0 ? opened->opening.steps + 1 : 0,
    };
    *reporter = opened;
    return STATUS_OK;
}

static void write_episode_cell(const void *context, const char *name, size_t length, char *out,
                               size_t size) {
    const struct episode_record *record = context;
    if (metric_is_column("seconds", name, length))
        snprintf(out, size, "%.3f", record->seconds);
    else if (metric_is_column("steps", name, length))
        snprintf(out, size, "%lld", (long long)record->steps);
    else if (metric_is_column("actor", name, length))
        snprintf(out, size, "%d", record->actor);
    else if (metric_is_column("environment", name, length))
        snprintf(out, size, "%d", record->environment);
    else if (metric_is_column("score", name, length))
        snprintf(out, size, "%.10g", record->score);
    else if (metric_is_column("length", name, length))
        snprintf(out, size, "%lld", (long long)record->length);
    else if (metric_is_column("epsilon", name, length) && record->epsilon >= 0)
        snprintf(out, size, "%.4f", record->epsilon);
    else if (metric_is_column("flag", name, length) && record->flag >= 0)
        snprintf(out, size, "%d", record->flag);
}

static enum status write_episode(struct reporter *reporter, const struct episode_record *record,
                                 struct error *error) {
    return csv_append(&reporter->episodes, write_episode_cell, record, error);
}

static void publish_scores(struct metrics *metrics) {
    const int64_t seen = metrics->memory.scores_seen;
    atomic_store(&metrics->scores.mean, reporter_memory_mean_score(&metrics->memory));
    atomic_store(&metrics->scores.flag_rate, reporter_memory_flag_rate(&metrics->memory));
    atomic_store(&metrics->scores.games, seen < SCORE_WINDOW ? seen : SCORE_WINDOW);
}

/* Stops at a game that cannot be written: its row is lost, the others wait in their logs. */
static enum status drain_episodes(struct reporter *reporter, struct error *error) {
    struct reporter_memory *memory = &reporter->metrics->memory;
    struct episode_record record;
    for (int i = 0; i < reporter->metrics->actor_count; i++) {
        struct episode_log *log = &reporter->metrics->actors[i].episodes;
        while (episode_log_pop(log, &record)) {
            memory->episodes++;
            reporter_memory_add_game(memory, record.score, record.length, record.flag);
            actor_games_add(&reporter->metrics->actors[i].games, record.score);
            const enum status status = write_episode(reporter, &record, error);
            atomic_store(&log->stuck, status != STATUS_OK);
            if (status != STATUS_OK) {
                atomic_fetch_sub(&log->rows_before, 1);
                return status;
            }
        }
    }
    return STATUS_OK;
}

static enum status read_episodes(struct reporter *reporter, struct error *error) {
    const enum status status = drain_episodes(reporter, error);
    publish_scores(reporter->metrics);
    return status;
}

/* Mean over the actors; NaN if the method has none. */
static double mean_epsilon(const struct metrics *metrics) {
    double sum = 0;
    int count = 0;
    for (int i = 0; i < metrics->actor_count; i++) {
        const double epsilon =
            atomic_load_explicit(&metrics->actors[i].epsilon, memory_order_relaxed);
        if (epsilon >= 0) {
            sum += epsilon;
            count++;
        }
    }
    return count > 0 ? sum / count : NAN;
}

/* Steps by which the actors' weights are behind the learner's, on average. */
static double weights_lag(const struct metrics *metrics, int64_t steps) {
    double sum = 0;
    for (int i = 0; i < metrics->actor_count; i++) {
        const uint64_t version =
            atomic_load_explicit(&metrics->actors[i].weights_version, memory_order_relaxed);
        const int64_t behind = version > 0 ? steps - (int64_t)(version - 1) : 0;
        sum += behind > 0 ? (double)behind : 0;
    }
    return sum / metrics->actor_count;
}

/* Means of the learner's sums since the sample last; NaN if nothing was added. */
static void take_means(struct status_numbers *numbers, const struct sample *last,
                       const struct sample *now) {
    for (int i = 0; i < METRIC_COUNT; i++) {
        const double weight = now->weights[i] - last->weights[i];
        numbers->has[i] = now->weights[i] > 0;
        if (weight > 0)
            numbers->values[i] = (now->sums[i] - last->sums[i]) / weight;
    }
}

static void take_values(double values[METRIC_COUNT], const struct metrics *metrics,
                        const struct sample *last, const struct sample *now) {
    const double seconds = fmax(now->seconds - last->seconds, 1e-6);
    values[METRIC_SECONDS] = now->seconds;
    values[METRIC_STEPS] = (double)now->steps;
    values[METRIC_EMULATOR_FRAMES] = (double)now->emulator_frames;
    values[METRIC_EPISODES] = (double)metrics->memory.episodes;
    values[METRIC_SCORE] = reporter_memory_mean_score(&metrics->memory);
    values[METRIC_FLAG_RATE] = reporter_memory_flag_rate(&metrics->memory);
    values[METRIC_EPISODE_LENGTH] = reporter_memory_mean_length(&metrics->memory);
    if (now->steps != last->steps)
        values[METRIC_SPEED] = (double)(now->steps - last->steps) / seconds;
    if (now->emulator_frames != last->emulator_frames)
        values[METRIC_EMULATOR_SPEED] =
            (double)(now->emulator_frames - last->emulator_frames) / seconds;
    values[METRIC_LEARNING_RATE] =
        atomic_load_explicit(&metrics->learner.learning_rate, memory_order_relaxed);
    values[METRIC_EPSILON] = mean_epsilon(metrics);
    values[METRIC_QUEUE_FILL] =
        (double)atomic_load_explicit(&metrics->queue_count, memory_order_relaxed) /
        metrics->queue_capacity;
    values[METRIC_WEIGHTS_LAG] = weights_lag(metrics, now->steps);
    values[METRIC_IDLE_SECONDS] = now->idle_seconds;
}

/* Processor time is counted in hundredths of a second, so that less than this says little. */
static const double LEAST_SECONDS = 0.5;

/* A child that ends unseen takes its time along, so the sum can be less than before. */
static void measure_usage(struct reporter *reporter, double seconds) {
    const double passed = seconds - reporter->measured;
    if (reporter->request.root <= 0 || passed < LEAST_SECONDS)
        return;
    const struct process_usage usage = process_tree_usage(reporter->request.root);
    reporter->processors = fmax(usage.cpu_seconds - reporter->usage.cpu_seconds, 0) / passed;
    reporter->usage = usage;
    reporter->measured = seconds;
}

static struct status_numbers make_numbers(const struct reporter *reporter,
                                          const struct sample *last, const struct sample *now) {
    struct status_numbers numbers = status_numbers_none(reporter->label);
    const double seconds = fmax(now->seconds - last->seconds, 1e-6);
    take_means(&numbers, last, now);
    take_values(numbers.values, reporter->metrics, last, now);
    numbers.values[METRIC_PROCESSORS] = reporter->processors;
    if (!isnan(reporter->measured))
        numbers.values[METRIC_MEMORY] = 1e-6 * reporter->usage.bytes;
    for (int i = 0; i < METRIC_COUNT; i++)
        numbers.has[i] |= !isnan(numbers.values[i]);
    numbers.learner_idle = fmin((now->idle_seconds - last->idle_seconds) / seconds, 1);
    const struct sample *opening = &reporter->opening;
    if (reporter->total_steps > 0 && now->transitions > opening->transitions) {
        const double pace = (double)(now->transitions - opening->transitions) /
                            fmax(now->seconds - opening->seconds, 1e-6);
        numbers.seconds_left = fmax((double)(reporter->total_steps - now->steps), 0) / pace;
    }
    return numbers;
}

/* If two metrics share a column, the one that has a value. */
static void write_progress_cell(const void *context, const char *name, size_t length, char *out,
                                size_t size) {
    const double *values = context;
    for (int i = 0; i < METRIC_COUNT; i++)
        if (metric_is_column(metric_table[i].column, name, length) && !isnan(values[i]))
            metric_format((enum metric)i, values[i], out, size);
}

static enum status write_progress(const struct reporter *reporter,
                                  const struct status_numbers *numbers, struct error *error) {
    return csv_append(&reporter->progress, write_progress_cell, numbers->values, error);
}

static void add_to_curves(struct reporter *reporter, const struct sample *now) {
    const struct status_numbers numbers = make_numbers(reporter, &reporter->drawn, now);
    if (tensorboard_add(&reporter->tensorboard, &numbers))
        reporter->drawn = *now;
}

static bool curves_are_due(const struct reporter *reporter, const struct sample *now) {
    const bool first = reporter->drawn.seconds == reporter->opening.seconds;
    return reporter->request.tensorboard &&
           (first || now->seconds - reporter->drawn.seconds >= CURVE_SECONDS);
}

/* For people: if a method's batches take long, most rows have no losses and speeds of their own. */
static struct status_numbers to_show(struct reporter *reporter,
                                     const struct status_numbers *numbers) {
    struct status_numbers shown = *numbers;
    for (int i = 0; i < METRIC_COUNT; i++) {
        if (isnan(shown.values[i]))
            shown.values[i] = reporter->shown[i];
        reporter->shown[i] = shown.values[i];
    }
    return shown;
}

static enum status write_rows(struct reporter *reporter, const struct sample *now,
                              struct error *error) {
    measure_usage(reporter, now->seconds);
    struct status_numbers numbers = make_numbers(reporter, &reporter->last, now);
    const double speed = pace_take(&reporter->steps, now->seconds, (double)now->steps);
    const double emulator_speed =
        pace_take(&reporter->emulator_frames, now->seconds, (double)now->emulator_frames);
    if (!isnan(numbers.values[METRIC_SPEED]))
        numbers.values[METRIC_SPEED] = speed;
    if (!isnan(numbers.values[METRIC_EMULATOR_SPEED]))
        numbers.values[METRIC_EMULATOR_SPEED] = emulator_speed;
    struct status_numbers shown = to_show(reporter, &numbers);
    shown.values[METRIC_SPEED] = speed;
    shown.values[METRIC_EMULATOR_SPEED] = emulator_speed;
    display_take(reporter->display, &shown, now->seconds);
    reporter->tried = now->seconds;
    if (curves_are_due(reporter, now))
        add_to_curves(reporter, now);
    const enum status status = write_progress(reporter, &numbers, error);
    if (status == STATUS_OK)
        reporter->last = *now; /* otherwise the next row covers this second, too */
    return status;
}

enum status reporter_tick(struct reporter *reporter, struct error *error) {
    const struct sample now = take_sample(reporter->metrics);
    const enum status episodes = read_episodes(reporter, error);
    enum status progress = STATUS_OK;
    if (now.seconds - reporter->tried >= PROGRESS_SECONDS)
        progress = write_rows(reporter, &now, error);
    display_tick(reporter->display, now.seconds);
    return episodes != STATUS_OK ? episodes : progress;
}

static void tell_of_lost_games(const struct reporter *reporter) {
    uint64_t lost = 0;
    for (int i = 0; i < reporter->metrics->actor_count; i++)
        lost += atomic_load(&reporter->metrics->actors[i].episodes.lost);
    if (lost > 0)
        log_line("report", "%llu games could not be written into episodes.csv",
                 (unsigned long long)lost);
}

/* Keeps the first failure of several. */
static void join_status(enum status *first, enum status status, struct error *first_error,
                        const struct error *error) {
    if (*first != STATUS_OK || status == STATUS_OK)
        return;
    *first = status;
    *first_error = *error;
}

void reporter_rest(struct reporter *reporter) {
    display_tick(reporter->display, take_sample(reporter->metrics).seconds);
}

/* Whether there were steps or evaluations between the samples. */
static bool has_news(const struct sample *last, const struct sample *now) {
    return now->steps > last->steps ||
           now->weights[METRIC_EVAL_MEAN] > last->weights[METRIC_EVAL_MEAN];
}

enum status reporter_close(struct reporter *reporter, struct error *error) {
    const struct sample now = take_sample(reporter->metrics);
    struct error latest = {0};
    enum status status = read_episodes(reporter, error);
    if (has_news(&reporter->last, &now))
        join_status(&status, write_rows(reporter, &now, &latest), error, &latest);
    if (reporter->request.tensorboard && has_news(&reporter->drawn, &now))
        add_to_curves(reporter, &now);
    tensorboard_close(&reporter->tensorboard, now.steps);
    tell_of_lost_games(reporter);
    join_status(&status, csv_close(&reporter->progress, &latest), error, &latest);
    join_status(&status, csv_close(&reporter->episodes, &latest), error, &latest);
    display_close(reporter->display);
    free(reporter);
    return status;
}
