/*
 * A whole learner of a small run, for tests: its transport and clock are fake, and its method
 * learns to count. The run is in a folder below /tmp.
 */
#ifndef ASYNCRL_TESTS_LEARNER_FIXTURE_H
#define ASYNCRL_TESTS_LEARNER_FIXTURE_H

#include "fake_transport.h"
#include "small_run.h"

struct fixture {
    struct small_run small;
    struct fake_transport fake;
    struct method method;
    void (*play)(struct fixture *fixture, int sleep); /* see run_learner */
    int most_sleeps;
    int updates;       /* so far */
    int unsound_first; /* number of the first unsound update, from 1; 0: none */
    int unsound_last;
};

/*
 * Opens a run of two actors with one environment each, segments of 2 steps and batches of 3; its
 * folder may hold a run already. A test changes config before run_learner. close_run undoes it, but
 * keeps the folder. One at a time.
 */
void open_run(struct fixture *fixture);
void close_run(struct fixture *fixture);

/* Makes the run one in rounds. A round and a batch are 2 steps of each actor. */
void make_rounds(struct fixture *fixture);

/* cmocka's setup and teardown: open_run in a new folder, close_run and no folder. */
int open_fixture(void **state);
int close_fixture(void **state);

/* Whether the run has a file of that name. */
bool has_file(const struct fixture *fixture, const char *name);

/* Runs the learner, which must end with that exit code. play is called in each of its sleeps, which
 * count from 1; more than most_sleeps fail the test. */
void run_learner(struct fixture *fixture, void (*play)(struct fixture *fixture, int sleep),
                 int most_sleeps, int code);

void expect_trace(const struct fixture *fixture, const char *trace);

/* The trace of the actors' snapshots when all have parked. */
#define COPYING                                                                                    \
    "copying 1\n"                                                                                  \
    "copying 0\n"                                                                                  \
    "park no more\n"

/* Each actor does it: is alive; pushes a segment of 2 steps, marked mark + 10 * actor; begins the
 * round; parks. */
void beat(struct fixture *fixture);
void push_all(struct fixture *fixture, int32_t mark);
void begin_all(struct fixture *fixture, int64_t round);
void park_all(struct fixture *fixture);

#endif
