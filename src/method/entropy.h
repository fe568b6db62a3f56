/* The weight of the entropy, which may fall. Private to the method room. */
#ifndef ASYNCRL_METHOD_ENTROPY_H
#define ASYNCRL_METHOD_ENTROPY_H

#include "method/method.h"

/* A method lists an option of its own for coef. */
struct entropy {
    double coef;
    double final;  /* -1: the weight does not fall */
    int64_t decay; /* agent steps over which it falls to final; 0: the whole run */
};

extern const struct option entropy_options[];

/* The weight in the trainer's present update. */
float entropy_weight(const struct entropy *entropy, const struct trainer *trainer);

#endif
