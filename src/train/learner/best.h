/* The best weights of a run, and the score or the rate of flags that ends it. Inside of the train
 * room; the learner's. */
#ifndef ASYNCRL_TRAIN_LEARNER_BEST_H
#define ASYNCRL_TRAIN_LEARNER_BEST_H

#include "train/learner/state.h"

/*
 * Offers the weights to the evaluator, unless that is busy: every --eval_freq steps, or, if that is
 * 0, when the newest SCORE_WINDOW games went better than ever. Their mean alone does not tell
 * whether weights are good: it is of many updates' weights, and a single update can make them much
 * worse for a moment. Ends the run if the mean has reached --stop_score, or the share of flags
 * --stop_flag_rate. Called after each batch; before: the steps at the last call.
 */
void learner_watch_scores(struct learner *learner, int64_t before);

#endif
