/* Files that are whole or not there. Inside of the store room; any thread, one writer a path. */
#ifndef ASYNCRL_STORE_ATOMIC_FILE_H
#define ASYNCRL_STORE_ATOMIC_FILE_H

#include "base/base.h"

/*
 * Writes size bytes to path: beside it first ("path.<process id>.tmp"), synced, then renamed over
 * it. On failure whatever was at path is still there, and the file beside it is gone.
 */
enum status atomic_file_write(const char *path, const void *data, size_t size, struct error *error);

/*
 * The same, but what was at path is then kept at previous, in the same folder. At every moment path
 * or previous is whole, as long as what was there before was.
 */
enum status atomic_file_rotate(const char *path, const char *previous, const void *data,
                               size_t size, struct error *error);

#endif
