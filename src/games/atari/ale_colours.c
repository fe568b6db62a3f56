#include "games/atari/ale_colours.h"

#include <limits.h>
#include <stdlib.h>

enum { BRIGHTER_PERCENT = 77, DROPPED_BITS = 3 };

static int blend_component(int a, int b) {
    const int brighter = a > b ? a : b;
    const int darker = a > b ? b : a;
    return (brighter - darker) * BRIGHTER_PERCENT / 100 + darker;
}

static uint8_t nearest_index(const uint8_t (*rgb)[3], const int wanted[3]) {
    int best = 0;
    int best_distance = INT_MAX;
    for (int i = 0; i < 256; i += 2) {
        int distance = 0;
        for (int c = 0; c < 3; c++)
            distance += abs(rgb[i][c] - (wanted[c] & ~DROPPED_BITS));
        if (distance < best_distance) {
            best_distance = distance;
            best = i;
        }
    }
    return (uint8_t)best;
}

void ale_colours_fill(struct ale_colours *colours, const uint32_t *palette) {
    *colours = (struct ale_colours){0};
    for (int i = 0; i < 256; i++) {
        for (int c = 0; c < 3; c++)
            colours->rgb[i][c] = (uint8_t)(palette[i] >> (16 - 8 * c));
        colours->luma[i] = (uint8_t)palette[i < 255 ? i + 1 : i];
    }
    for (int i = 0; i < 256; i += 2)
        for (int j = 0; j <= i; j += 2) {
            int blend[3];
            for (int c = 0; c < 3; c++)
                blend[c] = blend_component(colours->rgb[i][c], colours->rgb[j][c]);
            const uint8_t index = nearest_index(colours->rgb, blend);
            colours->average[i][j] = index;
            colours->average[j][i] = index;
        }
}
