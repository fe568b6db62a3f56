/* The colours of a line, from the pixels that its objects have covered. */
#ifndef ASYNCRL_GAMES_ATARI_PAINTING_H
#define ASYNCRL_GAMES_ATARI_PAINTING_H

#include "games/atari/objects.h"

/* Bits of CTRLPF. */
enum { CTRLPF_MIRROR = 1, CTRLPF_SCORE = 2, CTRLPF_PRIORITY = 4 };

/* Paints the pixels of row, (160), that are not painted yet, up to pixel end. All of them have the
 * same colours and CTRLPF. */
void painting_paint(struct objects *objects, const struct tia *tia, uint8_t *row, int end);

/* Whether an object that changes can change the colours of others. */
static inline bool painting_depends(const struct tia *tia) {
    return (tia->ctrlpf & (CTRLPF_SCORE | CTRLPF_PRIORITY)) == (CTRLPF_SCORE | CTRLPF_PRIORITY);
}

/* Whether painting_paint might use colours[index]. */
bool painting_shows(const struct objects *objects, const struct tia *tia, int index, int end);

/* The colour of one pixel: the reference for painting_paint. */
uint8_t painting_colour(const struct tia *tia, int x);

#endif
