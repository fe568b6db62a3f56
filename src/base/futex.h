/*
 * Waiting on a word of memory that processes share (Linux futex, not the private kind).
 *
 * Every wait has a time limit, so that a waiter checks the stop word again if its waker died.
 */
#ifndef ASYNCRL_BASE_FUTEX_H
#define ASYNCRL_BASE_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

/* Sleeps while *word == expected, for at most seconds. It may return early, so check again. */
void futex_wait(_Atomic uint32_t *word, uint32_t expected, double seconds);

/* Wakes every waiter on word. */
void futex_wake(_Atomic uint32_t *word);

/* Increments a bell and wakes every waiter. A process that read the bell before and waits for that
 * value now does not sleep. */
void futex_ring(_Atomic uint32_t *bell);

#endif
