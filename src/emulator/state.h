/*
 * The seal on every saved state: what it is a state of, its length and a checksum, so that damaged
 * data never reaches an emulator that would end the process over it.
 *
 * A sealed state is a struct state_seal, then the emulator's own bytes. It is for the machine that
 * wrote it.
 */
#ifndef ASYNCRL_EMULATOR_STATE_H
#define ASYNCRL_EMULATOR_STATE_H

#include "base/base.h"

#include <stddef.h>
#include <stdint.h>

struct state_seal {
    char kind[48]; /* emulator and game, padded with zeros */
    uint64_t size; /* bytes, seal included */
    uint64_t checksum;
};

/* Seals the size bytes at state, whose first sizeof(struct state_seal) are the seal's to write. */
void state_seal(uint8_t *state, size_t size, const char *kind);

/* Checks that state is a whole, undamaged state of that kind, with at least the seal in it. */
enum status state_check(const uint8_t *state, size_t size, const char *kind, struct error *error);

#endif
