#include "watch/http.h"
#include "watch/http_library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* Limits for all readers together. */
enum {
    MAX_CONNECTIONS = 300,
    MAX_STREAMS = 200,            /* the rest of the connections is for short requests */
    CONNECTION_MEMORY = 24 << 10, /* bytes, for a request's head and a response's buffer */
    STREAM_BLOCK = 8 << 10,
    SILENT_SECONDS = 15, /* for an idle connection */
};
/* To send a whole request, and to receive a whole response that is not a stream. */
static const double REQUEST_SECONDS = 30;

/* A connection. */
struct connection {
    struct http *http;
    struct MHD_Connection *mhd;
    double since;          /* clock_seconds of its start, or of its last request */
    struct stream *stream; /* NULL: none */
    struct connection *next;
    struct connection *previous;
};

/* A stream sent over a connection; either may end first. */
struct stream {
    struct http *http;
    struct connection *connection; /* NULL: gone */
    void *source;
    bool sleeps; /* the connection is suspended until there is data to send */
};

struct http {
    struct http_library library;
    const struct http_handler *handler;
    struct MHD_Daemon *daemon;
    struct connection *connections;
    int stream_count;
    double last_look; /* to time out slow readers */
};

enum status http_check(struct error *error) {
    struct http_library library;
    const enum status status = http_library_load(&library, error);
    if (status == STATUS_OK)
        shared_library_close(library.handle);
    return status;
}

/* ---- Connections ----------------------------------------------------------------------------- */

static void add_connection(struct http *http, struct MHD_Connection *mhd, void **place) {
    struct connection *connection = calloc(1, sizeof *connection);
    *place = connection;
    if (!connection)
        return;
    *connection = (struct connection){
        .http = http, .mhd = mhd, .since = clock_seconds(), .next = http->connections};
    if (http->connections)
        http->connections->previous = connection;
    http->connections = connection;
}

static void remove_connection(struct http *http, struct connection *connection) {
    if (!connection)
        return;
    if (connection->stream)
        connection->stream->connection = NULL;
    if (connection->next)
        connection->next->previous = connection->previous;
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        http->connections = connection->next;
    free(connection);
}

static void notice_connection(void *context, struct MHD_Connection *mhd, void **place,
                              enum MHD_ConnectionNotificationCode code) {
    struct http *http = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        add_connection(http, mhd, place);
    else
        remove_connection(http, *place);
}

static struct connection *connection_of(const struct http *http, struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *info =
        http->library.MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* The library's timeout starts at the last byte, so a reader that sends a byte now and then would
 * never time out. */
static void end_slow_connections(struct http *http) {
    const double now = clock_seconds();
    if (now - http->last_look < 1)
        return;
    http->last_look = now;
    for (const struct connection *connection = http->connections; connection;
         connection = connection->next) {
        if (connection->stream || now - connection->since < REQUEST_SECONDS)
            continue;
        const union MHD_ConnectionInfo *info = http->library.MHD_get_connection_info(
            connection->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (info)
            shutdown(info->connect_fd, SHUT_RDWR);
    }
}

/* ---- Answers --------------------------------------------------------------------------------- */

static const char *const headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
};

/* Sends response and frees it; NULL (out of memory) ends the connection. */
static enum MHD_Result send_response(const struct http *http, struct MHD_Connection *mhd,
                                     unsigned code, const char *type,
                                     struct MHD_Response *response) {
    const struct http_library *library = &http->library;
    if (!response)
        return MHD_NO;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        library->MHD_add_response_header(response, headers[i][0], headers[i][1]);
    library->MHD_add_response_header(response, "Content-Type", type);
    if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
        library->MHD_add_response_header(response, "Allow", "GET, HEAD");
    if (code >= MHD_HTTP_BAD_REQUEST)
        library->MHD_add_response_header(response, "Connection", "close");
    const enum MHD_Result queued = library->MHD_queue_response(mhd, code, response);
    library->MHD_destroy_response(response);
    return queued;
}

/* text: static. */
static enum MHD_Result refuse(const struct http *http, struct MHD_Connection *mhd, unsigned code,
                              const char *text) {
    return send_response(http, mhd, code, "text/plain; charset=utf-8",
                         http->library.MHD_create_response_from_buffer(strlen(text), (void *)text,
                                                                       MHD_RESPMEM_PERSISTENT));
}

static ssize_t read_stream(void *context, uint64_t position, char *out, size_t size) {
    struct stream *stream = context;
    (void)position;
    if (!stream->connection)
        return MHD_CONTENT_READER_END_OF_STREAM;
    const size_t read = stream->http->handler->stream_read(stream->source, out, size);
    if (read == 0 && !stream->sleeps) {
        stream->sleeps = true;
        stream->http->library.MHD_suspend_connection(stream->connection->mhd);
    }
    return (ssize_t)read;
}

static void close_stream(void *context) {
    struct stream *stream = context;
    stream->http->handler->stream_close(stream->source);
    stream->http->stream_count--;
    if (stream->connection)
        stream->connection->stream = NULL;
    free(stream);
}

static enum MHD_Result send_stream(struct http *http, struct connection *connection, void *source) {
    struct stream *stream = connection->stream ? NULL : calloc(1, sizeof *stream);
    if (!stream || http->stream_count >= MAX_STREAMS) {
        free(stream);
        http->handler->stream_close(source);
        return refuse(http, connection->mhd, MHD_HTTP_SERVICE_UNAVAILABLE,
                      "too many readers; try again later\n");
    }
    *stream = (struct stream){.http = http, .connection = connection, .source = source};
    http->stream_count++;
    connection->stream = stream;
    struct MHD_Response *response = http->library.MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, stream, close_stream);
    if (response) /* so that nginx forwards each event at once */
        http->library.MHD_add_response_header(response, "X-Accel-Buffering", "no");
    else
        close_stream(stream);
    return send_response(http, connection->mhd, MHD_HTTP_OK, "text/event-stream", response);
}

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value) {
    struct gate_request *request = context;
    struct gate_header *header = strcasecmp(name, "Host") == 0             ? &request->host
                                 : strcasecmp(name, "Origin") == 0         ? &request->origin
                                 : strcasecmp(name, "Sec-Fetch-Site") == 0 ? &request->fetch_site
                                 : strcasecmp(name, "Sec-Fetch-Mode") == 0 ? &request->fetch_mode
                                                                           : NULL;
    (void)kind;
    if (header) {
        header->value = value ? value : "";
        header->count++;
    }
    return MHD_YES;
}

/* The reason to refuse the request; NULL: none. */
static const char *refusal_of(const struct http *http, struct MHD_Connection *mhd) {
    struct gate_request request = {
        .token = http->library.MHD_lookup_connection_value(mhd, MHD_GET_ARGUMENT_KIND, "token"),
    };
    http->library.MHD_get_connection_values(mhd, MHD_HEADER_KIND, take_header, &request);
    return gate_refusal(&http->handler->gate, &request);
}

static bool has_body(const struct http *http, struct MHD_Connection *mhd) {
    const char *length =
        http->library.MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Content-Length");
    return (length && strcmp(length, "0") != 0) ||
           http->library.MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Transfer-Encoding");
}

/* The value of "?name=", or NULL. */
static const char *argument_of(const struct http *http, const struct connection *connection,
                               const char *name) {
    return http->library.MHD_lookup_connection_value(connection->mhd, MHD_GET_ARGUMENT_KIND, name);
}

static enum MHD_Result answer(struct http *http, struct connection *connection, const char *path,
                              bool is_get) {
    const struct http_request request = {
        .path = path,
        .id = argument_of(http, connection, "id"),
        .games = argument_of(http, connection, "games"),
    };
    struct http_reply reply = {.code = MHD_HTTP_NOT_FOUND, .type = "text/plain; charset=utf-8"};
    http->handler->answer(http->handler->context, &request, &reply);
    if (reply.stream && is_get)
        return send_stream(http, connection, reply.stream);
    if (reply.stream) {
        http->handler->stream_close(reply.stream);
        return refuse(http, connection->mhd, MHD_HTTP_OK, "");
    }
    struct MHD_Response *response = http->library.MHD_create_response_from_buffer(
        reply.size, reply.text, reply.owned ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (!response && reply.owned)
        free(reply.text);
    return send_response(http, connection->mhd, (unsigned)reply.code, reply.type, response);
}

/* The library calls this twice per request: after its head, and after all of it. Its type requires
 * body_size to be writable. */
static enum MHD_Result handle(void *context, struct MHD_Connection *mhd, const char *path,
                              const char *method, const char *version, const char *body,
                              size_t *body_size, // NOLINT(readability-non-const-parameter)
                              void **request) {
    static char has_begun;
    struct http *http = context;
    struct connection *connection = connection_of(http, mhd);
    (void)version;
    (void)body;
    (void)body_size;
    if (!connection)
        return MHD_NO;
    const bool is_get = strcmp(method, MHD_HTTP_METHOD_GET) == 0;
    if (*request) {
        connection->since = clock_seconds();
        return answer(http, connection, path, is_get);
    }
    *request = &has_begun;
    if (!is_get && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse(http, mhd, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (has_body(http, mhd))
        return refuse(http, mhd, MHD_HTTP_BAD_REQUEST, "a request must not have a body\n");
    const char *refusal = refusal_of(http, mhd);
    return refusal ? refuse(http, mhd, MHD_HTTP_FORBIDDEN, refusal) : MHD_YES;
}

/* None of our paths needs decoding, so requests are compared as they were sent. */
static size_t keep_as_sent(void *context, struct MHD_Connection *mhd, char *text) {
    (void)context;
    (void)mhd;
    return strlen(text);
}

/* ---- The whole ------------------------------------------------------------------------------- */

enum status http_open(const struct http_handler *handler, int listener, struct http **http,
                      struct error *error) {
    struct http *opened = calloc(1, sizeof *opened);
    if (!opened)
        return error_set(error, STATUS_FAILED, "out of memory");
    opened->handler = handler;
    const enum status status = http_library_load(&opened->library, error);
    if (status != STATUS_OK) {
        free(opened);
        return status;
    }
    opened->daemon = opened->library.MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, opened,
        MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT_SECONDS, MHD_OPTION_NOTIFY_CONNECTION,
        notice_connection, opened, MHD_OPTION_UNESCAPE_CALLBACK, keep_as_sent, NULL,
        MHD_OPTION_END);
    if (!opened->daemon) {
        http_close(opened);
        return error_set(error, STATUS_FAILED, "cannot serve the page");
    }
    *http = opened;
    return STATUS_OK;
}

int http_descriptor(const struct http *http) {
    return http->library.MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

double http_timeout(struct http *http) {
    MHD_UNSIGNED_LONG_LONG milliseconds;
    if (http->library.MHD_get_timeout(http->daemon, &milliseconds) != MHD_YES)
        return 1;
    return milliseconds < 1000 ? 1e-3 * (double)milliseconds : 1;
}

static void wake(const struct http *http, struct stream *stream) {
    stream->sleeps = false;
    http->library.MHD_resume_connection(stream->connection->mhd);
}

void http_turn(struct http *http) {
    for (const struct connection *connection = http->connections; connection;
         connection = connection->next)
        if (connection->stream && connection->stream->sleeps &&
            http->handler->stream_has_news(connection->stream->source))
            wake(http, connection->stream);
    http->library.MHD_run(http->daemon);
    end_slow_connections(http);
}

void http_close(struct http *http) {
    for (const struct connection *connection = http->connections; connection;
         connection = connection->next)
        if (connection->stream && connection->stream->sleeps)
            wake(http, connection->stream);
    if (http->daemon)
        http->library.MHD_stop_daemon(http->daemon);
    shared_library_close(http->library.handle);
    free(http);
}
