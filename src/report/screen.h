/*
 * The terminal of a run while it shows a dashboard, and its restoration.
 *
 * The supervisor takes the terminal before it forks. From then on stderr (and stdout, if it is the
 * terminal, too) goes into a file in memory: nothing disturbs the dashboard's lines, no process
 * waits for the terminal, and no message is lost when the reporter dies. The reporter shows the
 * newest messages on the dashboard and all of them on the normal screen. The supervisor restores
 * the terminal. If the supervisor is killed or crashes, the terminal guard, a process that only
 * waits for that, restores it.
 *
 *     supervisor:     screen_open, screen_flush while no reporter runs, screen_force_leave,
 *                     screen_close
 *     terminal guard: screen_keep
 *     reporter:       struct display (display.h)
 *
 * All functions do nothing on a screen that is not taken.
 */
#ifndef ASYNCRL_REPORT_SCREEN_H
#define ASYNCRL_REPORT_SCREEN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

enum { SCREEN_STATE_SIZE = 512 };

/* In shared memory. Descriptors are inherited, so they are the same in all processes. */
struct screen {
    bool taken;          /* written by screen_open, before the fork, as are those up to owner */
    int terminal;        /* the original stderr */
    int writer;          /* the same terminal, opened so that a write does not block */
    bool waits;          /* that was impossible: writes to writer block */
    double last_seconds; /* how long screen_close waits in all for a terminal that takes nothing */
    int output;          /* the original stdout; -1: unchanged */
    int messages;        /* the file in memory */
    pid_t owner;         /* the supervisor */

    _Atomic uint32_t up;        /* 1: the dashboard's screen stands in the normal one's place */
    _Atomic uint32_t line;      /* 1: a status line stands on the normal screen */
    _Atomic uint32_t stuck;     /* 1: it took nothing during the last wait */
    _Atomic uint32_t rest;      /* 1: the supervisor wants the normal screen (Ctrl-Z) */
    struct termios modes;       /* of the normal screen, while up */
    _Atomic int64_t printed;    /* bytes of messages on the normal screen */
    _Atomic int64_t dropped;    /* bytes of messages that were dropped */
    _Atomic uint32_t state_set; /* the state that counts is state[state_set & 1] */
    char state[2][SCREEN_STATE_SIZE]; /* the newest status line, which stays at the end */
};

/* Takes the terminal on stderr, unless plain is set or no dashboard can be drawn there: a pipe, or
 * $TERM is empty or dumb. */
void screen_open(struct screen *screen, bool plain);

/* Prints messages that are not on the normal screen yet, unless the dashboard is up. The supervisor
 * does not wait for the terminal here; a later call prints the rest. */
void screen_flush(struct screen *screen);

/* Shows the normal screen again, with the messages since; also when the reporter was killed in the
 * middle of a sequence. */
void screen_force_leave(struct screen *screen);

/* Gives the terminal back: the normal screen, the messages, the last state; stderr and stdout are
 * the terminal's again. If the terminal takes nothing for 20 s in total, it gets no more: then they
 * lead nowhere, so that the program's last words do not wait for it. */
void screen_close(struct screen *screen);

/* The terminal guard's main, in a child of the supervisor's: gives the terminal back when the
 * supervisor is gone, then ends. The supervisor kills it after screen_close. */
_Noreturn void screen_keep(struct screen *screen);

/* ---- For the reporter ------------------------------------------------------------------------ */

/* Puts the dashboard's screen in the normal one's place, and stops typed keys from being shown. */
void screen_enter(struct screen *screen);

/* Notes the line that stays at the end. */
void screen_set_state(struct screen *screen, const char *line);

/* Shows line in place of the status line that stands on the normal screen. */
void screen_show_line(struct screen *screen, const char *line);

/*
 * The newest messages, from the start of a line on: fills out with up to size - 1 bytes.
 */
void screen_read_messages(const struct screen *screen, char *out, size_t size);

/* Frees the memory of old messages when they have become too many. */
void screen_drop_messages(struct screen *screen);

/* Only the terminal's foreground processes may draw on it. */
bool screen_in_foreground(const struct screen *screen);

#endif
