/* Groups runs into curves, and names the curves and the chart. */
#ifndef ASYNCRL_PLOT_GROUP_H
#define ASYNCRL_PLOT_GROUP_H

#include "plot/source.h"

/* Reads all sources that the arguments name, and fills plot's sources, curve_of, curve_count and
 * labels. The plot owns them, on failure too. */
enum status group_sources(struct plot *plot, const struct plot_request *request,
                          struct error *error);

/* Makes a title from what the runs have in common: "Breakout-v0, a3c". */
void group_title(const struct plot *plot, char *out, size_t size);

/* Replaces characters that a picture's text cannot hold: control characters and broken UTF-8. */
void make_legible(char *text);

#endif
