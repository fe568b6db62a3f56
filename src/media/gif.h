/*
 * Games as an animated GIF, at their own speed. One thread of one process.
 *
 *     struct gif *gif;
 *     gif_create(210, 160, 60, &gif, error);
 *     gif_add(gif, rgb, 0);
 *     while (...)
 *         gif_add(gif, rgb, 4);
 *     gif_end_game(gif, GIF_KEEP);
 *     gif_save(gif, "breakout.gif", error);
 *     gif_destroy(gif);
 *
 * Times in a GIF are hundredths of a second, and browsers show a picture of less than two for ten.
 * So there are at most 50 pictures per second; a faster game shows every second or third screen.
 * The last picture of a game stays for a second; the GIF loops.
 *
 * A picture holds the rectangle that has changed since the one before it, and is exact with up to
 * 256 colours. A picture with more, as in some 3D games, is rounded to the nearest of 6 levels of
 * red, 7 of green and 6 of blue, evenly spaced from 0 to 255.
 *
 * Until it is saved, the GIF is in memory and takes up to twice the file's size.
 */
#ifndef ASYNCRL_MEDIA_GIF_H
#define ASYNCRL_MEDIA_GIF_H

#include "base/base.h"

#include <stdint.h>

struct gif;

/* height, width: of all screens, 1 to 65535 pixels. The caller destroys *gif. */
enum status gif_create(int height, int width, double frames_per_second, struct gif **gif,
                       struct error *error);

/*
 * Adds a game's next screen, (height, width, 3), emulator_frames after the one before it (ignored
 * for a game's first screen). gif_finish reports a lack of memory.
 */
void gif_add(struct gif *gif, const uint8_t *rgb, int emulator_frames);

/* Add the game that ends to those before it, replace them with it, or drop it. */
enum gif_keeping { GIF_KEEP, GIF_REPLACE, GIF_DROP };

/* Ends a game. The next screen that is added is the first one of another. */
void gif_end_game(struct gif *gif, enum gif_keeping keeping);

/*
 * Ends the GIF: *bytes is the file of the games that have ended, owned by the GIF; without a
 * picture NULL, and *size is 0. Call it once. STATUS_FAILED: out of memory.
 */
enum status gif_finish(struct gif *gif, const uint8_t **bytes, size_t *size, struct error *error);

/* gif_finish, then writes the file to path atomically; without a picture writes nothing. */
enum status gif_save(struct gif *gif, const char *path, struct error *error);

/* NULL is ignored. */
void gif_destroy(struct gif *gif);

#endif
