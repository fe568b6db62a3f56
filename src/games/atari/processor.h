/*
 * The processor of the Atari 2600, for a run of its console: two of them that do the same, one that
 * is careful and one that is fast (fast.c) and leaves what is rare to the other.
 */
#ifndef ASYNCRL_GAMES_ATARI_PROCESSOR_H
#define ASYNCRL_GAMES_ATARI_PROCESSOR_H

#include "games/atari/console.h"

enum { RUN_INSTRUCTIONS = 25000 };

/* Plays until a write ends the frame, or all instructions of a run; then the state is partial. */
void processor_run(struct console *console);

/*
 * Plays instructions of a run that has `left` yet to play, until one of them ends the frame, is
 * none for it, or `left` has come near to what might be played without a look at it. Returns what
 * is left, 0 when the frame has ended.
 */
int processor_run_fast(struct console *console, int left);

/* processor_run_fast plays nothing when no more are left. */
enum { FEW_INSTRUCTIONS = 2 * CARTRIDGE_BANK };

#endif
