/*
 * Work that may crash, done in a child process. Inside of the store room; any thread.
 *
 * The HDF5 library crashes, or never ends, on many a damaged file (tests/fuzz finds one in
 * seconds). In a child it harms nobody. The child does nothing but the work, so the caller may have
 * threads.
 */
#ifndef ASYNCRL_STORE_CHILD_H
#define ASYNCRL_STORE_CHILD_H

#include "base/base.h"

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory whose contents a child and its parent share; NULL when there is none. */
void *child_memory(size_t size);

void child_memory_free(void *memory, size_t size);

/*
 * Calls work(memory) in a child, and waits. *finished says whether work came to its end: not, when
 * it crashed or took more than 2 seconds of CPU (a file of ours takes 0.02). It finds no more than
 * 512 MiB of new memory. Only what it wrote to
 * child_memory is kept; nothing that it printed on stderr. Fails when no child can be started.
 */
enum status child_run(void (*work)(void *memory), void *memory, bool *finished,
                      struct error *error);

#endif
