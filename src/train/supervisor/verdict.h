/*
 * The supervisor's decisions about signals and deaths: pure functions of the times at
 * which they happened. Inside of the train room. Times are clock_seconds.
 */
#ifndef ASYNCRL_TRAIN_SUPERVISOR_VERDICT_H
#define ASYNCRL_TRAIN_SUPERVISOR_VERDICT_H

#include "train/silence.h"

#include <stdbool.h>

/* ---- Signals --------------------------------------------------------------------------------- */

/* Those that asked for the run's end so far; zeroed at the start. */
struct wishes {
    double first;   /* of any signal; 0: none yet */
    double by_hand; /* of SIGINT or SIGTERM; 0: none yet */
};

enum wish {
    WISH_NOTHING,     /* the same one again */
    WISH_END,         /* save and stop */
    WISH_WARNED,      /* a person's first, while the run ends already: the next one stops at once */
    WISH_STOP_AT_ONCE /* a person's second */
};

/*
 * Takes note of a signal of signals_that_end. Only a person's second one costs what is not saved: a
 * hang-up comes from the kernel and from the shell, and batch systems repeat theirs. Two of a
 * person's within 0.2 s are one, for timeout(1) and some shells signal a process and then its
 * group.
 */
enum wish wishes_take(struct wishes *wishes, int signal_number, double now);

/* ---- Deaths ---------------------------------------------------------------------------------- */

enum { MAX_DEATHS_IN_A_ROW = 3 };

/* How a process and those before it in its place have died, one after the other; zeroed at first.
 */
struct deaths {
    int quick; /* within 10 s of their start */
    int idle;  /* without having done anything */
};

enum hope {
    HOPE,       /* another may do better */
    NONE_QUICK, /* too many died right after their start */
    NONE_IDLE /* too many died, of whatever and after however long, without having done anything */
};

/* Takes note of a death. lived: seconds from its start; worked: it has done what it is there for,
 * an actor a step. */
enum hope deaths_take(struct deaths *deaths, double lived, bool worked);

/* What to say after "died 3 times" where there is none. */
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
    ENDING_ACTORS_LATE,   /* they have nothing left to do: to be killed, which costs nothing */
    ENDING_LEARNER_STUCK, /* all are to be killed: what it has not saved is lost */
    ENDING_REPORTER_STUCK /* all are to be killed: the last rows are lost */
};

/* While the learner gives signs of life it saves, and is never cut short; how long it waits for
 * actors is its own business. */
enum ending_verdict ending_judge(const struct ending *ending, double now);

#endif
