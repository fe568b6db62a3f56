/* Which runs make a curve, and what curves and the chart are called. */
#ifndef ASYNCRL_PLOT_GROUP_H
#define ASYNCRL_PLOT_GROUP_H

#include "plot/source.h"

/* Reads all sources that the arguments name, and fills plot's sources, curve_of, curve_count and
 * labels. What was read is plot's, on failure too. */
enum status group_sources(struct plot *plot, const struct plot_request *request,
                          struct error *error);

/* Writes what the runs have in common as a title: "Breakout-v0, a3c". */
void group_title(const struct plot *plot, char *out, size_t size);

/* Replaces in place what cannot stand in a picture's text: control characters and broken UTF-8. */
void make_legible(char *text);

#endif
