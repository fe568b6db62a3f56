/*
 * The part of HTTP that the page needs: GET and HEAD of a few fixed paths, and streams of
 * server-sent events. http.c is the one file that knows libmicrohttpd; it loads it at run time. No
 * thread of its own: the caller waits on http_descriptor, for at most http_timeout seconds, and
 * calls http_turn. Private to the watch room.
 */
#ifndef ASYNCRL_WATCH_HTTP_H
#define ASYNCRL_WATCH_HTTP_H

#include "base/base.h"
#include "watch/gate.h"

#include <stdbool.h>
#include <stddef.h>

/* A reader's request. */
struct http_request {
    const char *path;  /* as it was sent: only compare it, never open it */
    const char *id;    /* of "?id=", or NULL */
    const char *games; /* of "?games=", or NULL */
};

/* A response: a text, or a stream. */
struct http_reply {
    int code;         /* 200, 404, ... */
    const char *type; /* of the text: "text/html" */
    char *text;       /* size bytes; if owned, freed when sent; otherwise static */
    size_t size;
    bool owned;
    void *stream; /* not NULL: a stream of events, passed to the functions below */
};

/* The functions that make responses. */
struct http_handler {
    void *context;
    struct gate gate; /* the requests allowed */
    void (*answer)(void *context, const struct http_request *request, struct http_reply *reply);
    /* Whether a stream has data; its next bytes, up to size, 0: none now; its end, called once. */
    bool (*stream_has_news)(void *stream);
    size_t (*stream_read)(void *stream, char *out, size_t size);
    void (*stream_close)(void *stream);
};

struct http;

/* Checks that the library can be loaded, and unloads it: STATUS_BAD_INPUT if it cannot. */
enum status http_check(struct error *error);

/* Serves with handler, which the caller keeps, on a listening socket. The caller closes *http. */
enum status http_open(const struct http_handler *handler, int listener, struct http **http,
                      struct error *error);

int http_descriptor(const struct http *http);
double http_timeout(struct http *http);

/* Receives and sends what is ready, and ends connections that take too long to send a request. */
void http_turn(struct http *http);

void http_close(struct http *http);

#endif
