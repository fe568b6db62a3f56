/* How well games went, which decides what weights a run keeps as its best. Inside of the train
 * room. */
#ifndef ASYNCRL_TRAIN_STANDING_H
#define ASYNCRL_TRAIN_STANDING_H

#include "report/report.h"

#include <float.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>

struct standing {
    double score;     /* mean of the games; -DBL_MAX: no games */
    double flag_rate; /* share of them that reached their goal; -1: they have none, or no games */
};

#define STANDING_OF_NO_GAMES                                                                       \
    (struct standing) {                                                                            \
        .score = -DBL_MAX, .flag_rate = -1                                                         \
    }

/* STANDING_OF_NO_GAMES before SCORE_WINDOW games have ended. */
static inline struct standing standing_of_newest(const struct recent_scores *scores) {
    if (atomic_load_explicit(&scores->games, memory_order_relaxed) < SCORE_WINDOW)
        return STANDING_OF_NO_GAMES;
    const double flag_rate = atomic_load_explicit(&scores->flag_rate, memory_order_relaxed);
    return (struct standing){
        .score = atomic_load_explicit(&scores->mean, memory_order_relaxed),
        .flag_rate = isnan(flag_rate) ? -1 : flag_rate,
    };
}

/* A flag is worth more than any score. */
static inline bool standing_is_better(const struct standing *a, const struct standing *b) {
    return a->flag_rate != b->flag_rate ? a->flag_rate > b->flag_rate : a->score > b->score;
}

/*
 * The standing of weights that were tried in a few games while the newest games of training had
 * another standing: the worse of the two. A few games may go well by luck, and the best of many
 * evaluations nearly always did. The mean of training stands for many updates, the last of which
 * may have made the weights much worse. Without games of training: the standing of the few games.
 */
static inline struct standing standing_of_tried(const struct standing *tried,
                                                const struct standing *training) {
    const bool has_training = training->score > -DBL_MAX;
    return has_training && standing_is_better(tried, training) ? *training : *tried;
}

#endif
