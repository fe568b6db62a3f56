/* Appending to a file whose readers want whole rows or records. Inside of the report room. */
#ifndef ASYNCRL_REPORT_APPEND_H
#define ASYNCRL_REPORT_APPEND_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Appends all of data to fd, which is open for appending, however often the system interrupts it or
 * takes a part only. Returns 0, or the errno of what failed; then *cut says whether nothing of data
 * is left in the file: if not, cutting it failed, and that errno is returned.
 */
int append_whole(int fd, const void *data, size_t size, bool *cut);

#endif
