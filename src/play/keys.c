#include "play/keys.h"

#include <string.h>

void keys_listen(struct keys *keys, const struct sdl *sdl, const char *const *names, int count) {
    static const char pad[] = "pad ";
    keys->count = count < WINDOW_MAX_KEYS ? count : WINDOW_MAX_KEYS;
    for (int i = 0; i < keys->count; i++) {
        const bool is_pad = strncmp(names[i], pad, strlen(pad)) == 0;
        keys->all[i] = (struct key){
            .code = is_pad ? SDLK_UNKNOWN : sdl->SDL_GetKeyFromName(names[i]),
            .pad_button =
                is_pad ? sdl->SDL_GameControllerGetButtonFromString(names[i] + strlen(pad)) : -1,
        };
    }
}

void keys_read(struct keys *keys, uint32_t *order) {
    for (int i = 0; i < keys->count; i++) {
        struct key *key = &keys->all[i];
        order[i] = key->is_down || key->was_pressed ? key->order : 0;
        key->was_pressed = false;
    }
}

static void turn(struct keys *keys, struct key *key, bool is_down) {
    if (is_down && !key->is_down) {
        key->order = ++keys->press_count;
        key->was_pressed = true;
    }
    key->is_down = is_down;
}

bool keys_turn(struct keys *keys, SDL_Keycode code, bool is_down) {
    for (int i = 0; i < keys->count; i++)
        if (keys->all[i].code != SDLK_UNKNOWN && keys->all[i].code == code) {
            turn(keys, &keys->all[i], is_down);
            return true;
        }
    return false;
}

bool keys_turn_pad(struct keys *keys, int button, bool is_down) {
    for (int i = 0; i < keys->count; i++)
        if (keys->all[i].pad_button == button) {
            turn(keys, &keys->all[i], is_down);
            return true;
        }
    return false;
}

bool keys_move_stick(struct keys *keys, const SDL_ControllerAxisEvent *event) {
    static const int buttons[2][2] = {
        {SDL_CONTROLLER_BUTTON_DPAD_LEFT, SDL_CONTROLLER_BUTTON_DPAD_RIGHT},
        {SDL_CONTROLLER_BUTTON_DPAD_UP, SDL_CONTROLLER_BUTTON_DPAD_DOWN},
    };
    const int half = SDL_JOYSTICK_AXIS_MAX / 2;
    const int axis = event->axis == SDL_CONTROLLER_AXIS_LEFTX   ? 0
                     : event->axis == SDL_CONTROLLER_AXIS_LEFTY ? 1
                                                                : -1;
    if (axis < 0)
        return false;
    const int direction = event->value > half ? 1 : event->value < -half ? -1 : 0;
    const int before = keys->stick[axis];
    if (direction == before)
        return false;
    keys->stick[axis] = direction;
    if (before != 0)
        keys_turn_pad(keys, buttons[axis][before > 0], false);
    return direction != 0 && keys_turn_pad(keys, buttons[axis][direction > 0], true);
}
