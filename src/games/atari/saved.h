/*
 * A game as bytes: the console's state, the rules', and what makes the last two pictures.
 *
 *     +---------+-------+-----------------+--------------------+------------------------+
 *     | console | rules | newest picture  | picture before it  | the newest, as it was  |
 *     | state   |       | log, or pixels  |                    | before it went on      |
 *     +---------+-------+-----------------+--------------------+------------------------+
 *
 * Saving is a copy: the bytes hold the writes of the last two frames, and neither their pixels nor
 * those of the collisions that the game has not read are computed until something needs them. A log
 * is followed by the packed pixels of the rows that it does not complete; the last part is there
 * only if the newest run went on with a frame.
 */
#ifndef ASYNCRL_GAMES_ATARI_SAVED_H
#define ASYNCRL_GAMES_ATARI_SAVED_H

#include "games/atari/console.h"
#include "games/atari/rules.h"

/* The most bytes that a game takes. */
enum { SAVED_BOUND = 1024 + 3 * TIA_MAX_HEIGHT * (1 + TIA_WIDTH) };

/* Returns the bytes that the game takes. If they are more than capacity, nothing useful has been
 * written. */
size_t saved_write(struct console *console, const struct rules *rules, uint8_t *bytes,
                   size_t capacity);

/* Takes a game of the same setup from bytes of any source. False: they are not one; nothing has
 * changed. */
bool saved_read(struct console *console, struct rules *rules, const uint8_t *bytes, size_t size);

#endif
