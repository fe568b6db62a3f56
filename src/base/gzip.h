/* Files compressed by gzip. Any thread. gzip.c is the one file that knows zlib. */
#ifndef ASYNCRL_BASE_GZIP_H
#define ASYNCRL_BASE_GZIP_H

#include "base/status.h"

#include <stddef.h>

/*
 * Reads a gzip file (RFC 1952) that unpacks to at most limit bytes. The caller frees *data. A file
 * that is none, damaged or larger is STATUS_BAD_INPUT.
 */
enum status gzip_read_file(const char *path, size_t limit, unsigned char **data, size_t *size,
                           struct error *error);

#endif
