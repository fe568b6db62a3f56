/*
 * A seal on bytes that are kept and must come back as they were: what they are, how many, and a
 * checksum. It finds damage; it is no defence against someone who makes a seal for other bytes.
 *
 * A sealed block is a struct seal, then the content. It is for the machine that wrote it.
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

/* Seals the size bytes at block, whose first sizeof(struct seal) are the seal's to write. */
void seal_write(uint8_t *block, size_t size, const char *kind);

/* Checks that block is a whole, undamaged one of that kind, with at least the seal in it. */
enum status seal_check(const uint8_t *block, size_t size, const char *kind, struct error *error);

#endif
