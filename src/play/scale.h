/* The size of a game's screen in a window. Pure functions; a scale is the height of a dot of the
 * screen in pixels. */
#ifndef ASYNCRL_PLAY_SCALE_H
#define ASYNCRL_PLAY_SCALE_H

struct screen_shape {
    int height;          /* in dots */
    int width;           /* in dots */
    double pixel_aspect; /* of a dot: width : height */
};

/* The largest scale at which the screen fits into the given size; a whole number if it is at
 * least 1. */
double scale_choose(const struct screen_shape *shape, int width, int height);

/* The width of a dot in pixels: rounded if the error does not show, so that all dots are equal. */
double scale_across(const struct screen_shape *shape, double scale);

/* The size of the screen in pixels. */
int scale_width(const struct screen_shape *shape, double scale);
int scale_height(const struct screen_shape *shape, double scale);

#endif
