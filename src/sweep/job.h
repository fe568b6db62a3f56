/*
 * One run of a sweep: its directory, its state there, and the `train` process that makes it.
 * Inside of the sweep room; the sweep's one process.
 *
 * The state is found in the directory alone, so that a sweep can be killed at any moment and taken
 * up. A run is finished when its process has said so in result.json (`train --json`); it goes on
 * from its checkpoint where there is one, and begins anew where there is none. Its log, log.txt, is
 * locked for as long as any of its processes lives, also after the sweep's own is gone: so several
 * sweeps may share a directory, and none starts what another one runs.
 */
#ifndef ASYNCRL_SWEEP_JOB_H
#define ASYNCRL_SWEEP_JOB_H

#include "base/base.h"
#include "sweep/progress.h"
#include "sweep/sweep.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct job {
    enum sweep_state state;
    pid_t pid;     /* of its process, while it runs here; else 0 */
    int log;       /* its file descriptor, while it runs here */
    bool resumes;  /* it was started from its checkpoint */
    bool is_asked; /* to stop */
    bool is_tried; /* it has run here, and is not started again */
    struct progress progress;
    char dir[PATH_SIZE];
    char log_path[PATH_SIZE];
    char why[256]; /* why it failed */
};

/* A job in the directory folder/name, which need not be there. Finds its state. */
enum status job_open(struct job *job, const char *folder, const char *name, struct error *error);

/* "waiting", "running", ...; static. */
const char *job_state_name(const struct job *job);

/* Looks again whether it is finished, and how far it is. */
void job_look(struct job *job);

/* Removes a file of the run, if it is there. */
void job_remove(const struct job *job, const char *name);

/* Makes a run that has ended one to be started again: its process has said nothing yet. */
void job_renew(struct job *job);

/*
 * Starts its process: `asyncrl` with fresh, arguments that begin a run in job->dir, or, where it
 * has a checkpoint, `train --resume` with more, words that end with NULL. The process has a group
 * of its own, so that a terminal's Ctrl-C reaches it through the sweep alone, and is asked to save
 * and stop when the sweep dies. mask: the signal mask that it shall have.
 *
 * The state is SWEEP_RUNNING after that; SWEEP_ELSEWHERE where another process has the run, and
 * SWEEP_FINISHED where one has finished it meanwhile.
 */
enum status job_start(struct job *job, char *const *fresh, char *const *more, const sigset_t *mask,
                      struct error *error);

/* Takes note of its process's end. */
void job_end(struct job *job, int wait_status);

/* Asks its process to save and stop, or, at once, ends it; its end is no failure then. */
void job_stop(struct job *job, bool at_once);

#endif
