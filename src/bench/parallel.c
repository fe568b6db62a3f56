#include "bench/parallel.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child leaves in the arena. */
struct answer {
    enum status status;
    struct error error;
    double numbers[PARALLEL_MAX_NUMBERS];
};

int parallel_processors(void) {
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors > 0 ? (int)processors : 1;
}

static pid_t start(parallel_measure measure, void *context, struct answer *answer) {
    fflush(NULL);
    const pid_t child = fork();
    if (child != 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    answer->status = measure(context, answer->numbers, &answer->error);
    _exit(0);
}

/* Waits for a child; its answer is a failure when it died before it gave one. */
static void finish(pid_t child, struct answer *answer) {
    int wait_status;
    if (waitpid(child, &wait_status, 0) == child && wait_status == 0)
        return;
    answer->status =
        error_set(&answer->error, STATUS_FAILED, "a measuring process died before it was done");
}

enum status parallel_run(parallel_measure measure, void *context, double *means,
                         struct error *error) {
    const int count = parallel_processors();
    struct arena arena;
    const size_t bytes = (size_t)count * sizeof(struct answer);
    enum status status = arena_create(&arena, bytes, error);
    if (status != STATUS_OK)
        return status;
    struct answer *answers = arena_take(&arena, bytes);
    pid_t children[count];
    for (int i = 0; i < count; i++)
        children[i] = start(measure, context, &answers[i]);
    memset(means, 0, PARALLEL_MAX_NUMBERS * sizeof *means);
    for (int i = 0; i < count; i++) {
        finish(children[i], &answers[i]);
        if (answers[i].status != STATUS_OK && status == STATUS_OK) {
            *error = answers[i].error;
            status = answers[i].status;
        }
        for (int n = 0; n < PARALLEL_MAX_NUMBERS; n++)
            means[n] += answers[i].numbers[n] / count;
    }
    arena_destroy(&arena);
    return status;
}
