/* What play keeps of the games that it plays, as files: a GIF, a film, a picture of one screen. */
#ifndef ASYNCRL_PLAY_RECORDING_H
#define ASYNCRL_PLAY_RECORDING_H

#include "play/play.h"

struct recording;

/* Whether the request asks for any such file. */
bool recording_wanted(const struct play_request *request);

/*
 * Begins what the request asks for; height, width: of all screens. Paths that cannot be written to,
 * and an ending that is no film's, are STATUS_BAD_INPUT. A film starts threads: block signals
 * before. The request must outlive *recording, which the caller closes.
 */
enum status recording_open(const struct play_request *request, int height, int width,
                           double frames_per_second, struct recording **recording,
                           struct error *error);

/* Adds a game's next screen, (height, width, 3), emulator_frames after the one before it: the one
 * after that many steps of the agent; 0 begins a game. */
void recording_add(struct recording *recording, const uint8_t *rgb, int emulator_frames,
                   int64_t steps);

/* Ends a game, also one that was cut. */
void recording_end_game(struct recording *recording, double score);

/* Writes all files; what one of them fails at does not keep the others from being written. */
enum status recording_save(struct recording *recording, struct error *error);

/* NULL is ignored. */
void recording_close(struct recording *recording);

#endif
