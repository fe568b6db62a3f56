/*
 * Small letters of fixed width for pictures: ASCII, five dots wide, readable at any whole scale.
 *
 *     const uint8_t white[3] = {255, 255, 255};
 *     struct picture picture = {rgb, 210, 160};
 *     font_draw(&picture, 4, 4, 1, white, "score 12");
 *
 * Pure functions; any process and thread may call them.
 */
#ifndef ASYNCRL_MEDIA_FONT_H
#define ASYNCRL_MEDIA_FONT_H

#include <stdint.h>

/* A letter's cell in dots at scale 1, with the space to its neighbours. */
enum { FONT_WIDTH = 6, FONT_HEIGHT = 10 };

/* A picture; the caller owns the pixels. */
struct picture {
    uint8_t *rgb; /* (height, width, 3) */
    int height;
    int width;
};

/* Fills a rectangle, clipped to the picture. */
void picture_fill(const struct picture *picture, int x, int y, int width, int height,
                  const uint8_t colour[3]);

/*
 * Draws text with its first cell's upper left corner at (x, y), each dot scale pixels wide and
 * high, clipped to the picture. A character that is not printable ASCII becomes '?'. Returns the x
 * after the last cell.
 */
int font_draw(const struct picture *picture, int x, int y, int scale, const uint8_t colour[3],
              const char *text);

#endif
