/* libmicrohttpd, which is loaded at run time: only the page needs it. No other file includes its
 * header. */
#ifndef ASYNCRL_WATCH_HTTP_LIBRARY_H
#define ASYNCRL_WATCH_HTTP_LIBRARY_H

#include "base/base.h"

#include <microhttpd.h>

/* The functions that are used. */
#define HTTP_FUNCTIONS(X)                                                                          \
    X(MHD_start_daemon)                                                                            \
    X(MHD_stop_daemon)                                                                             \
    X(MHD_run)                                                                                     \
    X(MHD_get_timeout)                                                                             \
    X(MHD_get_daemon_info)                                                                         \
    X(MHD_get_connection_info)                                                                     \
    X(MHD_get_connection_values)                                                                   \
    X(MHD_lookup_connection_value)                                                                 \
    X(MHD_create_response_from_buffer)                                                             \
    X(MHD_create_response_from_callback)                                                           \
    X(MHD_add_response_header)                                                                     \
    X(MHD_queue_response)                                                                          \
    X(MHD_destroy_response)                                                                        \
    X(MHD_suspend_connection)                                                                      \
    X(MHD_resume_connection)

struct http_library {
    struct shared_library *handle;
#define HTTP_FIELD(name) __typeof__(name) *(name);
    HTTP_FUNCTIONS(HTTP_FIELD)
#undef HTTP_FIELD
};

/* Loads the library; the caller closes library->handle. STATUS_BAD_INPUT: it is missing, or too
 * old. */
enum status http_library_load(struct http_library *library, struct error *error);

#endif
