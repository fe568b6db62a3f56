/*
 * Draws an agent's view over and beside the game: the value or probability of each action, the
 * value of the state, and the parts of the screen that these depend on.
 */
#ifndef ASYNCRL_PLAY_EXPLAIN_H
#define ASYNCRL_PLAY_EXPLAIN_H

#include "agent/agent.h"
#include "media/media.h"

struct explanation;

/* The caller destroys *explanation; the episode must outlive it. */
enum status explanation_create(struct episode *episode, struct explanation **explanation,
                               struct error *error);

/*
 * Draws the episode's newest screen, rgb (height, width, 3), with the agent's outputs. If the game
 * goes on, this also decides its next action (episode_decide). The explanation owns the picture,
 * whose size never changes.
 */
const struct picture *explanation_draw(struct explanation *explanation, const uint8_t *rgb);

/* The size of explanation_draw's picture, without pixels. */
const struct picture *explanation_picture(const struct explanation *explanation);

/*
 * Which actions to show if only `wanted` of count fit: the chosen one (-1: none) comes first, then
 * those with the greatest values, the first of equals before others. Returns the last action that
 * fits; -1: none.
 */
int explanation_least(const float *values, int count, int chosen, int wanted);

/* NULL is ignored. */
void explanation_destroy(struct explanation *explanation);

#endif
