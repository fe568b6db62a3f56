/*
 * Signals, the same way in every command.
 *
 * What a program was started with is respected: a signal that was ignored then (by nohup, or for a
 * background job of a script) stays ignored, in the program and in all that it starts. So the
 * program asks here which signals end it, and blocks these, rather than naming signals itself:
 * blocked signals reach sigtimedwait and signalfd even where they are ignored.
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
 * For main, before anything else. Ignores the signals that say nothing to the program but would
 * end it: timers, I/O, power, real-time ones, and SIGXFSZ, so that a write beyond `ulimit -f` fails
 * with EFBIG and is told like a full disk. Programs that it starts inherit that.
 */
void signals_settle(void);

/*
 * The signals that ask a process to save and to end: SIGINT, SIGTERM, SIGHUP (the terminal is
 * gone), SIGUSR1, SIGUSR2 and SIGXCPU (what batch systems send before they kill); but for those
 * that are ignored. Ask before the program handles any of them.
 */
void signals_that_end(sigset_t *set);

/* Takes what is pending of the signals in set, which are blocked: otherwise one that came twice, to
 * the whole process group and from a child, ends the process when they are let through again. */
void signals_discard(const sigset_t *set);

/* Whether a person, or a program in their name, has asked by this signal: SIGINT and SIGTERM. The
 * others come by themselves, and often more than once. */
bool signals_is_wish(int signal_number);

/* In a child: ignores all of these. What ends the whole process group (a key of the terminal, its
 * hang-up, a batch system) reaches the parent, too, which says when its children end. */
void signals_leave_to_parent(void);

/* In a child, after that: tells the parent of SIGXCPU, which comes to the process whose own time is
 * up. Programs that the child starts ignore it again if they are forked by process_fork. */
void signals_share_time_limit(void);

#endif
