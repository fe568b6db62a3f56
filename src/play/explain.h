/*
 * What goes on in an agent while it plays, drawn over and beside the game: what each action is
 * worth to it, what it expects of the state, and on which parts of the screen that depends.
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
 * Draws the episode's newest screen, rgb (height, width, 3), and what the agent makes of it. Where
 * the game goes on, that decides what it plays next (episode_decide). The picture is the
 * explanation's own, and always of one size.
 */
const struct picture *explanation_draw(struct explanation *explanation, const uint8_t *rgb);

/* The size of what explanation_draw draws; its pixels are not said. */
const struct picture *explanation_picture(const struct explanation *explanation);

/*
 * Of count actions the wanted ones to show are the chosen one (-1: none) and those with the
 * greatest values, of equal ones the first. Returns the last of these.
 */
int explanation_least(const float *values, int count, int chosen, int wanted);

/* NULL is ignored. */
void explanation_destroy(struct explanation *explanation);

#endif
