/*
 * An environment's fields, for environment.c, which plays it, and saved_state.c, which saves it and
 * goes on from a saved state. Private to the env room; other rooms use env.h.
 */
#ifndef ASYNCRL_ENV_ENVIRONMENT_H
#define ASYNCRL_ENV_ENVIRONMENT_H

#include "env/observation.h"
#include "env/reward.h"

struct environment {
    struct emulator *emulator;
    struct environment_config config;
    struct observer *observer;
    struct rewarder rewarder;
    struct rng rng;
    struct emulator_frame frame; /* the last one played */
    int noop_action;             /* -1: the game has none */
    int executed_action;         /* the action of the last emulator frame */
    int repeated_action;         /* the agent's last action */
    int repeats;                 /* how many times in a row it was chosen */
    int64_t steps;               /* since the game began */
    bool continues;              /* the episode ended with a life, but the game goes on */
};

#endif
