#include "watch/listen.h"
#include "watch/http.h"
#include "watch/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64 };

union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Fills in an address and returns its size; 0: name is not an address. */
static socklen_t read_address(const struct watch_address *address, union socket_address *out) {
    const char *name = strcmp(address->name, "localhost") == 0 ? "127.0.0.1" : address->name;
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, name, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons((uint16_t)address->port);
        return sizeof out->v4;
    }
    if (inet_pton(AF_INET6, name, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons((uint16_t)address->port);
        return sizeof out->v6;
    }
    return 0;
}

static enum status cannot_listen(const struct watch_address *address, struct error *error) {
    if (errno == EADDRINUSE)
        return error_set(
            error, STATUS_BAD_INPUT,
            "port %d of %.60s is in use; choose another with --http=PORT, or 0 for any",
            address->port, address->name);
    return error_set(error, STATUS_BAD_INPUT,
                     "cannot serve on port %d of %.60s: %s; choose others with --http and --bind",
                     address->port, address->name, strerror(errno));
}

enum status watch_listen(const struct watch_address *address, int *listener, struct error *error) {
    union socket_address place;
    const int on = 1;
    const socklen_t size = read_address(address, &place);
    if (size == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%.60s' is not an address; --bind takes one such as 127.0.0.1 or 0.0.0.0",
                         address->name);
    const enum status checked = http_check(error);
    if (checked != STATUS_OK)
        return checked;
    const int file = socket(place.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file < 0)
        return cannot_listen(address, error);
    /* A page that just ended may leave its port in use for a minute. */
    setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(file, &place.any, size) != 0 || listen(file, BACKLOG) != 0) {
        cannot_listen(address, error);
        close(file);
        return error->status;
    }
    *listener = file;
    return STATUS_OK;
}

/* The address that a socket listens on; *is_any: all addresses of its kind. Returns the port. */
static int read_place(int listener, char address[LISTEN_NAME_SIZE], bool *is_local, bool *is_any) {
    union socket_address place;
    socklen_t size = sizeof place;
    char name[INET6_ADDRSTRLEN] = "";
    memset(&place, 0, sizeof place);
    getsockname(listener, &place.any, &size);
    if (place.any.sa_family == AF_INET6) {
        *is_any = IN6_IS_ADDR_UNSPECIFIED(&place.v6.sin6_addr);
        *is_local = IN6_IS_ADDR_LOOPBACK(&place.v6.sin6_addr);
        inet_ntop(AF_INET6, &place.v6.sin6_addr, name, sizeof name);
        snprintf(address, LISTEN_NAME_SIZE, "[%s]", name);
        return ntohs(place.v6.sin6_port);
    }
    *is_any = place.v4.sin_addr.s_addr == htonl(INADDR_ANY);
    *is_local = ntohl(place.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    inet_ntop(AF_INET, &place.v4.sin_addr, address, LISTEN_NAME_SIZE);
    return ntohs(place.v4.sin_port);
}

bool listen_is_local(int listener, char address[LISTEN_NAME_SIZE]) {
    bool is_local;
    bool is_any;
    read_place(listener, address, &is_local, &is_any);
    return is_local;
}

bool watch_is_open(int listener) {
    char address[LISTEN_NAME_SIZE];
    return !listen_is_local(listener, address);
}

void watch_url(int listener, const char *token, char url[WATCH_URL_SIZE]) {
    char address[LISTEN_NAME_SIZE];
    bool is_local;
    bool is_any;
    const int port = read_place(listener, address, &is_local, &is_any);
    snprintf(url, WATCH_URL_SIZE, "http://%s:%d/%s%s", is_any ? "localhost" : address, port,
             token[0] ? "?token=" : "", token);
}
