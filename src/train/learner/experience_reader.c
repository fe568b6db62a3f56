#include "train/learner/experience_reader.h"

#include <stdlib.h>
#include <string.h>

void experience_close(struct experience_reader *reader) {
    free(reader->backlog);
}

/* ---- Backlog --------------------------------------------------------------------------------- */

static char *backlog_at(const struct experience_reader *reader, size_t index) {
    return reader->backlog + index * reader->run->layout.segment_bytes;
}

char *experience_backlog(const struct experience_reader *reader, size_t *count) {
    *count = reader->backlog_count - reader->backlog_read;
    return backlog_at(reader, reader->backlog_read);
}

static enum status reserve_backlog(struct experience_reader *reader, size_t count,
                                   struct error *error) {
    if (count <= reader->backlog_capacity)
        return STATUS_OK;
    const size_t capacity = count + reader->backlog_capacity;
    char *backlog = realloc(reader->backlog, capacity * reader->run->layout.segment_bytes);
    if (!backlog)
        return error_set(error, STATUS_FAILED, "out of memory");
    reader->backlog = backlog;
    reader->backlog_capacity = capacity;
    return STATUS_OK;
}

static enum status append_backlog(struct experience_reader *reader, const void *segments,
                                  size_t count, struct error *error) {
    if (reader->backlog_read == reader->backlog_count)
        reader->backlog_read = reader->backlog_count = 0;
    const enum status status = reserve_backlog(reader, reader->backlog_count + count, error);
    if (status != STATUS_OK)
        return status;
    memcpy(backlog_at(reader, reader->backlog_count), segments,
           count * reader->run->layout.segment_bytes);
    reader->backlog_count += count;
    return STATUS_OK;
}

enum status experience_restore_backlog(struct experience_reader *reader, const char *segments,
                                       size_t count, struct error *error) {
    return count > 0 ? append_backlog(reader, segments, count, error) : STATUS_OK;
}

/* ---- Rings ----------------------------------------------------------------------------------- */

static void pass_turn(struct experience_reader *reader) {
    reader->ring = (reader->ring + 1) % reader->run->metrics->actor_count;
    reader->turn = 0;
}

/* The segment in the rings that is to be read next; NULL when it is not there yet. */
static struct segment *peek_rings(struct experience_reader *reader) {
    struct run *run = reader->run;
    if (run_in_rounds(run))
        return ring_peek(run->rings[reader->ring]);
    for (int i = 0; i < run->metrics->actor_count; i++) {
        struct segment *segment = ring_peek(run->rings[reader->ring]);
        if (segment)
            return segment;
        pass_turn(reader);
    }
    return NULL;
}

/* Gives the segment that peek_rings answered back to its ring. */
static void release_segment(struct experience_reader *reader, const struct segment *segment) {
    const struct run *run = reader->run;
    reader->turn += segment->length;
    ring_release(run->rings[reader->ring]);
    if (run_in_rounds(run) && reader->turn < run_turn_steps(run))
        return;
    if (run_in_rounds(run))
        reader->taken -= reader->turn - run_turn_steps(run);
    pass_turn(reader);
}

enum status experience_fill_backlog(struct experience_reader *reader, struct error *error) {
    struct segment *segment;
    while ((segment = peek_rings(reader))) {
        const enum status status = append_backlog(reader, segment, 1, error);
        if (status != STATUS_OK)
            return status;
        release_segment(reader, segment);
    }
    return STATUS_OK;
}

/* ---- Both ------------------------------------------------------------------------------------ */

int experience_read(struct experience_reader *reader, struct batch *batch) {
    const bool from_backlog = reader->backlog_read < reader->backlog_count;
    struct segment *segment =
        from_backlog ? (struct segment *)(void *)backlog_at(reader, reader->backlog_read)
                     : peek_rings(reader);
    if (!segment)
        return 0;
    const int moved = batch_add(batch, segment, reader->next_step);
    reader->next_step += moved;
    reader->taken += moved;
    if (reader->next_step < segment->length)
        return moved;
    reader->next_step = 0;
    if (from_backlog)
        reader->backlog_read++;
    else
        release_segment(reader, segment);
    return moved;
}
