/* Rewards for learning: scaled, clipped, divided by the deviation of returns, or computed from the
 * player's progress; and whether the player reached the flag. Belongs to one environment. */
#ifndef ASYNCRL_ENV_REWARD_H
#define ASYNCRL_ENV_REWARD_H

#include "env/env.h"

/* The player's progress; saved as it is, no padding. */
struct progress {
    double farthest; /* x_pos in this place */
    double place;    /* world and stage in one number */
};

/*
 * Discounted rewards of the episode so far, and their mean and variance over all steps; saved as it
 * is, no padding. As in Gymnasium's NormalizeReward and Stable-Baselines3's VecNormalize, they
 * begin with a count of 1e-4, a mean of 0 and a variance of 1.
 */
struct running_return {
    double discounted;
    double mean;
    double variance;
    double count;
};

/* The scaled reward over the deviation of discounted returns, this one included, within -10..10. */
double running_return_scale(struct running_return *running, double reward, double gamma);

struct rewarder {
    enum reward_rule rule;
    double scale;
    double gamma; /* of running */
    struct progress progress;
    struct running_return running;
    double *details; /* (the game's detail_count); NULL: it has none */
    int x, flag;     /* their indices; -1: the game lacks this one */
    int world, stage;
};

/* STATUS_BAD_INPUT if the rule needs details that the game lacks. */
enum status rewarder_check(enum reward_rule rule, double scale, const struct emulator_info *info,
                           struct error *error);

/* Call it after a successful check; rewarder_close frees it. */
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

/* The reward of the step that the emulator has just played; died: it lost a life or the game. */
float rewarder_step(struct rewarder *rewarder, const struct emulator *emulator, double raw,
                    bool died);

#endif
