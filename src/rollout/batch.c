#include "rollout/rollout.h"

#include <stdlib.h>
#include <string.h>

enum status batch_create(struct batch *batch, const struct step_layout *layout, int capacity,
                         struct error *error) {
    *batch = (struct batch){.layout = layout, .capacity = capacity};
    for (int i = 0; i < layout->field_count; i++) {
        if (layout->fields[i].kind == FIELD_ACTOR)
            continue;
        batch->arrays[i] = calloc((size_t)capacity, layout->fields[i].bytes);
        if (!batch->arrays[i])
            return error_set(error, STATUS_FAILED, "out of memory");
    }
    return STATUS_OK;
}

void batch_destroy(struct batch *batch) {
    for (int i = 0; i < STEP_MAX_FIELDS; i++)
        free(batch->arrays[i]);
}

void batch_clear(struct batch *batch) {
    batch->count = 0;
    batch->cut_count = 0;
}

static uint8_t *element(const struct batch *batch, int field, int row) {
    return batch_bytes(batch, field) + (size_t)row * batch->layout->fields[field].bytes;
}

/* The end of the last added step. */
struct run_end {
    bool is_terminated;
    bool is_cut;
};

/* Copies count elements of a segment's field, from first on. */
static void copy_steps(uint8_t *to, const struct step_layout *layout, int field,
                       struct segment *segment, int first, int count) {
    const size_t bytes = layout->fields[field].bytes;
    if (layout->strides[field] == bytes) {
        memcpy(to, segment_at(segment, layout, field, first), (size_t)count * bytes);
        return;
    }
    for (int i = 0; i < count; i++)
        memcpy(to + (size_t)i * bytes, segment_at(segment, layout, field, first + i), bytes);
}

/* Copies count steps of a segment, from first on, into one field of the batch. */
static void add_field(struct batch *batch, int index, struct segment *segment, int first, int count,
                      struct run_end end) {
    const struct step_layout *layout = batch->layout;
    const struct step_field *field = &layout->fields[index];
    uint8_t *to = element(batch, index, batch->count);
    switch (field->kind) {
    case FIELD_STEP:
        copy_steps(to, layout, index, segment, first, count);
        break;
    case FIELD_NEXT:
        copy_steps(to, layout, field->source, segment, first + 1, count);
        break;
    case FIELD_TERMINATED:
        memset(to, 0, (size_t)count);
        to[count - 1] = end.is_terminated;
        break;
    case FIELD_CUT:
        memset(to, 0, (size_t)count);
        to[count - 1] = end.is_cut;
        break;
    case FIELD_CUT_NEXT:
        if (end.is_cut)
            memcpy(element(batch, index, batch->cut_count),
                   segment_at(segment, layout, field->source, first + count), field->bytes);
        break;
    case FIELD_ACTOR:
    case FIELD_UPDATE:
        break;
    }
}

int batch_add(struct batch *batch, struct segment *segment, int first) {
    const int room = batch->capacity - batch->count;
    const int left = segment->length - first;
    const int count = left < room ? left : room;
    if (count <= 0)
        return 0;
    const bool is_terminated = count == left && segment->end == SEGMENT_TERMINATED;
    const struct run_end end = {is_terminated, !is_terminated};
    for (int i = 0; i < batch->layout->field_count; i++)
        add_field(batch, i, segment, first, count, end);
    batch->count += count;
    batch->cut_count += end.is_cut;
    return count;
}

void batch_gather(struct batch *batch, const struct batch *from, const int32_t *rows, int count) {
    for (int i = 0; i < batch->layout->field_count; i++) {
        const struct step_field *field = &batch->layout->fields[i];
        if (field->kind == FIELD_ACTOR || field->kind == FIELD_CUT_NEXT)
            continue;
        for (int k = 0; k < count; k++)
            memcpy(element(batch, i, k), element(from, i, rows[k]), field->bytes);
    }
    batch->count = count;
    batch->cut_count = 0;
}

static int count_cuts(const struct batch *batch) {
    int cuts = 0;
    for (int i = 0; i < batch->layout->field_count; i++)
        for (int k = 0; batch->layout->fields[i].kind == FIELD_CUT && k < batch->count; k++)
            cuts += batch_bytes(batch, i)[k] != 0;
    return cuts;
}

void batch_count_cuts(struct batch *batch) {
    batch->cut_count = count_cuts(batch);
}

bool batch_keeps(const struct batch *batch, int field) {
    const enum step_field_kind kind = batch->layout->fields[field].kind;
    return kind != FIELD_ACTOR && kind != FIELD_UPDATE;
}

int batch_elements(const struct batch *batch, int field) {
    const bool is_of_cuts = batch->layout->fields[field].kind == FIELD_CUT_NEXT;
    return is_of_cuts ? count_cuts(batch) : batch->count;
}
