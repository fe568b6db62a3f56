/*
 * Follows a CSV file that another process appends to: visits whole rows, each once, and starts
 * again if the file is truncated or replaced. Private to the watch room. One thread.
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
    const char *root;           /* the file must lie in it, links followed: see paths_open */
    const char *const *columns; /* (column_count): the wanted names, in any order */
    int column_count;
    int place[TAIL_MAX_COLUMNS]; /* of each wanted column in the file; -1: it has none */
    off_t offset;                /* of the first unread byte; 0: begin */
    char guard[TAIL_GUARD];      /* the bytes before offset: they reveal a replaced file */
    size_t guard_size;
};

enum tail_news {
    TAIL_NOTHING,
    TAIL_ROWS, /* there were new rows */
    TAIL_ANEW, /* the file was replaced: nothing was read, the next call starts from the beginning
                */
};

/* row: (column_count), in the order of tail->columns; NAN: an empty field. */
typedef void tail_visitor(void *context, const double *row);

/*
 * Visits the new rows of folder's file, about limit bytes at most; *more: there are others. A
 * missing or unreadable file has no new rows.
 */
enum tail_news tail_read(struct tail *tail, const char *folder, size_t limit, bool *more,
                         tail_visitor *visit, void *context);

#endif
