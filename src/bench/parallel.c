#include "bench/parallel.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child's results in the arena. */
struct answer {
    enum status status;
    struct error error;
    double numbers[PARALLEL_MAX_NUMBERS];
};

static pid_t start_worker(parallel_measure measure, void *context, int index,
                          struct answer *answer) {
    const pid_t child = process_fork("asyncrl-bench");
    if (child != 0)
        return child;
    answer->status = measure(context, index, answer->numbers, &answer->error);
    _exit(0);
}

/* Waits for a child, if it was started; the result is a failure if the child died before it gave
 * one. */
static void finish(pid_t child, struct answer *answer) {
    int wait_status;
    if (child < 0) {
        answer->status =
            error_set(&answer->error, STATUS_FAILED, "cannot start a measuring process");
        return;
    }
    if (waitpid(child, &wait_status, 0) == child && wait_status == 0)
        return;
    answer->status =
        error_set(&answer->error, STATUS_FAILED, "a measuring process died before it was done");
}

enum status parallel_sum(int count, parallel_measure measure, void *context, double *sums,
                         struct error *error) {
    memset(sums, 0, PARALLEL_MAX_NUMBERS * sizeof *sums);
    struct arena arena;
    const size_t bytes = (size_t)count * sizeof(struct answer);
    enum status status = arena_create(&arena, bytes, error);
    if (status != STATUS_OK)
        return status;
    struct answer *answers = arena_take(&arena, bytes);
    pid_t children[count];
    signal(SIGCHLD, SIG_DFL); /* if inherited as ignored, it hides how children end */
    for (int i = 0; i < count; i++)
        children[i] = start_worker(measure, context, i, &answers[i]);
    for (int i = 0; i < count; i++) {
        finish(children[i], &answers[i]);
        if (answers[i].status != STATUS_OK && status == STATUS_OK) {
            *error = answers[i].error;
            status = answers[i].status;
        }
        for (int n = 0; n < PARALLEL_MAX_NUMBERS; n++)
            sums[n] += answers[i].numbers[n];
    }
    arena_destroy(&arena);
    return status;
}

enum status parallel_mean(parallel_measure measure, void *context, double *means,
                          struct error *error) {
    const int count = process_cpu_count();
    const enum status status = parallel_sum(count, measure, context, means, error);
    for (int n = 0; n < PARALLEL_MAX_NUMBERS; n++)
        means[n] /= count;
    return status;
}
