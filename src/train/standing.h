/* How well games went, which decides what weights a run keeps as its best. Inside of the train
 * room. */
#ifndef ASYNCRL_TRAIN_STANDING_H
#define ASYNCRL_TRAIN_STANDING_H

#include <float.h>
#include <stdbool.h>

struct standing {
    double score;     /* mean of the games; -DBL_MAX: no games */
    double flag_rate; /* share of them that reached their goal; -1: they have none, or no games */
};

#define STANDING_OF_NO_GAMES                                                                       \
    (struct standing) {                                                                            \
        .score = -DBL_MAX, .flag_rate = -1                                                         \
    }

/* A flag is worth more than any score. */
static inline bool standing_is_better(const struct standing *a, const struct standing *b) {
    return a->flag_rate != b->flag_rate ? a->flag_rate > b->flag_rate : a->score > b->score;
}

#endif
