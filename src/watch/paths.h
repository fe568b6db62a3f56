/*
 * Untrusted paths: files that another user may have replaced with links, and paths that readers of
 * the page must not see. Private to the watch room. Any thread.
 */
#ifndef ASYNCRL_WATCH_PATHS_H
#define ASYNCRL_WATCH_PATHS_H

#include <stdbool.h>

/*
 * Opens folder's file of that name for reading: a regular file that, with all links followed, lies
 * in root or below it. -1: it is not a regular file, lies elsewhere, or cannot be opened. Never
 * blocks, even on a pipe. The caller closes it.
 */
int paths_open(const char *root, const char *folder, const char *name);

/* Whether path, with all links followed, is root or lies below it. */
bool paths_is_inside(const char *root, const char *path);

/* The part of a path after the last '/'. */
const char *paths_last_part(const char *path);

/* Cuts each absolute path in a text to its last part, in place: "'/home/me/x.h5'" becomes
 * "'x.h5'". */
void paths_hide_folders(char *text);

#endif
