/* Files and folders: small helpers that report in the project's way. Any thread. */
#ifndef ASYNCRL_BASE_PATH_H
#define ASYNCRL_BASE_PATH_H

#include "base/status.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum { PATH_SIZE = PATH_MAX };

/* Writes "folder/name" into out (PATH_SIZE bytes); fails when that is too long. */
enum status path_join(char *out, const char *folder, const char *name, struct error *error);

bool path_is_file(const char *path);
bool path_is_folder(const char *path);

/* Makes the folder and those above it; it may exist already. Fails unless it can be written to. */
enum status path_make_folder(const char *path, struct error *error);

/* Reads a whole file of at most limit bytes. The caller frees *data. */
enum status path_read_file(const char *path, size_t limit, unsigned char **data, size_t *size,
                           struct error *error);

/* Replaces '/' and ':' by '-' in place, so that a game's id can be part of a file's name. */
void path_sanitize(char *name);

#endif
