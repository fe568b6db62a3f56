/* Files compressed by gzip, and bytes compressed in memory. Any thread. gzip.c is the one file that
 * knows zlib. */
#ifndef ASYNCRL_BASE_GZIP_H
#define ASYNCRL_BASE_GZIP_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads a gzip file (RFC 1952) that unpacks to at most limit bytes. The caller frees *data. Another
 * kind of file, a damaged one and a larger one are STATUS_BAD_INPUT.
 */
enum status gzip_read_file(const char *path, size_t limit, unsigned char **data, size_t *size,
                           struct error *error);

/* The most bytes that deflate_pack can make of size bytes. */
size_t deflate_bound(size_t size);

/* Compresses size bytes, fast rather than well (zlib's format, RFC 1950), to at most deflate_bound
 * bytes at out; returns their number, 0 when out of memory. */
size_t deflate_pack(void *out, const void *data, size_t size);

/* Unpacks the output of deflate_pack to out. False if it does not unpack to exactly size bytes, or
 * when out of memory. */
bool deflate_unpack(void *out, size_t size, const void *packed, size_t packed_size);

#endif
