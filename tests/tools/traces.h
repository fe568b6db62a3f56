/*
 * Traces of Atari games: the results of ALE's library, frame by frame, for a list of actions.
 *
 * "ATRACE01" holds the results of each record; "ATRACE02" a digest of all so far, after every block
 * of records. All numbers are little-endian:
 *
 *     0  magic | 8 name | 40 seed (8) | 48 records n (4) | 52 width (2) | 54 height (2)
 *     56 actions of the minimal set (2) | 58 their codes (18) | 76 records per digest (4; 01: 0)
 *     80 action of each record, 255: a reset (n bytes)
 *     01: flags (n; bit 0: game over), lives (4 n), reward (4 n), hashes of RAM (8 n), screen (8 n)
 *     02: digests (8 for each block that was begun)
 */
#ifndef ASYNCRL_TESTS_TRACES_H
#define ASYNCRL_TESTS_TRACES_H

#include "games/machines.h"

enum { TRACE_RESET = 255 };

struct trace {
    char name[33];
    uint32_t count;
    int width;
    int height;
    int action_count;
    uint32_t block; /* records per digest; 0: each record has its results */
    const uint8_t *actions;
    const uint8_t *flags;
    const uint8_t *lives;
    const uint8_t *rewards;
    const uint8_t *ram;
    const uint8_t *screens;
    const uint8_t *digests;
};

/* The results of a record, hashed as in traces. */
struct answer {
    bool game_over;
    int32_t lives;
    int32_t reward;
    uint64_t ram;
    uint64_t screen;
};

/* Reads the trace at data; returns its size in bytes; 0: it is not a trace. */
size_t trace_read(const uint8_t *data, size_t size, struct trace *trace);

struct answer trace_answer(const struct trace *trace, uint32_t record);

/* size: a multiple of 8. */
uint64_t trace_hash(const uint8_t *data, size_t size);

/* The digest of all records up to one with this result; starts with TRACE_DIGEST. */
extern const uint64_t trace_digest_start;
uint64_t trace_digest(uint64_t digest, uint8_t action, const struct answer *answer);

/* The digest after a record, if the trace has one there. */
bool trace_has_digest(const struct trace *trace, uint32_t record, uint64_t *digest);

#endif
