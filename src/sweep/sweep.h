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
 * One single-threaded process. It may be killed at any moment: what sweep_open finds in the
 * directory is what is left to do.
 */
#ifndef ASYNCRL_SWEEP_SWEEP_H
#define ASYNCRL_SWEEP_SWEEP_H

#include "base/base.h"

#include <stdbool.h>
#include <stdio.h>

enum sweep_state {
    SWEEP_WAITING,   /* nothing of it is there yet */
    SWEEP_STOPPED,   /* it can go on from its checkpoint */
    SWEEP_RUNNING,   /* here */
    SWEEP_ELSEWHERE, /* another process has it */
    SWEEP_FINISHED,
    SWEEP_FAILED /* its log says why; another sweep tries it again */
};

struct sweep_request {
    const char *file;   /* of options, lists and ranges (plan.h) */
    const char *dir;    /* where runs go; "": runs/<name of the file without its ending> */
    const char *resume; /* such a directory, whose own copy of the file is taken; "": none */
    int jobs;           /* runs at a time; 0: as many as there are processors for */
    int only;           /* the number of the one run to make, from 1 on; 0: all */
    bool plain;         /* lines instead of a table that is redrawn, on a terminal, too */
    bool is_dry;        /* only to be looked at: nothing is written */
};

struct sweep;

/*
 * Reads the file, makes the directory and finds what is there already. STATUS_BAD_INPUT: an option
 * or value is wrong, found before anything is written, or the directory is of another file. On
 * success the caller calls sweep_close.
 */
enum status sweep_open(const struct sweep_request *request, struct sweep **sweep,
                       struct error *error);

/*
 * Makes all runs that are not finished, and tells on stderr how they go. Returns when none is left,
 * or when a signal asked for the end and all have saved; a second signal ends them at once. Takes
 * the signals that end a process, and SIGCHLD, for as long. STATUS_FAILED: some runs failed; the
 * others are made all the same.
 */
enum status sweep_run(struct sweep *sweep, struct error *error);

/* NULL is ignored. */
void sweep_close(struct sweep *sweep);

/* The directory of the sweep. */
const char *sweep_dir(const struct sweep *sweep);

/* How many runs there are, and how many of them are in that state. */
int sweep_count(const struct sweep *sweep);
int sweep_count_in(const struct sweep *sweep, enum sweep_state state);

/* One line a run: its directory and its options. */
void sweep_print_runs(const struct sweep *sweep, FILE *stream);

/* One line a setting, sorted by the mean of its runs' scores. */
void sweep_print_table(const struct sweep *sweep, FILE *stream);

/* The rows of both, for programs (docs/json.md); the caller frees it. */
struct json *sweep_to_json(const struct sweep *sweep);

/* The directories of runs with scores to draw, those of the best settings first, of max_settings
 * settings and max_runs runs at most; dirs: (max_runs), owned by the sweep. */
int sweep_list_drawn(const struct sweep *sweep, int max_settings, const char **dirs, int max_runs);

#endif
