/* The rewards that are learned from: scaled, clipped, or made anew of how far the player came; and
 * whether that was to the flag. Belongs to one environment. */
#ifndef ASYNCRL_ENV_REWARD_H
#define ASYNCRL_ENV_REWARD_H

#include "env/env.h"

/* How far the player came; saved as it is, no padding. */
struct progress {
    double farthest; /* x_pos in this place */
    double place;    /* world and stage in one number */
};

struct rewarder {
    enum reward_rule rule;
    double scale;
    struct progress progress;
    double *details; /* (the game's detail_count); NULL where it has none */
    int x, flag;     /* which of them; -1: the game does not tell */
    int world, stage;
};

/* A rule that needs what the game does not tell is STATUS_BAD_INPUT. */
enum status rewarder_check(enum reward_rule rule, double scale, const struct emulator_info *info,
                           struct error *error);

/* After a check that went well; rewarder_close frees it. */
enum status rewarder_open(struct rewarder *rewarder, enum reward_rule rule, double scale,
                          const struct emulator_info *info, struct error *error);
void rewarder_close(struct rewarder *rewarder);

/* A game, or what follows a lost life, begins as the emulator stands now. */
void rewarder_begin(struct rewarder *rewarder, const struct emulator *emulator);

/* Whether the flag was reached; FLAG_UNTOLD of a game that has none. */
int rewarder_flag(struct rewarder *rewarder, const struct emulator *emulator);

/* The reward of a step that the emulator has played; died: a life was lost, or the game. */
float rewarder_step(struct rewarder *rewarder, const struct emulator *emulator, double raw,
                    bool died);

#endif
