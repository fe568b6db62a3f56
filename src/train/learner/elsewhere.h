/*
 * Actors elsewhere: the learner's side of ranks that only play (--learners). Their segments come by
 * MPI into rings of the learner's own transport, one ring for each such rank, after those of its
 * actors; weights and words go back whenever they have changed. Inside of the train room; the
 * learner's.
 *
 * A rank that plays has one packet on its way at a time, and the next one only follows when the
 * ring has taken this one, so that a slow learner holds up all actors alike.
 */
#ifndef ASYNCRL_TRAIN_LEARNER_ELSEWHERE_H
#define ASYNCRL_TRAIN_LEARNER_ELSEWHERE_H

#include "base/base.h"

#include <stdbool.h>

struct learner;
struct elsewhere;

/* After together_join. *opened is NULL if no rank only plays for this learner; the functions below
 * then do nothing. */
enum status elsewhere_open(struct learner *learner, struct elsewhere **opened, struct error *error);
void elsewhere_close(struct elsewhere *elsewhere);

/* Takes what has come and sends what is new, without waiting; false if a rank cannot be reached. */
bool elsewhere_move(struct elsewhere *elsewhere);

/* Waits until the news that elsewhere_move would send can be sent. In rounds no news may be left
 * out, so call it before a round is opened. */
bool elsewhere_catch_up(struct elsewhere *elsewhere);

/* The limit of the learner's sleep: no push to a ring wakes it when something comes. */
double elsewhere_rest(const struct elsewhere *elsewhere, double seconds);

/* Tells these ranks that the run ends, and waits until they have left. */
enum status elsewhere_end(struct elsewhere *elsewhere, struct error *error);

#endif
