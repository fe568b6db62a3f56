#include "train/intake.h"

#include <stdlib.h>
#include <string.h>

void intake_close(struct intake *intake) {
    free(intake->backlog);
}

/* ---- Backlog --------------------------------------------------------------------------------- */

static char *backlog_at(const struct intake *intake, size_t index) {
    return intake->backlog + index * segment_bytes(&intake->run->shape);
}

char *intake_unread(const struct intake *intake, size_t *count) {
    *count = intake->backlog_count - intake->backlog_read;
    return backlog_at(intake, intake->backlog_read);
}

static enum status reserve(struct intake *intake, size_t count, struct error *error) {
    if (count <= intake->backlog_capacity)
        return STATUS_OK;
    const size_t capacity = count + intake->backlog_capacity;
    char *backlog = realloc(intake->backlog, capacity * segment_bytes(&intake->run->shape));
    if (!backlog)
        return error_set(error, STATUS_FAILED, "out of memory");
    intake->backlog = backlog;
    intake->backlog_capacity = capacity;
    return STATUS_OK;
}

static enum status append(struct intake *intake, const void *segments, size_t count,
                          struct error *error) {
    if (intake->backlog_read == intake->backlog_count)
        intake->backlog_read = intake->backlog_count = 0;
    const enum status status = reserve(intake, intake->backlog_count + count, error);
    if (status != STATUS_OK)
        return status;
    memcpy(backlog_at(intake, intake->backlog_count), segments,
           count * segment_bytes(&intake->run->shape));
    intake->backlog_count += count;
    return STATUS_OK;
}

enum status intake_restore(struct intake *intake, const char *segments, size_t count,
                           struct error *error) {
    return count > 0 ? append(intake, segments, count, error) : STATUS_OK;
}

/* ---- Rings ----------------------------------------------------------------------------------- */

static void pass_turn(struct intake *intake) {
    intake->ring = (intake->ring + 1) % intake->run->metrics->actor_count;
    intake->turn = 0;
}

/* The segment in the rings that is to be read next; NULL when it is not there yet. */
static struct segment *peek_rings(struct intake *intake) {
    struct run *run = intake->run;
    if (run->config->deterministic)
        return ring_peek(run->rings[intake->ring]);
    for (int i = 0; i < run->metrics->actor_count; i++) {
        struct segment *segment = ring_peek(run->rings[intake->ring]);
        if (segment)
            return segment;
        pass_turn(intake);
    }
    return NULL;
}

/* Gives the segment that peek_rings answered back to its ring. */
static void release(struct intake *intake, const struct segment *segment) {
    intake->turn += segment->length;
    ring_release(intake->run->rings[intake->ring]);
    if (!intake->run->config->deterministic || intake->turn == run_turn_steps(intake->run))
        pass_turn(intake);
}

enum status intake_drain(struct intake *intake, struct error *error) {
    struct segment *segment;
    while ((segment = peek_rings(intake))) {
        const enum status status = append(intake, segment, 1, error);
        if (status != STATUS_OK)
            return status;
        release(intake, segment);
    }
    return STATUS_OK;
}

/* ---- Both ------------------------------------------------------------------------------------ */

int intake_take(struct intake *intake, struct batch *batch) {
    const bool from_backlog = intake->backlog_read < intake->backlog_count;
    struct segment *segment =
        from_backlog ? (struct segment *)(void *)backlog_at(intake, intake->backlog_read)
                     : peek_rings(intake);
    if (!segment)
        return 0;
    int moved = 0;
    while (intake->next_step < segment->length && !batch_is_full(batch)) {
        batch_add(batch, segment, intake->next_step++);
        moved++;
    }
    intake->taken += moved;
    if (intake->next_step < segment->length)
        return moved;
    intake->next_step = 0;
    if (from_backlog)
        intake->backlog_read++;
    else
        release(intake, segment);
    return moved;
}
