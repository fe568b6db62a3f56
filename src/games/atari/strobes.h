/* The positions that strobes give to the objects of the video chip, and the distances that HMOVE
 * moves them. */
#ifndef ASYNCRL_GAMES_ATARI_STROBES_H
#define ASYNCRL_GAMES_ATARI_STROBES_H

#include "games/atari/tia.h"

/* position: -320 or more. */
uint8_t strobes_wrapped(int position);

/* Whether the beam is on or just before a copy when a strobe moves its player. 1: the beam
 * continues to draw the copy; -1: the copy starts at the beam; 0: neither. */
int strobes_meet_copy(const struct tia *tia, int player, int position);

/* The new position of a missile or the ball; address: of the strobe. */
uint8_t strobes_position(const struct tia *tia, uint32_t address, int32_t clock);

/* The number of pixels that HMOVE moves an object to the right at a cycle of the line from 4 to 74;
 * whole: the number at the other cycles. */
int strobes_late_motion(int whole, int cycle);

/* Clocks since the last HMOVE; may be large. */
static inline uint32_t strobes_since_hmove(const struct tia *tia, int32_t clock) {
    return (uint32_t)clock - (uint32_t)tia->hmove_clock;
}

/* Clocks since the line's start. */
static inline int strobes_line_clock(int32_t clock) {
    return (int)((uint32_t)clock % TIA_LINE_CLOCKS);
}

#endif
