/*
 * How a person's keys become a game's actions, as the actions' names tell: "LEFT", "UPRIGHTFIRE",
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
 * Directions are the arrow keys, buttons the letters below the left hand. An action whose name says
 * nothing has a number key of its own, 0 the first; where there are just two of them, left and
 * right as well. Every key has its button of a game controller.
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
    char buttons[CONTROLS_MAX_BUTTONS][24]; /* their names, as actions have them */
    int action_count;
    int idle_action;                      /* what is played while no key says anything */
    uint32_t masks[CONTROLS_MAX_ACTIONS]; /* (action_count) buttons of each action, by their bits */
    struct window_line lines[WINDOW_MAX_LINES]; /* (line_count) the mapping, for people to read */
    int line_count;
};

/* Actions that no key can say (there are too many, or nameless ones past the tenth) are never
 * chosen. */
void controls_make(const struct emulator_info *info, struct controls *controls);

/*
 * The action that the keys say: the one that presses most of the buttons and none beside them; of
 * such as press as many, the one with the newest button. Of left and right, or up and down, the
 * newer counts. order: (key_count), as window_read_keys answers.
 */
int controls_choose(const struct controls *controls, const uint32_t *order);

#endif
