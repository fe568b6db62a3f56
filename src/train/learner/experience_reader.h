/*
 * The order in which the learner reads experience. Inside of the train room; the learner's.
 *
 * Rings are read in turn. A run that is not in rounds takes a segment from each ring that has one.
 * A run in rounds takes an actor's whole round, waiting for it if it must, before it turns to the
 * next actor, so that the order is always the same. A replacement of a dead actor plays that
 * actor's round from the beginning, so the round may have more steps than are counted. Behind the
 * actors' rings come those of other ranks, each with the rounds of that rank's actors.
 *
 * The backlog holds segments that were taken out of the rings early, for a checkpoint; they are
 * read before the rings.
 */
#ifndef ASYNCRL_TRAIN_LEARNER_EXPERIENCE_READER_H
#define ASYNCRL_TRAIN_LEARNER_EXPERIENCE_READER_H

#include "train/run.h"

struct experience_reader {
    struct run *run;
    int64_t taken;     /* transitions moved to batches so far, in rounds without surplus ones */
    int32_t next_step; /* the first step of the oldest segment that no batch has yet */
    int ring;          /* the ring whose turn it is */
    int64_t turn;      /* in rounds: transitions read from it in this turn */
    struct backlog backlog;
};

/* run: stays the caller's; its layout is made. */
void experience_open(struct experience_reader *reader, struct run *run);
void experience_close(struct experience_reader *reader);

/*
 * Moves transitions of the oldest segment to the batch, until the segment ends or the batch is
 * full. *moved is their number, 0 when there are none or the batch was full. Fails if memory runs
 * out.
 */
enum status experience_read(struct experience_reader *reader, struct batch *batch, int *moved,
                            struct error *error);

/* The oldest segment in the rings, whole, until experience_release; NULL: it has not arrived yet.
 */
struct segment *experience_peek(struct experience_reader *reader);
void experience_release(struct experience_reader *reader, const struct segment *segment);

/* Moves all segments in the rings to the backlog. A segment stays in its ring if there is no memory
 * for it. */
enum status experience_fill_backlog(struct experience_reader *reader, struct error *error);

#endif
