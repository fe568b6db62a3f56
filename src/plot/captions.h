/* The words of a chart: the names of its axes, the note below the title, and the text at a
 * curve's end. */
#ifndef ASYNCRL_PLOT_CAPTIONS_H
#define ASYNCRL_PLOT_CAPTIONS_H

#include "plot/plot.h"

#include <stddef.h>

enum { CAPTION_SIZE = 128 };

/* "steps"; static. */
const char *caption_of_x(enum plot_x x);

/* Writes, for instance, "score, mean of 100 games". */
void caption_of_y(const struct plot *plot, char *out, size_t size);

/* Writes the sentences that explain lines and bands, and returns their number. They may have to go
 * on lines of their own. */
int caption_of_bands(const struct plot *plot, char notes[2][CAPTION_SIZE]);

/* Writes a curve's last value and its number of runs, for instance "19.4 · 2 runs". */
void caption_of_end(const struct plot_curve *curve, char *out, size_t size);

#endif
