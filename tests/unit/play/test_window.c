/* The window's handling of a game controller. Keys and pictures: tests/cli/test_window.sh. */
#include "play/window.h"

#include <SDL2/SDL.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LEFT, RIGHT, A, KEYS };

static const char *const names[KEYS] = {"pad dpleft", "pad dpright", "pad a"};

/* The library that the window has loaded: a second handle of it. */
static void *sdl;

#define FROM_SDL(name) ((__typeof__(name) *)look_up(#name))

static void *look_up(const char *name) {
    void *function = dlsym(sdl, name);
    if (!function)
        fail_msg("no %s", name);
    return function;
}

/* Makes a virtual controller; returns it. */
static SDL_Joystick *plug_in(void) {
    const int device = FROM_SDL(SDL_JoystickAttachVirtual)(
        SDL_JOYSTICK_TYPE_GAMECONTROLLER, SDL_CONTROLLER_AXIS_MAX, SDL_CONTROLLER_BUTTON_MAX, 0);
    if (device < 0)
        fail_msg("no virtual controller: %s", FROM_SDL(SDL_GetError)());
    SDL_Joystick *pad = FROM_SDL(SDL_JoystickOpen)(device);
    assert_non_null(pad);
    return pad;
}

/* The window's keys after it has handled all events. */
static const uint32_t *hear(struct window *window) {
    static uint32_t order[KEYS];
    while (window_wait(window, 0.05) != WINDOW_NOTHING) {
    }
    window_read_keys(window, order);
    return order;
}

static void a_controller_plays(void **state) {
    const struct window_request request = {.title = "test", .height = 4, .width = 4};
    struct window *window;
    struct error error;
    (void)state;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    setenv("SDL_JOYSTICK_ALLOW_BACKGROUND_EVENTS", "1", 1); /* no window of it is ever in front */
    if (window_open(&request, &window, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    sdl = dlopen("libSDL2-2.0.so.0", RTLD_NOW | RTLD_NOLOAD);
    assert_non_null(sdl);
    window_listen(window, names, KEYS);
    SDL_Joystick *pad = plug_in();
    assert_int_equal(hear(window)[A], 0);

    FROM_SDL(SDL_JoystickSetVirtualButton)(pad, SDL_CONTROLLER_BUTTON_A, 1);
    assert_true(hear(window)[A] > 0);
    assert_true(hear(window)[A] > 0); /* held */
    FROM_SDL(SDL_JoystickSetVirtualButton)(pad, SDL_CONTROLLER_BUTTON_A, 0);
    assert_int_equal(hear(window)[A], 0);

    FROM_SDL(SDL_JoystickSetVirtualAxis)(pad, SDL_CONTROLLER_AXIS_LEFTX, -30000);
    assert_true(hear(window)[LEFT] > 0);
    FROM_SDL(SDL_JoystickSetVirtualAxis)(pad, SDL_CONTROLLER_AXIS_LEFTX, 30000);
    assert_true(hear(window)[RIGHT] > 0); /* and left, which was let go of but then */
    const uint32_t *order = hear(window);
    assert_true(order[LEFT] == 0 && order[RIGHT] > 0);
    FROM_SDL(SDL_JoystickSetVirtualAxis)(pad, SDL_CONTROLLER_AXIS_LEFTX, 5000);
    assert_int_equal(hear(window)[RIGHT], 0);
    window_close(window);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_controller_plays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
