/*
 * Waiting on a word of memory that processes share (Linux futex, not the private kind).
 *
 * Every wait has a time limit, so that a waiter whose waker died looks at the stop word again.
 */
#ifndef ASYNCRL_BASE_FUTEX_H
#define ASYNCRL_BASE_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

/* Sleeps while *word == expected, for at most seconds. May return early for no reason: check again.
 */
void futex_wait(_Atomic uint32_t *word, uint32_t expected, double seconds);

/* Wakes every waiter on word. */
void futex_wake(_Atomic uint32_t *word);

/* Moves a bell on and wakes every waiter: who read it before and waits now does not sleep. */
void futex_ring(_Atomic uint32_t *bell);

#endif
