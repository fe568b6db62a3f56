/* Colours of charts, on a light and on a dark background. */
#ifndef ASYNCRL_PLOT_THEME_H
#define ASYNCRL_PLOT_THEME_H

#include <stdbool.h>
#include <stdint.h>

/* The colour of each part. Curve i has INK_CURVE + i % INK_CURVE_COUNT, and is dashed from i =
 * INK_CURVE_COUNT on. */
enum { INK_SURFACE, INK_GRID, INK_AXIS, INK_TEXT, INK_MUTED, INK_CURVE };
enum { INK_CURVE_COUNT = 6, INK_COUNT = INK_CURVE + INK_CURVE_COUNT };

/* 0xRRGGBB, sRGB. */
uint32_t theme_color(int ink, bool dark);

/* The opacity of a band. */
double theme_band_opacity(bool dark);

#endif
