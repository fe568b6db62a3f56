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

enum metric metric_of_column(const char *column, size_t length) {
    int metric = 0;
    while (metric < METRIC_COUNT && (strlen(metric_table[metric].column) != length ||
                                     memcmp(metric_table[metric].column, column, length) != 0))
        metric++;
    return (enum metric)metric;
}

bool metric_shares_column(enum metric metric) {
    const char *column = metric_table[metric].column;
    return metric_of_column(column, strlen(column)) != metric;
}
