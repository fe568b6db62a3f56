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
 * Times in a GIF are hundredths of a second, and browsers show a picture of less than two for ten:
 * so there are at most 50 pictures a second, and of a game that is faster every second or third
 * screen is one. The last picture of a game stays for a second; the whole begins again at its end.
 *
 * A picture holds what has changed since the one before it, the rectangle around that, and is exact
 * where 256 colours do. Where they do not, as in some 3D games, all of the picture is rounded to
 * the nearest of 6 levels of red, 7 of green and 6 of blue, evenly apart from 0 to 255.
 *
 * Until it is saved the GIF is in memory, as large as its file or twice that.
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
 * Adds a game's next screen, (height, width, 3), that is there emulator_frames after the one added
 * before it; of a game's first one that does not matter. Memory that runs out is told by
 * gif_finish.
 */
void gif_add(struct gif *gif, const uint8_t *rgb, int emulator_frames);

/* Keep the game that ends beside those before it, in their place, or not at all. */
enum gif_keeping { GIF_KEEP, GIF_REPLACE, GIF_DROP };

/* Ends a game. The next screen that is added is the first one of another. */
void gif_end_game(struct gif *gif, enum gif_keeping keeping);

/*
 * Ends the GIF: *bytes is the file of the games that have ended, the GIF's own; without a picture
 * NULL, and *size is 0. To be called once. STATUS_FAILED where memory ran out.
 */
enum status gif_finish(struct gif *gif, const uint8_t **bytes, size_t *size, struct error *error);

/* gif_finish, and writes the file to path, whole or not at all; without a picture nothing. */
enum status gif_save(struct gif *gif, const char *path, struct error *error);

/* NULL is ignored. */
void gif_destroy(struct gif *gif);

#endif
