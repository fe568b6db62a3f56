/* Epsilon-greedy actors: how often they try a random action. Inside of the method room. */
#ifndef ASYNCRL_METHOD_EXPLORATION_H
#define ASYNCRL_METHOD_EXPLORATION_H

#include "base/base.h"

#include <stdint.h>

struct exploration {
    char eps_final[OPTION_TEXT_SIZE]; /* "0.1,0.01,0.5": actor i takes the one at i mod 3 */
    int64_t eps_decay;                /* agent steps over which epsilon falls from 1 to that */
};

extern const struct option exploration_options[];

/* eps_final of any other kind is STATUS_BAD_INPUT. */
enum status exploration_check(const struct exploration *exploration, struct error *error);

/* The chance of a random action; of settings that were checked. */
double exploration_epsilon(const struct exploration *exploration, int actor, int64_t steps);

#endif
