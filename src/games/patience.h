/*
 * Waits for another process's answer. The limit counts only silence that is that process's fault:
 * neither time that it waited for a processor on a busy machine, nor time that this process was
 * stopped.
 *
 *     struct patience patience = patience_with(pid, 40);
 *     enum patience_end end;
 *     while ((end = patience_wait(&patience, answers)) == PATIENCE_LASTS)
 *         ;
 *     if (end == PATIENCE_OVER) ...
 */
#ifndef ASYNCRL_GAMES_PATIENCE_H
#define ASYNCRL_GAMES_PATIENCE_H

#include <sys/types.h>

struct patience {
    pid_t pid;
    double limit;  /* seconds */
    double waited; /* seconds so far */
    double silent; /* seconds of them that count */
    double ready;  /* process_ready_seconds of pid when the silence began; -1: not known yet */
};

/* ANSWERED: the descriptor can be read, also when its other end was closed. */
enum patience_end { PATIENCE_LASTS, PATIENCE_ANSWERED, PATIENCE_OVER };

/* A silence of process pid that begins now and may last for limit seconds. */
struct patience patience_with(pid_t pid, double limit);

/* Waits until descriptor can be read, half a second at most. */
enum patience_end patience_wait(struct patience *patience, int descriptor);

#endif
