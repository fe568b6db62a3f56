/*
 * The table of a sweep that stands on a terminal and is redrawn, one line a run; messages go above
 * it. Where stderr is no terminal, there are only messages. Inside of the sweep room.
 */
#ifndef ASYNCRL_SWEEP_BOARD_H
#define ASYNCRL_SWEEP_BOARD_H

#include <stdbool.h>

struct sweep;

struct board {
    bool is_live;
    int rows; /* that stand on the terminal */
};

/* plain: messages alone, on a terminal, too. */
void board_open(struct board *board, bool plain);

/* Draws the runs as they are now over what stood there. */
void board_draw(struct board *board, const struct sweep *sweep);

/* Takes the table away, for messages in its place. */
void board_erase(struct board *board);

#endif
