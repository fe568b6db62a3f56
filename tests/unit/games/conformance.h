/*
 * The part of the contract in games/emulator.h that holds for every emulator: its description,
 * sizes of all output, resets, seeds, saved states, damaged ones.
 *
 *     static struct emulator *open_breakout(void *context) { ... fail_msg if it does not open }
 *
 *     static void breakout_keeps_the_contract(void **state) {
 *         check_conformance(open_breakout, NULL, 500);
 *     }
 *
 * A cmocka test calls it, and skips before that if something is missing.
 */
#ifndef ASYNCRL_TESTS_CONFORMANCE_H
#define ASYNCRL_TESTS_CONFORMANCE_H

#include "games/machines.h"

/*
 * open_game opens the same game at every call; several are open at a time. frames: how many to play
 * at random in each check, over several games if they are short; most emulators play some thousand
 * in a second. Fails the running test at the first breach.
 */
void check_conformance(struct emulator *(*open_game)(void *context), void *context, int frames);

#endif
