#include "metric/metric.h"

#include <stdio.h>
#include <string.h>

#define METRIC_ROW(id, column, format, tag, factor, label, group, merge)                           \
    [METRIC_##                                                                                     \
        id] = {column, format, tag, factor, label, METRIC_OF_##group, METRIC_MERGED_BY_##merge},
const struct metric_description metric_table[METRIC_COUNT] = {METRICS(METRIC_ROW)};

void metric_format(enum metric metric, double value, char *out, size_t size) {
    snprintf(out, size, metric_table[metric].format, value);
}

/* The newer name of a renamed column, otherwise the name itself. */
static const char *newer_name(const char *name, size_t *length) {
    static const char *const renamed[][2] = {{"frames", "steps"},
                                             {"frames_per_second", "steps_per_second"}};
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++) {
        if (strlen(renamed[i][0]) != *length || memcmp(renamed[i][0], name, *length) != 0)
            continue;
        *length = strlen(renamed[i][1]);
        return renamed[i][1];
    }
    return name;
}

bool metric_is_column(const char *column, const char *text, size_t length) {
    size_t column_length = strlen(column);
    column = newer_name(column, &column_length);
    text = newer_name(text, &length);
    return column_length == length && memcmp(column, text, length) == 0;
}

enum metric metric_of_column(const char *column, size_t length) {
    int metric = 0;
    while (metric < METRIC_COUNT && !metric_is_column(metric_table[metric].column, column, length))
        metric++;
    return (enum metric)metric;
}

bool metric_shares_column(enum metric metric) {
    const char *column = metric_table[metric].column;
    return metric_of_column(column, strlen(column)) != metric;
}
