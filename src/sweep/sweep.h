/*
 * Sweeps: many runs of `asyncrl train` with different options, a few at a time on this machine.
 *
 *     struct sweep *sweep;
 *     status = sweep_open(&request, &sweep, error);
 *     if (status == STATUS_OK)
 *         status = sweep_run(sweep, error);
 *     ...
 *     sweep_print_table(sweep, stdout);
 *     sweep_close(sweep);
 *
 * One single-threaded process. It may be killed at any moment: sweep_open finds in the directory
 * which runs are left.
 */
#ifndef ASYNCRL_SWEEP_SWEEP_H
#define ASYNCRL_SWEEP_SWEEP_H

#include "base/base.h"

#include <stdbool.h>
#include <stdio.h>

enum sweep_state {
    SWEEP_WAITING,   /* it has no files yet */
    SWEEP_STOPPED,   /* it can be resumed from its checkpoint */
    SWEEP_RUNNING,   /* in this sweep */
    SWEEP_ELSEWHERE, /* in another process */
    SWEEP_READY,     /* a population's member that has trained a generation which is not the last */
    SWEEP_FINISHED,
    SWEEP_FAILED /* its log says why; the next sweep tries it again */
};

struct sweep_request {
    const char *file;   /* of options, lists and ranges (plan.h) */
    const char *dir;    /* for the runs; "": runs/<name of the file without its ending> */
    const char *resume; /* directory of a sweep to go on with, by its copy of the file; "": none */
    int jobs;           /* runs at a time; 0: as many as the processors can take */
    int only;           /* the number of the only run to make, from 1; 0: all */
    bool plain;         /* print lines, also on a terminal, and not a table that is redrawn */
    bool is_dry;        /* write nothing */
};

struct sweep;

/*
 * Reads the file, makes the directory and finds the runs' states in it. STATUS_BAD_INPUT: an option
 * or value is wrong, found before anything is written, or the directory belongs to another file. On
 * success the caller calls sweep_close.
 */
enum status sweep_open(const struct sweep_request *request, struct sweep **sweep,
                       struct error *error);

/*
 * Makes all runs that are not finished, and reports their progress on stderr. Returns when none is
 * left, or after a signal when all have saved; a second signal ends them at once. Until it returns
 * it takes the signals that end a process, and SIGCHLD. STATUS_FAILED: some runs failed; the others
 * were made.
 */
enum status sweep_run(struct sweep *sweep, struct error *error);

/* NULL is ignored. */
void sweep_close(struct sweep *sweep);

/* The directory of the sweep. */
const char *sweep_dir(const struct sweep *sweep);

/* The number of runs, and the number of those in that state. */
int sweep_count(const struct sweep *sweep);
int sweep_count_in(const struct sweep *sweep, enum sweep_state state);

/* Prints one line per run: its directory and its options. */
void sweep_print_runs(const struct sweep *sweep, FILE *stream);

/* Prints one line per setting, sorted by the mean of its runs' scores. */
void sweep_print_table(const struct sweep *sweep, FILE *stream);

/* The rows of both, for programs (docs/json.md); the caller frees it. */
struct json *sweep_to_json(const struct sweep *sweep);

/* Fills dirs (max_runs) with the directories of runs that have scores, best settings first, from at
 * most max_settings settings, and returns their number. The sweep owns the texts. */
int sweep_list_drawn(const struct sweep *sweep, int max_settings, const char **dirs, int max_runs);

#endif
