/*
 * Pictures in fewer bytes: a row as the row above, as runs of one colour, or as it is.
 *
 * A row begins with a byte. 0: the row repeats the one above. 1 to 80: that many pairs of a run's
 * length and colour follow. 255: 160 colours follow.
 */
#ifndef ASYNCRL_GAMES_ATARI_PACKING_H
#define ASYNCRL_GAMES_ATARI_PACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most bytes that a picture takes. */
size_t packing_bound(int height);

/* Writes pixels, (height, 160), to out, which has room for the bound; returns the bytes. */
size_t packing_pack(uint8_t *out, const uint8_t *pixels, int height);

/* Reads at most size bytes at packed; returns their number, or 0 if they are not a picture. */
size_t packing_unpack(uint8_t *pixels, int height, const uint8_t *packed, size_t size);

#endif
