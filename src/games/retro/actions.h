/* The actions of a stable-retro game: the buttons of each one, and its name. */
#ifndef ASYNCRL_GAMES_RETRO_ACTIONS_H
#define ASYNCRL_GAMES_RETRO_ACTIONS_H

#include "games/retro/system.h"

/* All arrays: (count). */
struct retro_actions {
    uint16_t *buttons; /* as a mask: bit b is button b of the system */
    char (*texts)[RETRO_ACTION_SIZE];
    const char **names; /* the texts */
    int count;
};

/*
 * Lists the actions that a user names, "NOOP,LEFT,LEFT+B"; with "" or "discrete" all combos.
 * STATUS_BAD_INPUT: a name is not an action of the system, or there are too many combinations. The
 * caller frees *actions with retro_actions_free, also after a failure.
 */
enum status retro_actions_choose(const char *choice, const struct retro_system *system,
                                 const struct retro_combos *combos, struct retro_actions *actions,
                                 struct error *error);

void retro_actions_free(struct retro_actions *actions);

#endif
