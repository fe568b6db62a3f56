/* The work that the learners of several ranks share. Inside of the train room; the learner's. */
#ifndef ASYNCRL_TRAIN_LEARNER_TOGETHER_H
#define ASYNCRL_TRAIN_LEARNER_TOGETHER_H

#include "train/learner/state.h"

/* Joins the other ranks; does nothing if there are none. A sender calls it, too; of learner, that
 * needs run and metrics only. */
enum status together_join(struct learner *learner, struct error *error);

/* Begins a wait for other ranks, or takes note of a sign of life. is_to_train: no batch is being
 * learned from otherwise, so weights may be saved meanwhile. */
void together_begin_wait(struct learner *learner, bool is_to_train);

/* Reports that the learner is alive; returns whether to keep waiting for the other ranks. */
bool together_goes_on(struct learner *learner);

/* Fills the error of a rank that cannot reach the others; STATUS_OK if the run already stops. */
enum status together_complain(const struct learner *learner, struct error *error);

/* Fills in the functions and the array with which the trainer sums gradients, for trainer_request.
 * Call it once; valid until together_leave. */
enum status together_ranks(struct learner *learner, struct trainer_ranks *ranks,
                           struct error *error);

/* Gives all ranks the weights, optimizer state and step count of rank 0; if that resumes exactly,
 * each also gets its share of the checkpoint. */
enum status together_begin(struct learner *learner, struct error *error);

/*
 * For a checkpoint, brings the shares of all ranks to rank 0's learner->shares. parked: STATUS_OK;
 * otherwise error says why this rank has no share. Fails on rank 0 if any rank has none, on another
 * one if it has none itself.
 */
enum status together_collect(struct learner *learner, enum status parked, struct error *error);

/*
 * Called after an update. Notes whether a rank has asked for the run's end, so that all end after
 * the same update, and compares the parameters now and then. Fails if they differ, or if the other
 * ranks cannot be reached.
 */
enum status together_check(struct learner *learner, const struct update *update,
                           struct error *error);

/* Leaves the others. At the run's end, which is the same for all, compares the parameters once more
 * and waits for all to leave. */
enum status together_leave(struct learner *learner, bool is_at_end, struct error *error);

#endif
