/* The memory that is free. Any thread. */
#ifndef ASYNCRL_BASE_MEMORY_H
#define ASYNCRL_BASE_MEMORY_H

#include "base/status.h"

#include <stddef.h>

/*
 * Bytes that this process and others can still take without swapping: the kernel's own estimate, or
 * what the limits of its control groups (version 1 or 2) leave, if that is less. Caches count as
 * free. SIZE_MAX if it is unknown.
 */
size_t memory_available(void);

/* The same with another root of the file system, for tests. */
size_t memory_available_in(const char *root);

/*
 * Whether size more bytes are free now. Linux promises more memory than it has and kills whole
 * processes when they use it, so callers with large needs ask here first. STATUS_FAILED with one
 * line that begins with what ("the run needs") and ends with advice.
 */
enum status memory_check(size_t size, const char *what, const char *advice, struct error *error);

#endif
