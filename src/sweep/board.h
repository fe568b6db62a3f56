/*
 * The table of a sweep on a terminal, one line per run, redrawn every second; messages go above it.
 * If stderr is not a terminal, there are only messages. Inside of the sweep room.
 */
#ifndef ASYNCRL_SWEEP_BOARD_H
#define ASYNCRL_SWEEP_BOARD_H

#include <stdbool.h>

struct sweep;

struct board {
    bool is_live;
    int rows; /* now on the terminal */
};

/* plain: only messages, even on a terminal. */
void board_open(struct board *board, bool plain);

/* Draws the runs' present states over the old table. */
void board_draw(struct board *board, const struct sweep *sweep);

/* Erases the table, so that messages can take its place. */
void board_erase(struct board *board);

#endif
