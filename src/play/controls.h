/*
 * Maps a person's keys to a game's actions by the actions' names: "LEFT", "UPRIGHTFIRE",
 * "RIGHT+A+B". Pure functions; any process and thread may call them.
 *
 *     struct controls controls;
 *     controls_make(environment_emulator_info(environment), &controls);
 *     window_listen(window, controls.key_names, controls.key_count);
 *     ...
 *     uint32_t order[WINDOW_MAX_KEYS];
 *     window_read_keys(window, order);
 *     environment_act(environment, controls_choose(&controls, order));
 *
 * Directions are the arrow keys, buttons the letters below the left hand; those of consoles are on
 * a game controller, too. A button with an unknown name gets a letter or digit that is left.
 * Actions that are only numbered get the digits; if there are just two of them, also left and
 * right.
 */
#ifndef ASYNCRL_PLAY_CONTROLS_H
#define ASYNCRL_PLAY_CONTROLS_H

#include "games/games.h"
#include "play/window.h"

enum { CONTROLS_MAX_BUTTONS = 20, CONTROLS_MAX_ACTIONS = 4096 };

/* A game's mapping; fields are for reading. */
struct controls {
    const char *key_names[WINDOW_MAX_KEYS]; /* (key_count), as window_listen wants them */
    uint8_t key_buttons[WINDOW_MAX_KEYS];   /* (key_count) the button that a key is */
    int key_count;
    int button_count;
    char buttons[CONTROLS_MAX_BUTTONS][24]; /* their names, as in the actions */
    int action_count;
    int idle_action;                      /* the action played while no key is down */
    uint32_t masks[CONTROLS_MAX_ACTIONS]; /* (action_count) buttons of each action, by their bits */
    struct window_line lines[WINDOW_MAX_LINES]; /* (line_count) the mapping as text */
    int line_count;
};

/* Actions without a key (too many buttons, or numbers past the tenth) are never chosen. */
void controls_make(const struct emulator_info *info, struct controls *controls);

/*
 * Chooses the action that presses the most of the pressed buttons and no others; among equals, the
 * one with the newest button. Of two opposite directions, the newer one counts. order:
 * (key_count), as from window_read_keys.
 */
int controls_choose(const struct controls *controls, const uint32_t *order);

#endif
