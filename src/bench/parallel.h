/* Measurements in child processes. */
#ifndef ASYNCRL_BENCH_PARALLEL_H
#define ASYNCRL_BENCH_PARALLEL_H

#include "base/base.h"

enum { PARALLEL_MAX_NUMBERS = 24 };

/* Runs in a child, number index; fills numbers (PARALLEL_MAX_NUMBERS of them). */
typedef enum status (*parallel_measure)(void *context, int index, double *numbers,
                                        struct error *error);

/* Runs measure in count children at once and adds up each number over them. */
enum status parallel_sum(int count, parallel_measure measure, void *context, double *sums,
                         struct error *error);

/* Runs measure in one child for each processor; returns the mean of each number. */
enum status parallel_mean(parallel_measure measure, void *context, double *means,
                          struct error *error);

#endif
