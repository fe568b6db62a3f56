/* A table of keys, or a few words, as an overlay picture. Pure functions. */
#ifndef ASYNCRL_PLAY_PANEL_H
#define ASYNCRL_PLAY_PANEL_H

#include "media/media.h"
#include "play/window.h"

/* The largest whole scale, at least 1, at which the lines fit into the given size. */
int panel_fit(const struct window_line *lines, int count, int width, int height);

/* The size of panel_draw's picture. */
void panel_measure(const struct window_line *lines, int count, int scale, int *width, int *height);

/* picture: of the size from panel_measure; overwritten. */
void panel_draw(const struct picture *picture, const struct window_line *lines, int count,
                int scale);

#endif
