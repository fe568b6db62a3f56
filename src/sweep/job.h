/*
 * One run of a sweep: its directory, its state, and its `train` process.
 * Inside of the sweep room; the sweep's one process.
 *
 * The state comes from the directory alone, so that a sweep can be killed at any moment and
 * resumed. A run is finished when its process has written so to result.json (`train --json`); it is
 * resumed from its checkpoint if it has one, otherwise it starts again. Its log, log.txt, is locked
 * while any of its processes lives, also after the sweep has ended: so several sweeps may share a
 * directory, and none starts a run that another one has.
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
    enum sweep_state ended; /* its state once its process has reached its end */
    pid_t pid;              /* of its process, while this sweep runs it; otherwise 0 */
    int log;                /* its file descriptor, while this sweep runs it; otherwise -1 */
    bool resumes;           /* its process was started from the checkpoint */
    bool is_asked;          /* its process was asked to stop */
    bool is_tried;          /* this sweep has run it, and does not start it again */
    struct progress progress;
    char dir[PATH_SIZE];
    char log_path[PATH_SIZE];
    char why[256]; /* why it failed */
};

/* Makes the job of the directory folder/name, which may be missing, and finds its state. An end is
 * SWEEP_FINISHED; a population changes that in job->ended. */
enum status job_open(struct job *job, const char *folder, const char *name, struct error *error);

/* "waiting", "running", ...; static. */
const char *job_state_name(const struct job *job);

/* Reads its state and progress again. */
void job_look(struct job *job);

/* Removes a file of the run, if it is there. */
void job_remove(const struct job *job, const char *name);

/* Forgets the result of a run that has ended, so that it can be started again. */
void job_renew(struct job *job);

/*
 * Starts its process: if the run has a checkpoint, `train --resume` with the words of more;
 * otherwise fresh, a command line that begins a run in job->dir. Both end with NULL. The process
 * has a group of its own, so that a terminal's Ctrl-C reaches only the sweep; it saves and stops if
 * the sweep dies. mask: its signal mask.
 *
 * The state becomes SWEEP_RUNNING; or SWEEP_ELSEWHERE if another process has the run, and
 * job->ended if one has finished it meanwhile.
 */
enum status job_start(struct job *job, char *const *fresh, char *const *more, const sigset_t *mask,
                      struct error *error);

/* Records the end of its process. */
void job_end(struct job *job, int wait_status);

/* Asks its process to save and stop, or kills it (at_once); this does not count as a failure. */
void job_stop(struct job *job, bool at_once);

#endif
