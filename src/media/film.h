/*
 * Writes games as a film at their own speed, with FFmpeg's libraries, which are loaded when the
 * first film is made. One thread of one process; FFmpeg starts threads of its own, which block the
 * signals that the caller blocks.
 *
 *     struct film *film;
 *     film_create("breakout.mp4", 210, 160, 60, &film, error);
 *     film_add(film, rgb, 0);
 *     while (...)
 *         film_add(film, rgb, 4);
 *     film_end_game(film);
 *     film_save(film, error);
 *     film_destroy(film);
 *
 * The name's ending chooses the file format, as in libavformat: .mp4, .mkv, .webm, .mov, ... The
 * codec is H.264 if the format can hold it and an encoder is installed, otherwise the format's
 * default, otherwise MPEG-4; yuv420p, which every player knows. Screens of fewer than 480 lines are
 * enlarged by the least even number that makes them 480: each pixel a square, its colour as sharp
 * as its brightness.
 *
 * Each screen is shown until the next one, for the game's own number of frames. The last one of a
 * game stays for a second.
 */
#ifndef ASYNCRL_MEDIA_FILM_H
#define ASYNCRL_MEDIA_FILM_H

#include "base/base.h"

#include <stdint.h>

struct film;

/*
 * height, width: of all screens, in pixels. The file is written beside path until film_save.
 * STATUS_BAD_INPUT: the path cannot be written to, or its ending is not a film's. STATUS_FAILED:
 * FFmpeg's libraries are missing. The caller destroys *film.
 */
enum status film_create(const char *path, int height, int width, double frames_per_second,
                        struct film **film, struct error *error);

/*
 * Adds a game's next screen, (height, width, 3), emulator_frames after the one before it (ignored
 * for a game's first screen). film_save reports any failure.
 */
void film_add(struct film *film, const uint8_t *rgb, int emulator_frames);

/* Ends a game. The next screen that is added is the first one of another. */
void film_end_game(struct film *film);

/* Ends the film and gives the file its name; without a picture no file is made. Call it once. */
enum status film_save(struct film *film, struct error *error);

/* A film that was not saved leaves no file. NULL is ignored. */
void film_destroy(struct film *film);

#endif
