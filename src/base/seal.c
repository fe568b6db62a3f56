#include "base/seal.h"

#include <string.h>

/* Every step is a bijection of hash, so one damaged word is always found. */
static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x100000001b3u;
    return hash ^ hash >> 32;
}

/* FNV-1a (Fowler, Noll and Vo; RFC 9923) by words instead of bytes, for its speed; the shift takes
 * high bits down, where multiplication spreads them again. */
static uint64_t checksum_of(const uint8_t *bytes, size_t size) {
    uint64_t hash = 0xcbf29ce484222325u;
    uint64_t word;
    for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = mix(hash, word);
    }
    word = 0;
    memcpy(&word, bytes, size);
    return mix(hash, word);
}

static struct seal seal_for(const uint8_t *block, size_t size, const char *kind) {
    struct seal seal = {.size = size};
    memcpy(seal.kind, kind, strnlen(kind, sizeof seal.kind - 1));
    seal.checksum = checksum_of(block + sizeof seal, size - sizeof seal);
    return seal;
}

void seal_write(uint8_t *block, size_t size, const char *kind) {
    const struct seal seal = seal_for(block, size, kind);
    memcpy(block, &seal, sizeof seal);
}

enum status seal_check(const uint8_t *block, size_t size, const char *kind, struct error *error) {
    struct seal found;
    if (size < sizeof found)
        return error_set(error, STATUS_BAD_INPUT, "the saved state is cut short: %zu bytes", size);
    memcpy(&found, block, sizeof found);
    const struct seal wanted = seal_for(block, size, kind);
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
