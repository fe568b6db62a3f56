/* Reads a GIF with giflib, as a viewer shows it. */
#ifndef ASYNCRL_TESTS_GIF_READER_H
#define ASYNCRL_TESTS_GIF_READER_H

#include <stdbool.h>
#include <stdint.h>

/* All pictures of a GIF as they are shown one after another. */
struct movie {
    int height;
    int width;
    int count;
    uint8_t *screens; /* (count, height, width, 3) */
    int *delays;      /* (count), hundredths of a second */
    int *areas;       /* (count): pixels of the rectangle that a picture stores */
    bool repeats;     /* for ever */
};

/* Fails the test if path is not a whole GIF. The caller releases the movie. */
struct movie movie_read(const char *path);

const uint8_t *movie_screen(const struct movie *movie, int index);

void movie_release(struct movie *movie);

#endif
