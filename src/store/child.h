/*
 * Runs work that may crash in a child process. Private to the store room; any thread.
 *
 * The HDF5 library crashes or hangs on many damaged files (tests/fuzz finds one in seconds); in a
 * child that does no harm. The child does nothing but the work, so the caller may have threads.
 */
#ifndef ASYNCRL_STORE_CHILD_H
#define ASYNCRL_STORE_CHILD_H

#include "base/base.h"

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory that a child and its parent share; NULL: out of memory. */
void *child_memory(size_t size);

void child_memory_free(void *memory, size_t size);

/*
 * Calls work(memory) in a child, and waits. *finished is false if work crashed or took more than 2
 * seconds of CPU (a file of ours takes 0.02). The child can allocate at most 512 MiB. Only what it
 * wrote to child_memory is kept; its stderr is discarded. Fails if no child can be started.
 */
enum status child_run(void (*work)(void *memory), void *memory, bool *finished,
                      struct error *error);

#endif
