/*
 * A window that shows a game's screen, crisp and as large as fits. One thread of one process.
 *
 *     struct window *window;
 *     if (window_open("Breakout-v0", 210, 160, &window, error) == STATUS_OK)
 *         while (window_show(window, rgb)) ...
 *     window_close(window);
 */
#ifndef ASYNCRL_PLAY_WINDOW_H
#define ASYNCRL_PLAY_WINDOW_H

#include "base/base.h"

struct window;

/* Fails where there is no display, or no SDL2 library. The caller closes *window. */
enum status window_open(const char *title, int height, int width, struct window **window,
                        struct error *error);

void window_set_title(struct window *window, const char *title);

/* Shows rgb (height, width, 3). False when the person has closed the window or pressed Escape. */
bool window_show(struct window *window, const uint8_t *rgb);

void window_close(struct window *window);

#endif
