/* Names the real kind of a file, for messages about a file of the wrong kind. Any thread. */
#ifndef ASYNCRL_BASE_FILE_KIND_H
#define ASYNCRL_BASE_FILE_KIND_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Returns a phrase such as "a zip archive" or "a text", found from the file's first bytes.
 * data: the first size bytes of the file, or all of it; 512 bytes are enough.
 */
const char *file_kind(const void *data, size_t size);

/* Whether its first 512 bytes are text, in ASCII or a superset of it. */
bool file_is_text(const void *data, size_t size);

#endif
