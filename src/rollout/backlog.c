#include "rollout/rollout.h"

#include <stdlib.h>
#include <string.h>

/* The header of a segment's packed arrays. */
struct record {
    struct segment head;
    uint64_t packed_bytes; /* of the arrays that follow */
};

/* ---- Memory ---------------------------------------------------------------------------------- */

static bool open_scratch(struct backlog *backlog) {
    if (!backlog->scratch)
        backlog->scratch = malloc(segment_flat_bytes(backlog->layout, backlog->layout->max_steps));
    if (!backlog->oldest)
        backlog->oldest = calloc(1, backlog->layout->segment_bytes);
    return backlog->scratch && backlog->oldest;
}

/* A large backlog grows in relatively small steps, so it asks for little more than needed. */
static enum status reserve(struct backlog *backlog, size_t more, struct error *error) {
    static const size_t largest_step = (size_t)64 << 20;
    const size_t wanted = backlog->size + more;
    if (wanted <= backlog->capacity)
        return STATUS_OK;
    const size_t capacity =
        wanted + (backlog->capacity < largest_step ? backlog->capacity : largest_step);
    if (capacity - backlog->size > memory_available())
        return error_set(error, STATUS_FAILED, "out of memory for segments of a checkpoint");
    uint8_t *records = realloc(backlog->records, capacity);
    if (!records)
        return error_set(error, STATUS_FAILED, "out of memory for segments of a checkpoint");
    backlog->records = records;
    backlog->capacity = capacity;
    return STATUS_OK;
}

void backlog_close(struct backlog *backlog) {
    free(backlog->records);
    free(backlog->oldest);
    free(backlog->scratch);
    *backlog = (struct backlog){.layout = backlog->layout};
}

/* ---- Segments -------------------------------------------------------------------------------- */

enum status backlog_push(struct backlog *backlog, const struct segment *segment,
                         struct error *error) {
    const size_t flat = segment_flat_bytes(backlog->layout, segment->length);
    const enum status status = reserve(backlog, sizeof(struct record) + deflate_bound(flat), error);
    if (status != STATUS_OK)
        return status;
    if (!open_scratch(backlog))
        return error_set(error, STATUS_FAILED, "out of memory for segments of a checkpoint");
    uint8_t *to = backlog->records + backlog->size;
    segment_flatten(backlog->scratch, segment, backlog->layout);
    const struct record record = {
        .head = *segment,
        .packed_bytes = deflate_pack(to + sizeof record, backlog->scratch, flat),
    };
    if (record.packed_bytes == 0)
        return error_set(error, STATUS_FAILED, "out of memory for segments of a checkpoint");
    memcpy(to, &record, sizeof record);
    backlog->size += sizeof record + record.packed_bytes;
    return STATUS_OK;
}

/* Unpacks the record at a position; false if it is damaged. *end: the start of the next one. */
static bool unpack_record(const struct backlog *backlog, size_t position, size_t *end) {
    struct record record;
    struct segment *segment = backlog->oldest;
    if (backlog->size - position < sizeof record)
        return false;
    memcpy(&record, backlog->records + position, sizeof record);
    position += sizeof record;
    if (record.packed_bytes > backlog->size - position || record.head.length < 1 ||
        record.head.length > backlog->layout->max_steps)
        return false;
    *segment = record.head;
    if (!deflate_unpack(backlog->scratch, segment_flat_bytes(backlog->layout, segment->length),
                        backlog->records + position, record.packed_bytes))
        return false;
    segment_unflatten(segment, backlog->scratch, backlog->layout);
    *end = position + record.packed_bytes;
    return true;
}

struct segment *backlog_peek(struct backlog *backlog) {
    size_t end;
    if (!backlog->is_open)
        backlog->is_open =
            backlog->read < backlog->size && unpack_record(backlog, backlog->read, &end);
    return backlog->is_open ? backlog->oldest : NULL;
}

void backlog_release(struct backlog *backlog) {
    struct record record;
    memcpy(&record, backlog->records + backlog->read, sizeof record);
    backlog->read += sizeof record + record.packed_bytes;
    backlog->is_open = false;
    if (backlog->read == backlog->size)
        backlog_close(backlog);
}

const uint8_t *backlog_bytes(const struct backlog *backlog, size_t *size) {
    *size = backlog->size - backlog->read;
    return *size > 0 ? backlog->records + backlog->read : NULL;
}

enum status backlog_restore(struct backlog *backlog, uint8_t *bytes, size_t size,
                            struct error *error) {
    backlog->records = bytes;
    backlog->size = backlog->capacity = size;
    if (!open_scratch(backlog))
        return error_set(error, STATUS_FAILED, "out of memory for segments of a checkpoint");
    for (size_t position = 0; position < size;)
        if (!unpack_record(backlog, position, &position))
            return error_set(error, STATUS_BAD_INPUT,
                             "the checkpoint makes no sense: its segments are damaged");
    if (size == 0)
        backlog_close(backlog);
    return STATUS_OK;
}

size_t backlog_bound(const struct step_layout *layout, int64_t steps) {
    return (size_t)steps * (sizeof(struct record) + deflate_bound(segment_flat_bytes(layout, 1)));
}
