#include "base/seal.h"

#include <stdbool.h>
#include <string.h>

/* Every step is a bijection of hash, so one damaged word is always found. */
static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x100000001b3u;
    return hash ^ hash >> 32;
}

enum { LANES = 4, OLD_LANES = 1 };

/* FNV-1a (Fowler, Noll and Vo; RFC 9923) by words instead of bytes, for its speed; the shift takes
 * high bits down, where multiplication spreads them again. A step waits for the one before, so
 * lanes take the words in turn. */
static inline uint64_t checksum_of(const uint8_t *bytes, size_t size, const int lanes) {
    uint64_t hashes[LANES] = {0xcbf29ce484222325u, 1, 2, 3};
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

/* The last byte of a seal's kind is the number of lanes, or 0: one lane, as earlier versions of the
 * program wrote it. */
enum { LAST = sizeof((struct seal *)0)->kind - 1 };

static struct seal seal_for(const uint8_t *block, size_t size, const char *kind, bool is_old) {
    struct seal seal = {.size = size};
    const uint8_t *content = block + sizeof seal;
    memcpy(seal.kind, kind, strnlen(kind, LAST));
    seal.kind[LAST] = is_old ? 0 : LANES;
    seal.checksum = is_old ? checksum_of(content, size - sizeof seal, OLD_LANES)
                           : checksum_of(content, size - sizeof seal, LANES);
    return seal;
}

void seal_write(uint8_t *block, size_t size, const char *kind) {
    const struct seal seal = seal_for(block, size, kind, false);
    memcpy(block, &seal, sizeof seal);
}

enum status seal_check(const uint8_t *block, size_t size, const char *kind, struct error *error) {
    struct seal found;
    if (size < sizeof found)
        return error_set(error, STATUS_BAD_INPUT, "the saved state is cut short: %zu bytes", size);
    memcpy(&found, block, sizeof found);
    const struct seal wanted = seal_for(block, size, kind, found.kind[LAST] == 0);
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
