/*
 * Access control for the page: this machine's own browser, or anyone with the token; never another
 * site's page, which could send requests through its reader's browser. Private to the watch room.
 * Pure functions on texts.
 */
#ifndef ASYNCRL_WATCH_GATE_H
#define ASYNCRL_WATCH_GATE_H

#include <stdbool.h>

/* A header of a request: its last value (NULL: missing), and its number of occurrences. */
struct gate_header {
    const char *value;
    int count;
};

/* The parts of a request that identify its sender. */
struct gate_request {
    struct gate_header host;
    struct gate_header origin;
    struct gate_header fetch_site;
    struct gate_header fetch_mode;
    const char *token; /* of "?token=", or NULL */
};

struct gate {
    const char *hosts[4]; /* names that a request's Host may have; none: any name */
    const char *token;    /* the required token; NULL or "": none is required */
};

/* Why the request is refused, a line that ends in a newline; NULL: it is allowed. */
const char *gate_refusal(const struct gate *gate, const struct gate_request *request);

#endif
