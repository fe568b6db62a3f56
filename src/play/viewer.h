/*
 * Shows a game in a window, at its own speed or another, paused, or step by step. One thread of one
 * process.
 *
 *     struct viewer *viewer;
 *     if (viewer_open("Breakout-v0", info, &viewer, error) == STATUS_OK) {
 *         viewer_begin(viewer, "game 1");
 *         while (viewer_show(viewer, rgb, step.emulator_frames, score) == VIEWER_GO_ON) ...
 *     }
 *     viewer_close(viewer);
 */
#ifndef ASYNCRL_PLAY_VIEWER_H
#define ASYNCRL_PLAY_VIEWER_H

#include "games/games.h"
#include "play/window.h"

struct viewer;

/* The viewer's next request. */
enum viewer_wish { VIEWER_GO_ON, VIEWER_RESTART, VIEWER_NEXT, VIEWER_QUIT };

/* Opens a window for a game. Fails as window_open does. The caller closes *viewer. */
enum status viewer_open(const char *id, const struct emulator_info *info, struct viewer **viewer,
                        struct error *error);

/* The viewer's window, for keys that play and words over the game. */
struct window *viewer_window(struct viewer *viewer);

/* Begins a game; what: "game 3", for the title. */
void viewer_begin(struct viewer *viewer, const char *what);

/*
 * Shows rgb (height, width, 3) for the duration of the given frames at the chosen speed; while
 * paused, until the game goes on. Returns at once if the person wants another game, or none.
 */
enum viewer_wish viewer_show(struct viewer *viewer, const uint8_t *rgb, int frames, double score);

/* Only polls for commands, for a game whose screens are not shown. */
enum viewer_wish viewer_look(struct viewer *viewer, double score);

/* Shows text over the game, and waits that many seconds (INFINITY: forever) for any key that plays,
 * pauses, steps or changes the game. */
enum viewer_wish viewer_say(struct viewer *viewer, const struct window_line *lines, int count,
                            double seconds);

void viewer_close(struct viewer *viewer);

#endif
