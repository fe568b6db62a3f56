/* Properties of a listening socket. Private to the watch room. */
#ifndef ASYNCRL_WATCH_LISTEN_H
#define ASYNCRL_WATCH_LISTEN_H

#include <stdbool.h>

enum { LISTEN_NAME_SIZE = 64 };

/* Whether only this machine can reach it. Writes its address as in a URL: "127.0.0.1", "[::1]". */
bool listen_is_local(int listener, char address[LISTEN_NAME_SIZE]);

#endif
