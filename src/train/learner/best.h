/* The best weights of a run, and the score or the rate of flags that ends it. Inside of the train
 * room; the learner's. */
#ifndef ASYNCRL_TRAIN_LEARNER_BEST_H
#define ASYNCRL_TRAIN_LEARNER_BEST_H

#include "train/learner/state.h"

/*
 * Keeps the weights as model-best.h5 if the newest SCORE_WINDOW games went better than ever; at
 * most once in BEST_REST_SECONDS. Ends the run if their mean has reached --stop_score, or the share
 * of flags --stop_flag_rate. Called after each batch.
 */
void learner_watch_scores(struct learner *learner);

#endif
