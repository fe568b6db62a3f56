/* Running the program itself and reading the JSON that it prints, for the integration tests. */
#ifndef ASYNCRL_TESTS_PROGRAM_H
#define ASYNCRL_TESTS_PROGRAM_H

#include <jansson.h>

/*
 * Runs "$ASYNCRL arguments" by the shell and returns the last line of its stdout as JSON, which the
 * caller releases; NULL if the program failed or printed none.
 */
json_t *program_json(const char *arguments);

/* $ASYNCRL_SHARED/name, in a static buffer; NULL if there is no such file. */
const char *shared_file(const char *name);

#endif
