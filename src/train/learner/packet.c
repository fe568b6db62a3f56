#include "train/learner/packet.h"

#include <string.h>

bool packet_add(uint8_t *memory, size_t room, const struct segment *segment,
                const struct step_layout *layout) {
    struct packet packet;
    memcpy(&packet, memory, sizeof packet);
    const size_t flat = segment_flat_bytes(layout, segment->length);
    if (room - packet.size < sizeof *segment + flat)
        return false;
    memcpy(memory + packet.size, segment, sizeof *segment);
    segment_flatten(memory + packet.size + sizeof *segment, segment, layout);
    packet.size += sizeof *segment + flat;
    memcpy(memory, &packet, sizeof packet);
    return true;
}

bool packet_next(const uint8_t *memory, size_t *at, struct segment *segment,
                 const struct step_layout *layout) {
    struct packet packet;
    memcpy(&packet, memory, sizeof packet);
    if (*at >= packet.size)
        return false;
    memcpy(segment, memory + *at, sizeof *segment);
    segment_unflatten(segment, memory + *at + sizeof *segment, layout);
    *at += sizeof *segment + segment_flat_bytes(layout, segment->length);
    return true;
}
