/*
 * Who may ask for the page: this machine's own browser, or whoever knows the token; no page of
 * another site, which a browser would load in its reader's name.
 *
 * Inside of the watch room. Pure functions on texts.
 */
#ifndef ASYNCRL_WATCH_GATE_H
#define ASYNCRL_WATCH_GATE_H

#include <stdbool.h>

/* A header of a request: its last value, NULL where it is missing, and how often it is there. */
struct gate_header {
    const char *value;
    int count;
};

/* What a request says of who sends it. */
struct gate_request {
    struct gate_header host;
    struct gate_header origin;
    struct gate_header fetch_site;
    struct gate_header fetch_mode;
    const char *token; /* of "?token=", or NULL */
};

struct gate {
    const char *hosts[4]; /* names that a request's Host may have; none: any */
    const char *token;    /* what it must bring instead; NULL or "": no token is asked for */
};

/* Why the request is refused, a line that ends in a newline; NULL: it is let in. */
const char *gate_refusal(const struct gate *gate, const struct gate_request *request);

#endif
