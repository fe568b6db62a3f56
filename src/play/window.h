/*
 * A window that shows a game's screen, crisp and as large as fits, and reads keys. One thread of
 * one process.
 *
 *     const struct window_request request = {.title = "Breakout-v0", .height = 210, .width = 160};
 *     struct window *window;
 *     if (window_open(&request, &window, error) == STATUS_OK)
 *         do
 *             window_show(window, rgb);
 *         while (window_wait(window, 1.0 / 60) != WINDOW_QUIT);
 *     window_close(window);
 *
 * It handles F1 (a table of all keys) and F11 (full screen) itself, whenever it waits.
 */
#ifndef ASYNCRL_PLAY_WINDOW_H
#define ASYNCRL_PLAY_WINDOW_H

#include "base/base.h"

#include <stdbool.h>
#include <stdint.h>

struct window;

/* A line of a table: a key and its effect, or a heading if one of them is "". */
struct window_line {
    char key[24];
    char meaning[40];
};

struct window_request {
    const char *title;
    int height;          /* of the screen, in pixels */
    int width;           /* of the screen, in pixels */
    double pixel_aspect; /* as in emulator_info */
};

/* A command of the person at the window. */
enum window_command {
    WINDOW_NOTHING,
    WINDOW_PAUSE,
    WINDOW_STEP,
    WINDOW_FASTER,
    WINDOW_SLOWER,
    WINDOW_RESTART,
    WINDOW_NEXT,
    WINDOW_KEY, /* a key that plays, see window_listen */
    WINDOW_QUIT,
};

/* Fails without a display or the SDL2 library. The caller closes *window. */
enum status window_open(const struct window_request *request, struct window **window,
                        struct error *error);

void window_set_title(struct window *window, const char *title);

/* Shows rgb (height, width, 3), and redraws it whenever needed. */
void window_show(struct window *window, const uint8_t *rgb);

/* Waits up to the given seconds for a command; INFINITY: forever; 0: only polls. */
enum window_command window_wait(struct window *window, double seconds);

enum { WINDOW_MAX_LINES = 32 };

/* Shows lines in the middle, over the game, until the next call; count 0: none. */
void window_say(struct window *window, const struct window_line *lines, int count);

/* The lines that F1 shows below the window's own keys. The caller keeps them. */
void window_set_help(struct window *window, const struct window_line *lines, int count);

/* Whether F1's table covers the game, so that a person cannot play. */
bool window_is_covered(const struct window *window);

enum { WINDOW_MAX_KEYS = 40 };

/*
 * Sets the keys that play instead of commanding, by SDL's names: "Left", "Z", "Return", or buttons
 * of a game controller: "pad a", "pad dpup". The caller keeps the names.
 */
void window_listen(struct window *window, const char *const *names, int count);

/*
 * Reads which of those keys are down, or were since the last call. order: (count), written: 0 for a
 * key that is up, otherwise a number that is higher the later it was pressed.
 */
void window_read_keys(struct window *window, uint32_t *order);

void window_close(struct window *window);

#endif
