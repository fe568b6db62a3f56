/*
 * Signals: every command treats them the same way.
 *
 * A signal that was ignored at the start (by nohup, or for a background job of a script) stays
 * ignored, in the program and in its children. Blocked signals reach sigtimedwait and signalfd even
 * when they are ignored, so the program must not block such a signal: it asks here which signals
 * end it, and blocks only these.
 *
 *     sigset_t signals;
 *     signals_that_end(&signals);
 *     sigprocmask(SIG_BLOCK, &signals, &before);
 *     while (!sigtimedwait(...)) ...
 */
#ifndef ASYNCRL_BASE_SIGNALS_H
#define ASYNCRL_BASE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/*
 * For main, before anything else. Ignores signals that have no meaning for the program but would
 * end it: timers, I/O, power, real-time ones; and SIGXFSZ, so that a write beyond `ulimit -f` fails
 * with EFBIG and is reported like a full disk. Child programs inherit that.
 */
void signals_settle(void);

/*
 * The signals that ask a process to save and to end: SIGINT, SIGTERM, SIGHUP (the terminal is
 * gone), SIGUSR1, SIGUSR2 and SIGXCPU (what batch systems send before they kill); except those that
 * are ignored. Ask before the program handles any of them.
 */
void signals_that_end(sigset_t *set);

/* Discards the pending signals of set, which must be blocked. A signal may come twice, to the whole
 * process group and from a child; the second would end the process after unblocking. */
void signals_discard(const sigset_t *set);

/* Whether the signal is a request by a person or a program: SIGINT and SIGTERM. The others are
 * automatic, and often come more than once. */
bool signals_is_wish(int signal_number);

/* In a child: ignores all signals that end a run. A key of the terminal, its hang-up and a batch
 * system signal the whole process group, and the parent decides when its children end. */
void signals_leave_to_parent(void);

/* In a child, after that: forwards SIGXCPU to the parent. The kernel sends it only to the process
 * whose own time is up. Children of process_fork ignore it again. */
void signals_share_time_limit(void);

#endif
