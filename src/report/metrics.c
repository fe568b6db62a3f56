#include "report/report.h"

#include <math.h>

struct status_numbers status_numbers_none(const char *label) {
    struct status_numbers numbers = {.label = label, .seconds_left = -1};
    for (int i = 0; i < METRIC_COUNT; i++)
        numbers.values[i] = NAN;
    return numbers;
}

bool episode_log_push(struct episode_log *log, const struct episode_record *record) {
    const uint64_t written = atomic_load_explicit(&log->written, memory_order_relaxed);
    if (written - atomic_load_explicit(&log->read, memory_order_acquire) == EPISODE_LOG_SIZE) {
        return false;
    }
    log->records[written % EPISODE_LOG_SIZE] = *record;
    atomic_store_explicit(&log->written, written + 1, memory_order_release);
    return true;
}

bool episode_log_pop(struct episode_log *log, struct episode_record *record) {
    const uint64_t read = atomic_load_explicit(&log->read, memory_order_relaxed);
    if (atomic_load_explicit(&log->written, memory_order_acquire) == read)
        return false;
    *record = log->records[read % EPISODE_LOG_SIZE];
    atomic_store_explicit(&log->read, read + 1, memory_order_release);
    return true;
}

int64_t episode_log_rows(const struct episode_log *log) {
    return atomic_load(&log->rows_before) + (int64_t)atomic_load(&log->written);
}

size_t metrics_bytes(int actor_count) {
    return sizeof(struct metrics) + (size_t)actor_count * sizeof(struct actor_metrics);
}

struct metrics *metrics_init(void *memory, int actor_count) {
    struct metrics *metrics = memory;
    metrics->actor_count = actor_count;
    for (int i = 0; i < actor_count; i++)
        atomic_init(&metrics->actors[i].epsilon, -1);
    return metrics;
}
