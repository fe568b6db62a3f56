#include "watch/channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct message *message_make(const char *event, const char *data, size_t size) {
    static const size_t frame_size = sizeof "event: \ndata: \n\n";
    const size_t capacity = frame_size + strlen(event) + size;
    struct message *message = malloc(sizeof *message + capacity);
    if (!message)
        return NULL;
    message->size = (size_t)snprintf(message->text, capacity, "event: %s\ndata: %.*s\n\n", event,
                                     (int)size, data);
    message->holders = 1;
    return message;
}

void message_release(struct message *message) {
    if (message && --message->holders == 0)
        free(message);
}

void channel_write(struct channel *channel, struct message *message) {
    if (!message)
        return;
    struct message **slot = &channel->messages[channel->written % (uint64_t)channel->kept];
    message_release(*slot);
    *slot = message;
    channel->written++;
}

struct message *channel_read(const struct channel *channel, uint64_t *place, bool *missed) {
    const uint64_t kept = (uint64_t)channel->kept;
    if (*place >= channel->written)
        return NULL;
    if (*place + kept < channel->written) {
        *place = channel->written - kept;
        *missed = true;
    }
    struct message *message = channel->messages[*place % kept];
    (*place)++;
    message->holders++;
    return message;
}

void channel_clear(struct channel *channel) {
    for (int i = 0; i < channel->kept; i++) {
        message_release(channel->messages[i]);
        channel->messages[i] = NULL;
    }
}
