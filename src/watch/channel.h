/*
 * Messages for readers of any number and speed: the newest few are kept, and a slow reader misses
 * some. A reader costs only the memory of the message that it is reading. Private to the watch
 * room. One thread.
 */
#ifndef ASYNCRL_WATCH_CHANNEL_H
#define ASYNCRL_WATCH_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A server-sent event, reference-counted. */
struct message {
    int holders;
    size_t size;
    char text[];
};

/* Makes a message from an event's name and its data, a line of size bytes. The caller holds a
 * reference; NULL: out of memory. */
struct message *message_make(const char *event, const char *data, size_t size);
void message_release(struct message *message); /* NULL is ignored */

enum { CHANNEL_MAX_KEPT = 64 };

struct channel {
    int kept;         /* the number of messages to keep, up to CHANNEL_MAX_KEPT */
    uint64_t written; /* messages so far */
    struct message *messages[CHANNEL_MAX_KEPT]; /* number i at i % kept */
};

/* Takes over the caller's reference to message; NULL is ignored. */
void channel_write(struct channel *channel, struct message *message);

/*
 * Returns the message at *place with a reference for the caller, and advances *place; NULL: none
 * yet. If that message is no longer kept, *place moves to the oldest one kept, and *missed is set.
 */
struct message *channel_read(const struct channel *channel, uint64_t *place, bool *missed);

void channel_clear(struct channel *channel);

#endif
