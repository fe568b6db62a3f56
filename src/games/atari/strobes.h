/* Where strobes put the objects of the video chip, and by how much HMOVE moves them. */
#ifndef ASYNCRL_GAMES_ATARI_STROBES_H
#define ASYNCRL_GAMES_ATARI_STROBES_H

#include "games/atari/tia.h"

/* position: -320 or more. */
uint8_t strobes_wrapped(int position);

/* Whether the beam is on or just ahead of a copy when its player is moved: 1, it is drawn on; -1,
 * it starts where it is; 0: neither. */
int strobes_meet_copy(const struct tia *tia, int player, int position);

/* Where a missile or the ball goes, by the address that is written. */
uint8_t strobes_position(const struct tia *tia, uint32_t address, int32_t clock);

/* By how many pixels HMOVE at a cycle of the line moves an object to the right, for cycles from 4
 * to 74; whole: for the others. */
int strobes_late_motion(int whole, int cycle);

/* Clocks since the last HMOVE, which may be long ago. */
static inline uint32_t strobes_since_hmove(const struct tia *tia, int32_t clock) {
    return (uint32_t)clock - (uint32_t)tia->hmove_clock;
}

/* Clocks since the line's start. */
static inline int strobes_line_clock(int32_t clock) {
    return (int)((uint32_t)clock % TIA_LINE_CLOCKS);
}

#endif
