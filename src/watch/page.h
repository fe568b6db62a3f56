/*
 * The page's HTML. Inside of the watch room.
 */
#ifndef ASYNCRL_WATCH_PAGE_H
#define ASYNCRL_WATCH_PAGE_H

#include <stddef.h>

/*
 * Makes it, with what its own first requests must bring: a proxy may pass on nothing of a request
 * but its path and query, so the token goes there, and not into a cookie. token: "" where none is
 * asked for. The caller frees it; NULL when memory is short.
 */
char *page_make(const char *token, size_t *size);

#endif
