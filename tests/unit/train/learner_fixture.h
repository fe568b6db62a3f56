/*
 * A whole learner of a small run, for tests: its transport and clock are fake, and its method
 * learns to count. The run is in a folder below /tmp.
 */
#ifndef ASYNCRL_TESTS_LEARNER_FIXTURE_H
#define ASYNCRL_TESTS_LEARNER_FIXTURE_H

#include "fake_transport.h"
#include "train/run.h"

struct fixture {
    char top[64];
    struct fake_transport fake;
    struct method method;
    struct train_config config;
    struct control control;
    struct emulator emulator;
    struct emulator *emulators[1];
    struct run run;
    int updates;       /* so far */
    int unsound_first; /* updates from this number on are not sound; they count from 1, 0: none */
    int unsound_last;
};

/*
 * Opens a run of two actors of an environment each, segments of 2 steps, batches of 3, in a folder
 * that has a run already, or is to have one: a test changes config before run_learner. close_run
 * undoes it, but for the folder. One at a time.
 */
void open_run(struct fixture *fixture);
void close_run(struct fixture *fixture);

/* Makes the run one in rounds. A round is 2 steps of each actor, and so is a batch. */
void make_rounds(struct fixture *fixture);

/* cmocka's setup and teardown: open_run in a new folder, close_run and no folder. */
int open_fixture(void **state);
int close_fixture(void **state);

/* Whether the run has a file of that name. */
bool has_file(const struct fixture *fixture, const char *name);

/* The learner lives, and ends with that exit code. */
void run_learner(struct fixture *fixture, void (*meanwhile)(void *context, int sleep), int code);

void expect_trace(const struct fixture *fixture, const char *trace);

/* All actors are alive. */
void beat(struct fixture *fixture);

void park_all(struct fixture *fixture);

#endif
