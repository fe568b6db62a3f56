/*
 * Atomic file writes: what only the store room needs besides atomic_file_write (store/store.h). Any
 * thread, one writer per path.
 */
#ifndef ASYNCRL_STORE_ATOMIC_FILE_H
#define ASYNCRL_STORE_ATOMIC_FILE_H

#include "store/store.h"

/*
 * Like atomic_file_write, but keeps the old file as previous, in the same folder. At every moment
 * path or previous is whole, provided that the old file was.
 */
enum status atomic_file_rotate(const char *path, const char *previous, const void *data,
                               size_t size, struct error *error);

#endif
