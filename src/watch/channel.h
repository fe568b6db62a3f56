/*
 * Messages for readers of any number and speed: the newest few are kept, and who is too slow misses
 * some. A reader costs no memory but the message that it is in the middle of.
 *
 * Inside of the watch room. One thread.
 */
#ifndef ASYNCRL_WATCH_CHANNEL_H
#define ASYNCRL_WATCH_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A server-sent event, ready to be sent. It is freed when nobody holds it any more. */
struct message {
    int holders;
    size_t size;
    char text[];
};

/* Makes one of an event's name and its data, a line of size bytes, held by the caller; NULL when
 * memory is short. */
struct message *message_make(const char *event, const char *data, size_t size);
void message_release(struct message *message); /* NULL is ignored */

enum { CHANNEL_MAX_KEPT = 64 };

struct channel {
    int kept;         /* the newest this many messages, up to CHANNEL_MAX_KEPT */
    uint64_t written; /* messages so far */
    struct message *messages[CHANNEL_MAX_KEPT]; /* number i at i % kept */
};

/* Takes over the caller's hold of message; NULL is ignored. */
void channel_write(struct channel *channel, struct message *message);

/*
 * The message at *place, held by the caller, and *place moves on; NULL when there is none yet.
 * Where it is no longer kept, *place moves to the oldest that is, and *missed is set.
 */
struct message *channel_read(const struct channel *channel, uint64_t *place, bool *missed);

void channel_clear(struct channel *channel);

#endif
