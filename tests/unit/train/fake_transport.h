/*
 * A transport within one process, and a clock, for tests of the learner. While the learner sleeps,
 * a function of the test plays the actors and the supervisor. A trace records the learner's
 * actions, so that a test expects exact sequences.
 *
 * The clock stands in for base/clock.c in a program that links this file: it moves by
 * FAKE_SLEEP_SECONDS in each sleep, and by what the test adds to fake_now.
 */
#ifndef ASYNCRL_TESTS_FAKE_TRANSPORT_H
#define ASYNCRL_TESTS_FAKE_TRANSPORT_H

#include "train/transport.h"

enum { FAKE_ACTORS = 2, FAKE_SEGMENTS = 8, FAKE_SNAPSHOT_BYTES = 64 };

#define FAKE_SLEEP_SECONDS 0.5

struct fake_transport {
    struct transport base;
    const struct step_layout *layout;
    struct segment *segments[FAKE_ACTORS][FAKE_SEGMENTS]; /* the first counts are there */
    int counts[FAKE_ACTORS];
    int64_t words[WORD_COUNT + FAKE_ACTORS * ACTOR_WORD_COUNT];
    struct snapshot *snapshots[FAKE_ACTORS];
    float *published; /* (param_count) */
    size_t param_count;
    uint64_t version;
    uint32_t bell;
    uint32_t pushes;
    int sleeps;
    /* Plays the other processes in a sleep of the learner; the sleeps count from 1. */
    void (*meanwhile)(void *context, int sleep);
    void *context;
    char trace[4096];
};

extern double fake_now;

/* Two actors that have pushed nothing. layout: stays the caller's. fake_close undoes it. */
void fake_open(struct fake_transport *fake, const struct step_layout *layout, size_t param_count);
void fake_close(struct fake_transport *fake);

/* Adds a line to the trace. */
void fake_trace(struct fake_transport *fake, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An actor pushes a segment of length steps that goes on, whose actions all equal mark. */
void fake_push(struct fake_transport *fake, int actor, int length, int32_t mark);

/* An actor leaves a snapshot and parks, as it was asked to. */
void fake_park(struct fake_transport *fake, int actor);

#endif
