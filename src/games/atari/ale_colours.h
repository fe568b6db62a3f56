/* The colours of an ALE screen: RGB, gray, and the blend of two frames. */
#ifndef ASYNCRL_GAMES_ATARI_ALE_COLOURS_H
#define ASYNCRL_GAMES_ATARI_ALE_COLOURS_H

#include <stdint.h>

struct ale_colours {
    uint8_t rgb[256][3];
    uint8_t luma[256];
    uint8_t average[256][256]; /* symmetric */
};

/*
 * Fills colours from ALE's own palette for a television: 256 entries, 0xRRGGBB at even indices,
 * each followed by its gray level at the odd one.
 *
 * average equals ALE's color_averaging (its phosphor_blend.cpp): of each component, 77 % of the
 * brighter and 23 % of the darker, rounded down; the two lowest bits dropped; then the first even
 * palette index that is nearest in the sum of absolute differences. ALE never writes its table's
 * entries for odd indices, which only the colour loss of PAL games makes (air_raid), and returns
 * uninitialised memory for them; here they are black.
 */
void ale_colours_fill(struct ale_colours *colours, const uint32_t *palette);

#endif
