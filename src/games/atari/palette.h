/* The colours of Atari pictures in ALE, in the order of their indices. */
#ifndef ASYNCRL_GAMES_ATARI_PALETTE_H
#define ASYNCRL_GAMES_ATARI_PALETTE_H

#include <stdbool.h>
#include <stdint.h>

/* palette: 256 entries, written: 0xRRGGBB at even indices, each followed by its gray level. */
void palette_fill(uint32_t palette[256], bool is_pal);

#endif
