/* How much memory there is. Any thread. */
#ifndef ASYNCRL_BASE_MEMORY_H
#define ASYNCRL_BASE_MEMORY_H

#include "base/status.h"

#include <stddef.h>

/*
 * Bytes that this process and others can still take without swapping: the kernel's own estimate, or
 * what the limits of its control groups (version 1 or 2) leave, if that is less. Caches count as
 * free. SIZE_MAX when nothing of it is known.
 */
size_t memory_available(void);

/* The same with another root of the file system, for tests. */
size_t memory_available_in(const char *root);

/*
 * Whether size bytes more can be had now. Linux promises more than it has and ends whole processes
 * when it is called in, so large amounts are asked for here first. STATUS_FAILED with one line that
 * says what they are for ("the run needs") and, in the end, what to do about it.
 */
enum status memory_check(size_t size, const char *what, const char *advice, struct error *error);

#endif
