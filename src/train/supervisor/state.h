/* The state of the supervisor, the parent of a run's processes. Inside of the train room; the
 * supervisor's. */
#ifndef ASYNCRL_TRAIN_SUPERVISOR_STATE_H
#define ASYNCRL_TRAIN_SUPERVISOR_STATE_H

#include "train/supervisor/helpers.h"
#include "train/supervisor/verdict.h"

#include <signal.h>

struct child {
    pid_t pid; /* 0: not running */
    double started;
    int generation; /* replacements so far */
    struct deaths deaths;
    bool was_silent;      /* it is being killed for its silence */
    int64_t frames_begun; /* of an actor: emulator frames played in its place before its start */
};

struct supervisor {
    struct run *run;
    int signals; /* signalfd */
    sigset_t mask;
    sigset_t old_mask;
    struct child learner;
    struct child reporter;
    struct child terminal_guard; /* if the run has a dashboard */
    struct child *actors;        /* (processes) */
    struct helpers helpers;
    struct wishes wishes;
    struct ending ending;
    bool learner_is_silent; /* this was logged */
    double last_look;       /* clock_seconds of the last pass of the loop */
    double next_start_line; /* clock_seconds when to say how many environments have started */
    enum status status;
    struct error *error; /* why the run ends, when status is not STATUS_OK */
};

/* Notes the present time for an event, unless an earlier one is noted. */
static inline void supervisor_note_time(double *first) {
    if (*first == 0)
        *first = clock_seconds();
}

static inline void supervisor_begin_stop(struct supervisor *supervisor) {
    supervisor_note_time(&supervisor->ending.asked);
    supervisor_note_time(&supervisor->ending.stopped);
    run_stop(supervisor->run);
}

/* Ends the run because of an error that is already in supervisor->error. */
static inline void supervisor_end_with(struct supervisor *supervisor, enum status status) {
    if (supervisor->status == STATUS_OK)
        supervisor->status = status;
    supervisor_begin_stop(supervisor);
}

#endif
