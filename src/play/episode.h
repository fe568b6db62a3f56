/* One game of an agent at a time, score and all: what the player and the evaluator share. */
#ifndef ASYNCRL_PLAY_EPISODE_H
#define ASYNCRL_PLAY_EPISODE_H

#include "agent/agent.h"

/* A table for one agent and one game; fields are for reading. */
struct episode {
    struct agent *agent;
    struct environment *environment;
    uint8_t *observation;
    struct rng rng; /* the agent's own choices */
    double eps;
    double score;  /* raw rewards so far */
    int64_t steps; /* agent frames so far */
    bool over;
};

/* Opens agent and game; data_dir as in game_open_emulator. Close it also when this fails. */
enum status episode_open(struct episode *episode, const struct agent_request *request,
                         const char *data_dir, double eps, struct error *error);

/* Starts the game number index, which depends on (seed, index) alone. */
void episode_start(struct episode *episode, uint64_t seed, uint64_t index);

/* Plays one step of a game that is not over. Where the step failed, nothing more can be played:
 * episode_failure. */
struct environment_step episode_step(struct episode *episode);

/* STATUS_FAILED with the reason why the game broke down; STATUS_OK where it has not. */
enum status episode_failure(const struct episode *episode, struct error *error);

void episode_close(struct episode *episode);

#endif
