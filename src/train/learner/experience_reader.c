#include "train/learner/experience_reader.h"

void experience_open(struct experience_reader *reader, struct run *run) {
    *reader = (struct experience_reader){.run = run, .backlog.layout = &run->layout};
}

void experience_close(struct experience_reader *reader) {
    backlog_close(&reader->backlog);
}

/* ---- Rings ----------------------------------------------------------------------------------- */

static void pass_turn(struct experience_reader *reader) {
    reader->ring = (reader->ring + 1) % reader->run->transport->actors;
    reader->turn = 0;
}

/* Transitions in a round of the actors behind a ring: one, or all of another rank. */
static int64_t turn_steps(const struct experience_reader *reader) {
    const struct run *run = reader->run;
    return reader->ring < run->metrics->actor_count ? run_turn_steps(run)
                                                    : run_own_round_steps(run);
}

struct segment *experience_peek(struct experience_reader *reader) {
    struct run *run = reader->run;
    if (run_in_rounds(run))
        return transport_peek(run->transport, reader->ring);
    for (int i = 0; i < run->transport->actors; i++) {
        struct segment *segment = transport_peek(run->transport, reader->ring);
        if (segment)
            return segment;
        pass_turn(reader);
    }
    return NULL;
}

void experience_release(struct experience_reader *reader, const struct segment *segment) {
    const struct run *run = reader->run;
    reader->turn += segment->length;
    transport_release(run->transport, reader->ring);
    if (run_in_rounds(run) && reader->turn < turn_steps(reader))
        return;
    if (run_in_rounds(run))
        reader->taken -= reader->turn - turn_steps(reader);
    pass_turn(reader);
}

enum status experience_fill_backlog(struct experience_reader *reader, struct error *error) {
    struct segment *segment;
    while ((segment = experience_peek(reader))) {
        const enum status status = backlog_push(&reader->backlog, segment, error);
        if (status != STATUS_OK)
            return status;
        experience_release(reader, segment);
    }
    return STATUS_OK;
}

/* ---- Both ------------------------------------------------------------------------------------ */

enum status experience_read(struct experience_reader *reader, struct batch *batch, int *moved,
                            struct error *error) {
    const bool from_backlog = reader->backlog.read < reader->backlog.size;
    struct segment *segment =
        from_backlog ? backlog_peek(&reader->backlog) : experience_peek(reader);
    *moved = 0;
    if (!segment && from_backlog)
        return error_set(error, STATUS_FAILED, "out of memory for segments of a checkpoint");
    if (!segment)
        return STATUS_OK;
    *moved = batch_add(batch, segment, reader->next_step);
    reader->next_step += *moved;
    reader->taken += *moved;
    if (reader->next_step < segment->length)
        return STATUS_OK;
    reader->next_step = 0;
    if (from_backlog)
        backlog_release(&reader->backlog);
    else
        experience_release(reader, segment);
    return STATUS_OK;
}
