/*
 * The supervisor's decisions about signals and deaths: pure functions of the times at which they
 * happened. Inside of the train room. Times are clock_seconds.
 */
#ifndef ASYNCRL_TRAIN_SUPERVISOR_VERDICT_H
#define ASYNCRL_TRAIN_SUPERVISOR_VERDICT_H

#include "train/silence.h"

#include <stdbool.h>

/* ---- Signals --------------------------------------------------------------------------------- */

/* The signals so far that asked for the run's end; zeroed at the start. */
struct wishes {
    double first;   /* of any signal; 0: none yet */
    double by_hand; /* of SIGINT or SIGTERM; 0: none yet */
};

enum wish {
    WISH_NOTHING,     /* the same one again */
    WISH_END,         /* save and stop */
    WISH_WARNED,      /* a user's first, while the run ends already: the next one stops at once */
    WISH_STOP_AT_ONCE /* a user's second */
};

/*
 * Takes note of a signal of signals_that_end. Only a user's second one gives up unsaved work: a
 * hang-up comes from the kernel and from the shell, and batch systems repeat theirs. Two of a
 * user's within 0.2 s count as one: timeout(1) and some shells signal a process and then its group.
 */
enum wish wishes_take(struct wishes *wishes, int signal_number, double now);

/* ---- Deaths ---------------------------------------------------------------------------------- */

enum { MAX_DEATHS_IN_A_ROW = 3 };

/* The deaths in a row of the processes in one place; zeroed at first. */
struct deaths {
    int quick; /* within 10 s of their start */
    int idle;  /* without having done anything */
};

enum hope {
    HOPE,       /* another may do better */
    NONE_QUICK, /* too many died right after their start */
    NONE_IDLE   /* too many died, at any age and for any reason, without having done anything */
};

/* Takes note of a death. lived: seconds from its start; worked: it has done some work, such as an
 * actor's step. */
enum hope deaths_take(struct deaths *deaths, double lived, bool worked);

/* The words after "died 3 times" if there is no hope. */
const char *hope_denied(enum hope hope);

/* ---- The end --------------------------------------------------------------------------------- */

/* How far a run that is to end has come; 0: not yet. */
struct ending {
    double asked;   /* when the end was first asked for */
    double stopped; /* when the stop word was set */
    double closing; /* when only reporter and helpers were left to run */
    bool learner_runs;
    double learner_heard; /* its last sign of life */
    double learner_patience;
    bool actors_run;
};

enum ending_verdict {
    ENDING_GOES_ON,
    ENDING_ACTORS_LATE,   /* they have nothing left to do: kill them, which loses nothing */
    ENDING_LEARNER_STUCK, /* kill all: the learner's unsaved work is lost */
    ENDING_REPORTER_STUCK /* kill all: the last rows are lost */
};

/* A learner that gives signs of life is saving, and is never cut short; it decides itself how long
 * it waits for actors. */
enum ending_verdict ending_judge(const struct ending *ending, double now);

#endif
