/* The rewards that are learned from: scaled, clipped, divided by the deviation of returns, or made
 * anew of how far the player came; and whether that was to the flag. Belongs to one environment. */
#ifndef ASYNCRL_ENV_REWARD_H
#define ASYNCRL_ENV_REWARD_H

#include "env/env.h"

/* How far the player came; saved as it is, no padding. */
struct progress {
    double farthest; /* x_pos in this place */
    double place;    /* world and stage in one number */
};

/*
 * Discounted rewards of the episode so far, and their mean and variance over all steps; saved as
 * it is, no padding. As NormalizeReward of Gymnasium and VecNormalize of Stable-Baselines3 have
 * them, which begin with a count of 1e-4, a mean of 0 and a variance of 1.
 */
struct running_return {
    double discounted;
    double mean;
    double variance;
    double count;
};

/* The scaled reward over the deviation of discounted returns, with this reward's among them, within
 * -10..10. */
double running_return_scale(struct running_return *running, double reward, double gamma);

struct rewarder {
    enum reward_rule rule;
    double scale;
    double gamma; /* of running */
    struct progress progress;
    struct running_return running;
    double *details; /* (the game's detail_count); NULL where it has none */
    int x, flag;     /* which of them; -1: the game does not tell */
    int world, stage;
};

/* A rule that needs what the game does not tell is STATUS_BAD_INPUT. */
enum status rewarder_check(enum reward_rule rule, double scale, const struct emulator_info *info,
                           struct error *error);

/* After a check that went well; rewarder_close frees it. */
enum status rewarder_open(struct rewarder *rewarder, const struct environment_config *config,
                          const struct emulator_info *info, struct error *error);
void rewarder_close(struct rewarder *rewarder);

/* Begins an episode at the emulator's present state: a new game, or the rest of one after a lost
 * life. */
void rewarder_begin(struct rewarder *rewarder, const struct emulator *emulator);

/* Whether the game reached its flag; FLAG_UNTOLD if the game has none. */
int rewarder_flag(struct rewarder *rewarder, const struct emulator *emulator);

/* The reward rule's state, rewarder_state_size bytes. Saved states include it. */
void *rewarder_state(struct rewarder *rewarder);
size_t rewarder_state_size(enum reward_rule rule);

/* The reward of a step that the emulator has played; died: a life was lost, or the game. */
float rewarder_step(struct rewarder *rewarder, const struct emulator *emulator, double raw,
                    bool died);

#endif
