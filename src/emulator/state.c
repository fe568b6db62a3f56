#include "emulator/state.h"

#include <string.h>

/* FNV-1a, 64 bits (Fowler, Noll and Vo; RFC 9923). */
static uint64_t checksum_of(const uint8_t *bytes, size_t size) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

static struct state_seal seal_for(const uint8_t *state, size_t size, const char *kind) {
    struct state_seal seal = {.size = size};
    memcpy(seal.kind, kind, strnlen(kind, sizeof seal.kind - 1));
    seal.checksum = checksum_of(state + sizeof seal, size - sizeof seal);
    return seal;
}

void state_seal(uint8_t *state, size_t size, const char *kind) {
    const struct state_seal seal = seal_for(state, size, kind);
    memcpy(state, &seal, sizeof seal);
}

enum status state_check(const uint8_t *state, size_t size, const char *kind, struct error *error) {
    struct state_seal found;
    if (size < sizeof found)
        return error_set(error, STATUS_BAD_INPUT, "the saved state is cut short: %zu bytes", size);
    memcpy(&found, state, sizeof found);
    const struct state_seal wanted = seal_for(state, size, kind);
    if (memcmp(found.kind, wanted.kind, sizeof found.kind) != 0)
        return error_set(error, STATUS_BAD_INPUT, "the saved state is not one of %s", kind);
    if (found.size != wanted.size)
        return error_set(error, STATUS_BAD_INPUT,
                         "the saved state has %zu bytes where %llu were written", size,
                         (unsigned long long)found.size);
    if (found.checksum != wanted.checksum)
        return error_set(error, STATUS_BAD_INPUT, "the saved state is damaged");
    return STATUS_OK;
}
