/* Files compressed by gzip, and bytes compressed in memory. Any thread. gzip.c is the one file that
 * knows zlib. */
#ifndef ASYNCRL_BASE_GZIP_H
#define ASYNCRL_BASE_GZIP_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads a gzip file (RFC 1952) that unpacks to at most limit bytes. The caller frees *data. A file
 * that is none, damaged or larger is STATUS_BAD_INPUT.
 */
enum status gzip_read_file(const char *path, size_t limit, unsigned char **data, size_t *size,
                           struct error *error);

/* Bytes that deflate_pack makes of size bytes at most. */
size_t deflate_bound(size_t size);

/* Compresses size bytes, fast rather than well (zlib's format, RFC 1950), to at most deflate_bound
 * bytes at out; returns how many, 0 when out of memory. */
size_t deflate_pack(void *out, const void *data, size_t size);

/* Whether packed bytes are what deflate_pack makes of just size bytes, which are then at out; false
 * when out of memory, too. */
bool deflate_unpack(void *out, size_t size, const void *packed, size_t packed_size);

#endif
