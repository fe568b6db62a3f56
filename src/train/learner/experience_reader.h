/*
 * The order in which the learner reads experience. Inside of the train room; the learner's.
 *
 * Rings are read in turn. A run that is not in rounds takes a segment from each ring that has one.
 * A run in rounds takes an actor's whole round, waiting for it if it must, before it turns to the
 * next actor, so that the order is always the same. An actor that replaces a dead one plays that
 * one's round from its beginning, so that there may be more of it than is counted.
 *
 * The backlog holds segments that were taken out of the rings before their time, for a checkpoint;
 * they are read before the rings are.
 */
#ifndef ASYNCRL_TRAIN_LEARNER_EXPERIENCE_READER_H
#define ASYNCRL_TRAIN_LEARNER_EXPERIENCE_READER_H

#include "train/run.h"

struct experience_reader {
    struct run *run;
    int64_t taken;     /* transitions moved to batches so far, in rounds without surplus ones */
    int32_t next_step; /* the first step of the oldest segment that no batch has yet */
    int ring;          /* the one whose turn it is */
    int64_t turn;      /* in rounds: transitions read from it in this turn */
    struct backlog backlog;
};

/* run: stays the caller's; its layout is made. */
void experience_open(struct experience_reader *reader, struct run *run);
void experience_close(struct experience_reader *reader);

/*
 * Moves transitions of the oldest segment to the batch, until one of them ends. *moved is how many,
 * 0 when there are none or the batch is full. Fails if memory runs out.
 */
enum status experience_read(struct experience_reader *reader, struct batch *batch, int *moved,
                            struct error *error);

/* Moves all segments in the rings to the backlog. A segment stays in its ring if there is no memory
 * for it. */
enum status experience_fill_backlog(struct experience_reader *reader, struct error *error);

#endif
