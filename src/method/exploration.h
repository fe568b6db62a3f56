/* Epsilon-greedy actors: the chance of a random action. Private to the method room. */
#ifndef ASYNCRL_METHOD_EXPLORATION_H
#define ASYNCRL_METHOD_EXPLORATION_H

#include "method/method.h"

struct exploration {
    char eps_final[OPTION_TEXT_SIZE]; /* "0.1,0.01,0.5": actor i takes the one at i mod 3 */
    int64_t eps_decay; /* agent steps over which epsilon falls from 1 to its final value; 0: a tenth
                          of the run */
};

extern const struct option exploration_options[];

/* STATUS_BAD_INPUT if eps_final is not such a list. */
enum status exploration_check(const struct exploration *exploration, struct error *error);

/* The chance of a random action; exploration: of config, and it must have passed the check. */
double exploration_epsilon(const struct method_config *config,
                           const struct exploration *exploration, int actor, int64_t steps);

#endif
