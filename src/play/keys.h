/* The keys of a window that play: which of them are down, on a keyboard or a game controller. */
#ifndef ASYNCRL_PLAY_KEYS_H
#define ASYNCRL_PLAY_KEYS_H

#include "play/sdl.h"
#include "play/window.h"

struct key {
    SDL_Keycode code; /* SDLK_UNKNOWN: it is a button of a controller */
    int pad_button;   /* SDL_GameControllerButton, or -1 */
    uint32_t order;   /* of the newest press */
    bool is_down;
    bool was_pressed; /* since it was last read */
};

/* All zeros: no key plays. */
struct keys {
    struct key all[WINDOW_MAX_KEYS];
    int count;
    uint32_t press_count;
    int stick[2]; /* direction of the controller's stick: -1, 0 or 1, across and down */
};

/* As window_listen and window_read_keys. */
void keys_listen(struct keys *keys, const struct sdl *sdl, const char *const *names, int count);
void keys_read(struct keys *keys, uint32_t *order);

/* Records that a key of the keyboard, or a button of a controller, went down or up. Returns whether
 * it plays. */
bool keys_turn(struct keys *keys, SDL_Keycode code, bool is_down);
bool keys_turn_pad(struct keys *keys, int button, bool is_down);

/* The stick acts like the cross, from half of its range on. Returns whether that presses a button
 * that plays. */
bool keys_move_stick(struct keys *keys, const SDL_ControllerAxisEvent *event);

#endif
