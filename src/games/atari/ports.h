/* The values of sticks, paddles and switches on the console's ports. */
#ifndef ASYNCRL_GAMES_ATARI_PORTS_H
#define ASYNCRL_GAMES_ATARI_PORTS_H

#include "games/atari/console.h"

/* Turns the paddles, and sets the ports for a run. */
void ports_read(struct console *console, const struct console_inputs *inputs);

/* Turns the paddles to the middle. */
void ports_center(struct console *console);

#endif
