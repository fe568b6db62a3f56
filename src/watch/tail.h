/*
 * Follows a CSV file that another process appends to: whole rows only, each one once, and from the
 * start again where the file was cut back or replaced.
 *
 * Inside of the watch room. One thread.
 */
#ifndef ASYNCRL_WATCH_TAIL_H
#define ASYNCRL_WATCH_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { TAIL_MAX_COLUMNS = 32, TAIL_GUARD = 64 };

struct tail {
    const char *name;           /* of the file in its folder */
    const char *root;           /* it must lie in, links followed: see paths_open */
    const char *const *columns; /* (column_count): names of those that are wanted, in any order */
    int column_count;
    int place[TAIL_MAX_COLUMNS]; /* of each wanted column in the file; -1: it has none */
    off_t offset;                /* of the first byte that was not read; 0: begin */
    char guard[TAIL_GUARD];      /* the bytes before offset, by which a replaced file is known */
    size_t guard_size;
};

enum tail_news {
    TAIL_NOTHING,
    TAIL_ROWS, /* there were new rows */
    TAIL_ANEW, /* the file is not the one that was read so far: nothing was read, the next call
                  begins it */
};

/* row: (column_count), in the order of tail->columns; NAN where the file says nothing. */
typedef void tail_visitor(void *context, const double *row);

/*
 * Visits the rows that are new in folder's file, of about limit bytes at most; *more says that
 * there are others. A file that is missing or cannot be read has no news.
 */
enum tail_news tail_read(struct tail *tail, const char *folder, size_t limit, bool *more,
                         tail_visitor *visit, void *context);

#endif
