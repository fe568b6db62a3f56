#include "base/seal.h"

#include <stdbool.h>
#include <string.h>

/* Every step is a bijection of hash, so one damaged word is always found. */
static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x100000001b3u;
    return hash ^ hash >> 32;
}

/* The lanes of this version, and of earlier ones. */
enum { LANES = 8, FOUR_LANES = 4, ONE_LANE = 1 };

/* FNV-1a (Fowler, Noll and Vo; RFC 9923) by words instead of bytes, for its speed; the shift takes
 * high bits down, where multiplication spreads them again. A step waits for the one before, so
 * lanes take the words in turn. */
static inline uint64_t checksum_of(const uint8_t *bytes, size_t size, const int lanes) {
    uint64_t hashes[LANES] = {0xcbf29ce484222325u, 1, 2, 3, 4, 5, 6, 7};
    uint64_t word;
    for (; size >= (size_t)lanes * sizeof word; size -= (size_t)lanes * sizeof word)
        for (int i = 0; i < lanes; i++, bytes += sizeof word) {
            memcpy(&word, bytes, sizeof word);
            hashes[i] = mix(hashes[i], word);
        }
    uint64_t hash = hashes[0];
    for (int i = 1; i < lanes; i++)
        hash = mix(mix(hash, 0), hashes[i]); /* or equal changes in two lanes would cancel out */
    for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = mix(hash, word);
    }
    word = 0;
    memcpy(&word, bytes, size);
    return mix(hash, word);
}

/* The last byte of a seal's kind is the number of lanes, or 0 for one. */
enum { LAST = sizeof((struct seal *)0)->kind - 1 };

static uint64_t checksum_by(uint8_t lanes, const uint8_t *bytes, size_t size) {
    switch (lanes) {
    case 0:
        return checksum_of(bytes, size, ONE_LANE);
    case FOUR_LANES:
        return checksum_of(bytes, size, FOUR_LANES);
    default:
        return checksum_of(bytes, size, LANES);
    }
}

static struct seal seal_for(const uint8_t *block, size_t size, const char *kind, uint8_t lanes) {
    struct seal seal = {.size = size};
    memcpy(seal.kind, kind, strnlen(kind, LAST));
    seal.kind[LAST] = (char)lanes;
    seal.checksum = checksum_by(lanes, block + sizeof seal, size - sizeof seal);
    return seal;
}

void seal_write(uint8_t *block, size_t size, const char *kind) {
    const struct seal seal = seal_for(block, size, kind, LANES);
    memcpy(block, &seal, sizeof seal);
}

enum status seal_check(const uint8_t *block, size_t size, const char *kind, struct error *error) {
    struct seal found;
    if (size < sizeof found)
        return error_set(error, STATUS_BAD_INPUT, "the saved state is cut short: %zu bytes", size);
    memcpy(&found, block, sizeof found);
    const uint8_t lanes = (uint8_t)found.kind[LAST];
    const bool is_known = lanes == 0 || lanes == FOUR_LANES || lanes == LANES;
    const struct seal wanted = seal_for(block, size, kind, is_known ? lanes : LANES);
    if (memcmp(found.kind, wanted.kind, sizeof found.kind) != 0)
        return error_set(error, STATUS_BAD_INPUT, "the saved state is not one of %s", kind);
    if (found.size != wanted.size)
        return error_set(error, STATUS_BAD_INPUT,
                         "the saved state is cut short or of something else: %zu bytes, not %llu",
                         size, (unsigned long long)found.size);
    if (found.checksum != wanted.checksum)
        return error_set(error, STATUS_BAD_INPUT, "the saved state of %s is damaged", kind);
    return STATUS_OK;
}
