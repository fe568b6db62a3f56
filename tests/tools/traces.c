#include "traces.h"

#include <string.h>

enum { HEAD = 80, NAME = 8, NAME_SIZE = 32 };

const uint64_t trace_digest_start = 0xcbf29ce484222325u;

static uint64_t number_at(const uint8_t *data, int bytes) {
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | data[i];
    return value;
}

/* Names are those of ROM files. */
static bool has_name(const struct trace *trace) {
    const size_t length = strspn(trace->name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return length > 0 && trace->name[length] == '\0';
}

/* True if a trace has records, and each is a reset or one of the game's actions. */
static bool has_playable_actions(const struct trace *trace) {
    for (uint32_t i = 0; i < trace->count; i++)
        if (trace->actions[i] != TRACE_RESET && trace->actions[i] >= trace->action_count)
            return false;
    return trace->count > 0;
}

size_t trace_read(const uint8_t *data, size_t size, struct trace *trace) {
    *trace = (struct trace){0};
    if (size < HEAD || memcmp(data, "ATRACE0", 7) != 0 || data[7] < '1' || data[7] > '2')
        return 0;
    memcpy(trace->name, data + NAME, NAME_SIZE);
    trace->count = (uint32_t)number_at(data + 48, 4);
    trace->width = (int)number_at(data + 52, 2);
    trace->height = (int)number_at(data + 54, 2);
    trace->action_count = (int)number_at(data + 56, 2);
    trace->block = (uint32_t)number_at(data + 76, 4);
    const size_t n = trace->count;
    const bool has_blocks = data[7] == '2';
    if (has_blocks != (trace->block > 0))
        return 0;
    const size_t digests = has_blocks ? (n + trace->block - 1) / trace->block : 0;
    const size_t whole = HEAD + n + (has_blocks ? 8 * digests : 25 * n);
    if (whole > size)
        return 0;
    trace->actions = data + HEAD;
    trace->digests = trace->actions + n;
    trace->flags = trace->actions + n;
    trace->lives = trace->flags + n;
    trace->rewards = trace->lives + 4 * n;
    trace->ram = trace->rewards + 4 * n;
    trace->screens = trace->ram + 8 * n;
    return has_name(trace) && has_playable_actions(trace) ? whole : 0;
}

struct answer trace_answer(const struct trace *trace, uint32_t record) {
    return (struct answer){
        .game_over = trace->flags[record] & 1,
        .lives = (int32_t)number_at(trace->lives + 4 * (size_t)record, 4),
        .reward = (int32_t)number_at(trace->rewards + 4 * (size_t)record, 4),
        .ram = number_at(trace->ram + 8 * (size_t)record, 8),
        .screen = number_at(trace->screens + 8 * (size_t)record, 8),
    };
}

static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

uint64_t trace_hash(const uint8_t *data, size_t size) {
    uint64_t hash = trace_digest_start;
    for (size_t i = 0; i < size; i += 8)
        hash = mix(hash, number_at(data + i, 8));
    return hash;
}

uint64_t trace_digest(uint64_t digest, uint8_t action, const struct answer *answer) {
    const uint64_t flags = answer->game_over;
    digest = mix(digest, action | flags << 8 | ((uint64_t)answer->lives & 0xffff) << 16 |
                             ((uint64_t)answer->reward & 0xffffffff) << 32);
    return mix(mix(digest, answer->ram), answer->screen);
}

bool trace_has_digest(const struct trace *trace, uint32_t record, uint64_t *digest) {
    if (trace->block == 0 || ((record + 1) % trace->block != 0 && record + 1 != trace->count))
        return false;
    *digest = number_at(trace->digests + 8 * (size_t)(record / trace->block), 8);
    return true;
}
