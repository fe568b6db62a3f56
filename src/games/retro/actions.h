/* The actions of a stable-retro game: the buttons of each one, and its name. */
#ifndef ASYNCRL_GAMES_RETRO_ACTIONS_H
#define ASYNCRL_GAMES_RETRO_ACTIONS_H

#include "games/buttons.h"
#include "games/retro/system.h"

/*
 * Lists the actions that a user names, as buttons_settle writes them; with "" or "discrete" all
 * combos. STATUS_BAD_INPUT: the system lacks an action, or there are too many combinations. The
 * caller frees *actions with button_actions_free, also after a failure.
 */
enum status retro_actions_choose(const char *choice, const struct retro_system *system,
                                 const struct retro_combos *combos, struct button_actions *actions,
                                 struct error *error);

#endif
