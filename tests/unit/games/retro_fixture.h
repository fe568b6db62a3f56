/* Shared by the tests of stable-retro's files: a folder of small ones, for each test. */
#ifndef ASYNCRL_TESTS_RETRO_FIXTURE_H
#define ASYNCRL_TESTS_RETRO_FIXTURE_H

#include "../folder_fixture.h"
#include "games/retro/system.h"

/* A test with a folder, which is its state. */
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

/* Returns the path, in a buffer that the next call overwrites. */
const char *write_file(const struct folder *folder, const char *name, const char *text,
                       size_t size);

void assert_says(const struct error *error, const char *word);

/* A console "Toy" with the buttons B, SELECT, START, UP and DOWN. */
extern const char console[];

void load_console(const struct folder *folder, struct retro_system *system);

#endif
