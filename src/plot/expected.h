/* The curves that the presets of the runs were measured with. */
#ifndef ASYNCRL_PLOT_EXPECTED_H
#define ASYNCRL_PLOT_EXPECTED_H

#include "plot/source.h"

/*
 * Adds a curve of points for each preset of the runs whose scores were measured on their game, up
 * to the end of the longest run. The plot owns the sources. STATUS_BAD_INPUT: there is none, or the
 * chart does not show scores over steps.
 */
enum status expected_add(struct plot *plot, struct error *error);

#endif
