/*
 * The smallest part of HTTP that the page needs: GET and HEAD of a few fixed paths, and streams of
 * server-sent events. http.c is the one file that knows libmicrohttpd, which it loads itself.
 *
 * No thread of its own: the caller waits on http_descriptor, for http_timeout seconds at most, and
 * calls http_turn. Inside of the watch room.
 */
#ifndef ASYNCRL_WATCH_HTTP_H
#define ASYNCRL_WATCH_HTTP_H

#include "base/base.h"
#include "watch/gate.h"

#include <stdbool.h>
#include <stddef.h>

/* What a reader asks for. */
struct http_request {
    const char *path; /* as it was sent: compare it, do not open it */
    const char *id;   /* of "?id=", or NULL */
};

/* What is answered: a text, or a stream. */
struct http_reply {
    int code;         /* 200, 404, ... */
    const char *type; /* of the text: "text/html" */
    char *text;       /* size bytes; freed when sent if owned, else static */
    size_t size;
    bool owned;
    void *stream; /* not NULL: a stream of events, for the functions below */
};

/* Who answers. */
struct http_handler {
    void *context;
    struct gate gate; /* whose requests are answered */
    void (*answer)(void *context, const struct http_request *request, struct http_reply *reply);
    /* Whether a stream has something to say; its next bytes, up to size, 0: nothing now; its end,
     * told once. */
    bool (*stream_has_news)(void *stream);
    size_t (*stream_read)(void *stream, char *out, size_t size);
    void (*stream_close)(void *stream);
};

struct http;

/* Whether the library is there: STATUS_BAD_INPUT where it is not. Keeps nothing. */
enum status http_check(struct error *error);

/* Serves by handler, which the caller keeps, on a socket that listens. The caller closes *http. */
enum status http_open(const struct http_handler *handler, int listener, struct http **http,
                      struct error *error);

int http_descriptor(const struct http *http);
double http_timeout(struct http *http);

/* Takes what came, sends what can be sent, and ends whoever takes too long to ask. */
void http_turn(struct http *http);

void http_close(struct http *http);

#endif
