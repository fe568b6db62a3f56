/*
 * Paths and people who are not trusted: files that somebody else may have made links of, and paths
 * that readers of the page are not to be told.
 *
 * Inside of the watch room. Any thread.
 */
#ifndef ASYNCRL_WATCH_PATHS_H
#define ASYNCRL_WATCH_PATHS_H

#include <stdbool.h>

/*
 * Opens folder's file of that name for reading: a regular file that lies in the folder root, or
 * below it, when all links are followed. -1: it is none, lies elsewhere, or cannot be opened. Never
 * waits, as a pipe of that name would make it. The caller closes it.
 */
int paths_open(const char *root, const char *folder, const char *name);

/* Whether path is root or lies below it when all links are followed. */
bool paths_is_inside(const char *root, const char *path);

/* What comes after the last '/' of a path. */
const char *paths_last_part(const char *path);

/* Leaves of each absolute path in a text its last part, in place: "'/home/me/x.h5'" is "'x.h5'". */
void paths_hide_folders(char *text);

#endif
