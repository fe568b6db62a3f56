/* Appending to a file whose readers want whole rows or records. Inside of the report room. */
#ifndef ASYNCRL_REPORT_APPEND_H
#define ASYNCRL_REPORT_APPEND_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Appends all of data to fd, which is open for appending, even if the system interrupts it or takes
 * only a part. Returns 0 or an errno. After a failure, *cut says whether the part that was written
 * has been cut off again; if not, the errno is that of the failed cut.
 */
int append_whole(int fd, const void *data, size_t size, bool *cut);

#endif
