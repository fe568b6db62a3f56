/* The page's HTML. Private to the watch room. */
#ifndef ASYNCRL_WATCH_PAGE_H
#define ASYNCRL_WATCH_PAGE_H

#include <stddef.h>

/*
 * Makes the HTML with the token in the queries of its requests: a proxy may forward only path and
 * query, so a cookie would not do. token: "" if none is required. The caller frees it; NULL: out of
 * memory.
 */
char *page_make(const char *token, size_t *size);

#endif
