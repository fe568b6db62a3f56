/*
 * A run of "catch" with a small network, in a folder below /tmp, for tests of the learner's parts.
 * Its transport, metrics and method are the test's to set.
 */
#ifndef ASYNCRL_TESTS_SMALL_RUN_H
#define ASYNCRL_TESTS_SMALL_RUN_H

#include "train/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct small_run {
    char top[64]; /* the folder; the run's own is "run" in it, and does not exist yet */
    struct train_config config;
    struct control control;
    struct emulator emulator;
    struct emulator *emulators[1];
    struct run run;
};

/* Sets the run; the folder, top, must exist. */
static inline void small_run_set(struct small_run *small) {
    small->emulators[0] = &small->emulator;
    snprintf(small->control.run_dir, sizeof small->control.run_dir, "%s/run", small->top);
    small->run = (struct run){.config = &small->config,
                              .control = &small->control,
                              .emulators = small->emulators,
                              .network = {.trunk = TRUNK_MLP,
                                          .heads = HEADS_POLICY_VALUE,
                                          .channels = 3,
                                          .height = 1,
                                          .width = 1,
                                          .actions = 2}};
    snprintf(small->run.game.id, sizeof small->run.game.id, "catch");
}

/* Makes the folder and sets the run. small is zeros. */
static inline void small_run_open(struct small_run *small) {
    snprintf(small->top, sizeof small->top, "/tmp/asyncrl-test-XXXXXX");
    assert_non_null(mkdtemp(small->top));
    small_run_set(small);
}

/* Removes the folder with all that is in it. */
static inline void small_run_close(struct small_run *small) {
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", small->top);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): the name is the test's own */
}

#endif
