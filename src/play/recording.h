/* The files that play writes of its games: a GIF, a film, a picture of one screen. */
#ifndef ASYNCRL_PLAY_RECORDING_H
#define ASYNCRL_PLAY_RECORDING_H

#include "play/play.h"

struct recording;

/* Whether the request has any such file. */
bool recording_wanted(const struct play_request *request);

/*
 * Opens the requested files; height, width: of all screens. STATUS_BAD_INPUT: a path that cannot be
 * written to, or an ending that is not a film's. A film starts threads: block signals before. The
 * request must outlive *recording, which the caller closes.
 */
enum status recording_open(const struct play_request *request, int height, int width,
                           double frames_per_second, struct recording **recording,
                           struct error *error);

/* Adds a game's next screen, (height, width, 3), emulator_frames after the one before it, and that
 * many steps of the agent into the game; 0 begins a game. */
void recording_add(struct recording *recording, const uint8_t *rgb, int emulator_frames,
                   int64_t steps);

/* Whether only the screen after a number of steps is requested, and is taken. */
bool recording_is_complete(const struct recording *recording);

/* Ends a game, also an interrupted one. */
void recording_end_game(struct recording *recording, double score);

/* Writes all files; if one fails, the others are still written. */
enum status recording_save(struct recording *recording, struct error *error);

/* NULL is ignored. */
void recording_close(struct recording *recording);

#endif
