/*
 * A seal on stored bytes: their kind, their number and a checksum. It finds damage; it does not
 * authenticate, since anyone can compute a seal.
 *
 * A sealed block is a struct seal, then the content, in the byte order of the machine that wrote
 * it.
 *
 *     uint8_t block[sizeof(struct seal) + CONTENT_SIZE];
 *     memcpy(block + sizeof(struct seal), content, CONTENT_SIZE);
 *     seal_write(block, sizeof block, "catch");
 *     ...
 *     if (seal_check(block, size, "catch", error) != STATUS_OK) ...
 */
#ifndef ASYNCRL_BASE_SEAL_H
#define ASYNCRL_BASE_SEAL_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct seal {
    char kind[48]; /* padded with zeros */
    uint64_t size; /* bytes, seal included */
    uint64_t checksum;
};

/* Seals the size bytes at block. It writes the first sizeof(struct seal) of them. */
void seal_write(uint8_t *block, size_t size, const char *kind);

/* Checks that block is whole, undamaged and of that kind. */
enum status seal_check(const uint8_t *block, size_t size, const char *kind, struct error *error);

#endif
