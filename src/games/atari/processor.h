/*
 * The processor of the Atari 2600, for a run of its console: two with the same results, a careful
 * one and a fast one (fast.c), which leaves rare cases to the careful one.
 */
#ifndef ASYNCRL_GAMES_ATARI_PROCESSOR_H
#define ASYNCRL_GAMES_ATARI_PROCESSOR_H

#include "games/atari/console.h"

enum { RUN_INSTRUCTIONS = 25000 };

/* Plays until a write ends the frame, or until the run has no instructions left; then the frame is
 * partial. */
void processor_run(struct console *console);

/*
 * Plays instructions of a run that has `left` of them, until one ends the frame or needs the
 * careful processor, or `left` is near the number that it plays without checking. Returns the
 * number left, 0 when the frame has ended.
 */
int processor_run_fast(struct console *console, int left);

/* With this many left or fewer, processor_run_fast plays nothing. */
enum { FEW_INSTRUCTIONS = 2 * CARTRIDGE_BANK };

#endif
