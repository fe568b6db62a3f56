/*
 * The messages between a learner and the sender of a rank that only plays. Inside of the train
 * room; the learner's and the sender's. Both have the same layout of steps (together_join).
 *
 * A packet goes to the learner: a head, and segments one after the other. News go to the sender: a
 * head, and the parameters if they are newer than those of the news before.
 */
#ifndef ASYNCRL_TRAIN_LEARNER_PACKET_H
#define ASYNCRL_TRAIN_LEARNER_PACKET_H

#include "rollout/rollout.h"

struct packet {
    uint64_t size;      /* bytes in use, the head's included */
    uint32_t wants_end; /* 1: a signal has asked the rank to end */
    uint32_t is_last;   /* 1: the sender has left */
};

struct news {
    uint64_t version;                        /* of the parameters */
    int64_t steps, round_steps, rounds_open; /* the words of these names */
    uint32_t has_params;
    uint32_t is_end; /* 1: the run ends; a packet that is the last answers it */
};

/* MPI counts the bytes of a message in an int. */
static const size_t PACKET_MOST_BYTES = (size_t)1 << 28;

/* Bytes of a packet of that many segments, or of as many as fit into PACKET_MOST_BYTES, at least
 * one; the others follow in the next packet. */
static inline size_t packet_room(const struct step_layout *layout, int segments) {
    const size_t each = sizeof(struct segment) + segment_flat_bytes(layout, layout->max_steps);
    const size_t most = PACKET_MOST_BYTES > each ? PACKET_MOST_BYTES / each : 1;
    const size_t count = (size_t)segments < most ? (size_t)segments : most;
    return sizeof(struct packet) + count * each;
}

/* Adds a segment to the packet in room bytes at memory; false if it does not fit. */
bool packet_add(uint8_t *memory, size_t room, const struct segment *segment,
                const struct step_layout *layout);

/* Reads the segment at *at, which begins at sizeof(struct packet) and moves on; false after the
 * last one. */
bool packet_next(const uint8_t *memory, size_t *at, struct segment *segment,
                 const struct step_layout *layout);

#endif
