/* One measurement, made on all processors at once. */
#ifndef ASYNCRL_BENCH_PARALLEL_H
#define ASYNCRL_BENCH_PARALLEL_H

#include "base/base.h"

enum { PARALLEL_MAX_NUMBERS = 16 };

/* Fills numbers (PARALLEL_MAX_NUMBERS of them) in a child process. */
typedef enum status (*parallel_measure)(void *context, double *numbers, struct error *error);

/* Runs measure in one child a processor and answers each number's mean over them. */
enum status parallel_run(parallel_measure measure, void *context, double *means,
                         struct error *error);

#endif
