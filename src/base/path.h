/* Files and folders: small helpers that fill a struct error. Any thread. */
#ifndef ASYNCRL_BASE_PATH_H
#define ASYNCRL_BASE_PATH_H

#include "base/status.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PATH_SIZE = PATH_MAX };

/* Writes "folder/name" into out (PATH_SIZE bytes); fails when that is too long. */
enum status path_join(char *out, const char *folder, const char *name, struct error *error);

/* Writes path and suffix, one after the other, into out (PATH_SIZE bytes); fails when that is too
 * long. */
enum status path_append(char *out, const char *path, const char *suffix, struct error *error);

/* Writes the folder of the running program's file into out (PATH_SIZE bytes); false if it is
 * unknown. */
bool path_program_folder(char *out);

bool path_is_file(const char *path);
bool path_is_folder(const char *path);

/* Whether the system does not tell if there is anything at path, for example because its folder may
 * not be searched; then error says why. Ask before calling something missing. */
bool path_is_hidden(const char *path, struct error *error);

/* Makes the folder and its parents; it may exist already. Fails if it is not writable. */
enum status path_make_folder(const char *path, struct error *error);

/*
 * Opens a regular file with the flags of open(2), and finds its size in bytes. Anything else is
 * STATUS_BAD_INPUT: a pipe or a device may never end. The caller closes *file.
 */
enum status path_open_file(const char *path, int flags, int *file, off_t *size,
                           struct error *error);

/*
 * Reads a whole regular file of at most limit bytes, and adds a zero byte after them. The caller
 * frees *data.
 */
enum status path_read_file(const char *path, size_t limit, unsigned char **data, size_t *size,
                           struct error *error);

/* Bytes of the byte-order mark of UTF-8 that a text begins with: 3, or 0 (RFC 3629, section 6). */
size_t path_mark_size(const char *text, size_t size);

/* Reads a text the same way. It skips a byte-order mark of UTF-8; UTF-16 is STATUS_BAD_INPUT. */
enum status path_read_text(const char *path, size_t limit, char **text, size_t *size,
                           struct error *error);

/* Locks an open file or folder until its descriptor is closed in all processes; false: another
 * process holds the lock. A file system without locks is accepted. */
bool path_lock(int file);

/* Replaces '/' and ':' by '-' in place, so that a file name can contain a game's id. */
void path_sanitize(char *name);

#endif
