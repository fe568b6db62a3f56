#include "rollout/rollout.h"

#include <string.h>

/* Arrays start on 64-byte lines, so that vector loads of every size are aligned. */
static size_t padded(size_t bytes) {
    return (bytes + 63) & ~(size_t)63;
}

static bool is_in_segment(enum step_field_kind kind) {
    return kind == FIELD_STEP || kind == FIELD_ACTOR;
}

static size_t element_bytes(const struct step_layout *layout, const struct step_field *field) {
    switch (field->kind) {
    case FIELD_NEXT:
    case FIELD_CUT_NEXT:
        return layout->fields[field->source].bytes;
    case FIELD_TERMINATED:
    case FIELD_CUT:
        return sizeof(bool);
    case FIELD_STEP:
    case FIELD_ACTOR:
    case FIELD_UPDATE:
        break;
    }
    return field->bytes > 0 ? field->bytes : layout->observation_bytes;
}

static int add_field(struct step_layout *layout, struct step_field added,
                     const struct step_sizes *sizes) {
    const int index = layout->field_count++;
    struct step_field *field = &layout->fields[index];
    *field = added;
    if (index == STEP_ACTION && sizes->action > 0)
        field->bytes = sizes->action;
    field->bytes = element_bytes(layout, field);
    if (!is_in_segment(field->kind))
        return index;
    layout->offsets[index] = layout->segment_bytes;
    layout->strides[index] = index == STEP_OBSERVATION ? sizes->news : field->bytes;
    layout->segment_bytes += padded(segment_used_bytes(layout, index, layout->max_steps));
    return index;
}

static void add_state(struct step_layout *layout, const struct step_sizes *sizes, bool has_cuts) {
    const struct step_field state = {"states", FIELD_STEP, .bytes = sizes->state, .has_next = true};
    const struct step_field start = {"starts", FIELD_STEP, .bytes = sizeof(uint8_t)};
    layout->state_field = add_field(layout, state, sizes);
    layout->start_field = add_field(layout, start, sizes);
    const struct step_field cut = {"cut_states", FIELD_CUT_NEXT, .source = layout->state_field};
    if (has_cuts)
        layout->cut_state_field = add_field(layout, cut, sizes);
}

void step_layout_make(struct step_layout *layout, const struct step_field *fields, int max_steps,
                      const struct step_sizes *sizes) {
    bool has_cuts = false;
    *layout = (struct step_layout){
        .max_steps = max_steps,
        .observation_bytes = sizes->observation,
        .segment_bytes = padded(sizeof(struct segment)),
    };
    for (int i = 0; i < STEP_MAX_FIELDS && fields[i].name; i++) {
        add_field(layout, fields[i], sizes);
        has_cuts = has_cuts || fields[i].kind == FIELD_CUT;
    }
    if (sizes->state > 0)
        add_state(layout, sizes, has_cuts);
}

size_t segment_used_bytes(const struct step_layout *layout, int field, int length) {
    const size_t elements = (size_t)length + layout->fields[field].has_next;
    if (layout->offsets[field] == 0 || elements == 0)
        return 0;
    return (elements - 1) * layout->strides[field] + layout->fields[field].bytes;
}

void segment_copy(struct segment *to, const struct segment *from,
                  const struct step_layout *layout) {
    *to = *from;
    for (int i = 0; i < layout->field_count; i++)
        memcpy(segment_at(to, layout, i, 0), (const char *)from + layout->offsets[i],
               segment_used_bytes(layout, i, from->length));
}

size_t segment_flat_bytes(const struct step_layout *layout, int length) {
    size_t bytes = 0;
    for (int i = 0; i < layout->field_count; i++)
        bytes += segment_used_bytes(layout, i, length);
    return bytes;
}

void segment_flatten(uint8_t *to, const struct segment *segment, const struct step_layout *layout) {
    for (int i = 0; i < layout->field_count; i++) {
        const size_t bytes = segment_used_bytes(layout, i, segment->length);
        memcpy(to, (const char *)segment + layout->offsets[i], bytes);
        to += bytes;
    }
}

void segment_unflatten(struct segment *segment, const uint8_t *from,
                       const struct step_layout *layout) {
    for (int i = 0; i < layout->field_count; i++) {
        const size_t bytes = segment_used_bytes(layout, i, segment->length);
        memcpy(segment_at(segment, layout, i, 0), from, bytes);
        from += bytes;
    }
}
