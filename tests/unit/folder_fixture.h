/* A folder of a test's own, which is its state. */
#ifndef ASYNCRL_TESTS_FOLDER_FIXTURE_H
#define ASYNCRL_TESTS_FOLDER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

struct folder {
    char path[64];
};

static inline int folder_setup(void **state) {
    struct folder *folder = malloc(sizeof *folder);
    assert_non_null(folder);
    snprintf(folder->path, sizeof folder->path, "/tmp/asyncrl-test-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    *state = folder;
    return 0;
}

static inline int folder_teardown(void **state) {
    struct folder *folder = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder->path);
    const int removed = system(command);
    free(folder);
    return removed;
}

#endif
