/* Shared by the tests of Gymnasium environments. */
#ifndef ASYNCRL_TESTS_GYMNASIUM_FIXTURE_H
#define ASYNCRL_TESTS_GYMNASIUM_FIXTURE_H

#include "games/games.h"

/* The module of tests/data/gymnasium. */
extern const char module[];

/* Opens an environment of a module, "": none, waiting at most that many seconds, 0: the default. */
enum status try_to_open(const char *from, const char *id, double seconds,
                        struct emulator **emulator, struct error *error);

/* The same, and fails the test if that does not work. */
struct emulator *open_game(const char *from, const char *id);

/* Whether there is a Python with Gymnasium; if not, prints the only line of the test's output. */
bool gymnasium_is_there(void);

#endif
