/*
 * Files that are whole or not there: what only the store room itself needs beside atomic_file_write
 * (store/store.h). Any thread, one writer a path.
 */
#ifndef ASYNCRL_STORE_ATOMIC_FILE_H
#define ASYNCRL_STORE_ATOMIC_FILE_H

#include "store/store.h"

/*
 * As atomic_file_write, but what was at path is then kept at previous, in the same folder. At every
 * moment path or previous is whole, as long as what was there before was.
 */
enum status atomic_file_rotate(const char *path, const char *previous, const void *data,
                               size_t size, struct error *error);

#endif
