/* The one file that knows SDL2. It loads SDL2 at run time: only a window needs it. */
#include "play/window.h"
#include "play/panel.h"

#include <SDL2/SDL.h>
#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SDL_LIBRARY "libSDL2-2.0.so.0"

#define SDL_FUNCTIONS(X)                                                                           \
    X(SDL_Init)                                                                                    \
    X(SDL_Quit)                                                                                    \
    X(SDL_SetHint)                                                                                 \
    X(SDL_GetError)                                                                                \
    X(SDL_GetDisplayUsableBounds)                                                                  \
    X(SDL_CreateWindow)                                                                            \
    X(SDL_SetWindowTitle)                                                                          \
    X(SDL_SetWindowMinimumSize)                                                                    \
    X(SDL_SetWindowFullscreen)                                                                     \
    X(SDL_GetWindowFlags)                                                                          \
    X(SDL_DestroyWindow)                                                                           \
    X(SDL_ShowCursor)                                                                              \
    X(SDL_CreateRenderer)                                                                          \
    X(SDL_DestroyRenderer)                                                                         \
    X(SDL_GetRendererOutputSize)                                                                   \
    X(SDL_SetRenderTarget)                                                                         \
    X(SDL_SetRenderDrawColor)                                                                      \
    X(SDL_CreateTexture)                                                                           \
    X(SDL_SetTextureScaleMode)                                                                     \
    X(SDL_DestroyTexture)                                                                          \
    X(SDL_UpdateTexture)                                                                           \
    X(SDL_RenderClear)                                                                             \
    X(SDL_RenderCopy)                                                                              \
    X(SDL_RenderPresent)                                                                           \
    X(SDL_GetKeyFromName)                                                                          \
    X(SDL_GameControllerOpen)                                                                      \
    X(SDL_GameControllerGetButtonFromString)                                                       \
    X(SDL_PollEvent)

struct sdl {
#define SDL_FIELD(name) __typeof__(name) *(name);
    SDL_FUNCTIONS(SDL_FIELD)
#undef SDL_FIELD
};

/* A key that plays. */
struct key {
    SDL_Keycode code; /* SDLK_UNKNOWN: it is a button of a controller */
    int pad_button;   /* SDL_GameControllerButton, or -1 */
    uint32_t order;   /* of the newest press */
    bool is_down;
    bool was_pressed; /* since it was last read */
};

struct window {
    struct sdl sdl;
    void *library;
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture; /* the screen */
    SDL_Texture
        *enlarged;      /* the screen with each pixel enlarged to a rectangle; NULL: not needed */
    SDL_Texture *panel; /* the overlay; NULL: none, or not drawn yet */
    SDL_Rect place;     /* of the game */
    SDL_Rect panel_place;
    int height;
    int width;
    int output_width; /* for which places and textures were made */
    int output_height;
    double pixel_aspect;
    struct key keys[WINDOW_MAX_KEYS];
    int key_count;
    uint32_t press_count;
    int stick[2]; /* direction of the controller's stick: -1, 0 or 1, across and down */
    struct window_line said[WINDOW_MAX_LINES];
    int said_count;
    const struct window_line *help;
    int help_count;
    bool shows_help;
    bool is_stale; /* the display must be redrawn */
};

/* How often keys are polled: no person presses and releases one as fast. */
static const double glance_seconds = 4e-3;

static const struct window_line own_keys[] = {
    {"", "Keys"},
    {"Space", "pause, go on"},
    {". or N", "one step, then pause"},
    {"+  -", "faster, slower"},
    {"R", "restart the game"},
    {"Tab", "next game"},
    {"F11", "full screen"},
    {"F1", "show or hide these keys"},
    {"Q or Esc", "quit"},
};

static bool load_sdl(struct window *window, struct error *error) {
    window->library = dlopen(SDL_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!window->library) {
        error_set(error, STATUS_FAILED, "%s is missing; tools/install-deps brings it", SDL_LIBRARY);
        return false;
    }
    const char *missing = NULL;
    /* POSIX lets dlsym return functions as void *, ISO C does not; hence the detour. */
#define SDL_LOOK_UP(name)                                                                          \
    *(void **)&window->sdl.name = dlsym(window->library, #name);                                   \
    if (!window->sdl.name)                                                                         \
        missing = #name;
    SDL_FUNCTIONS(SDL_LOOK_UP)
#undef SDL_LOOK_UP
    if (missing)
        error_set(error, STATUS_FAILED, "%s has no %s; tools/install-deps brings a newer one",
                  SDL_LIBRARY, missing);
    return !missing;
}

/* ---- How large ------------------------------------------------------------------------------- */

enum { MAX_FIRST_HEIGHT = 960, MIN_SIDE = 160 };

/* The width of a dot of the screen for its height in pixels: rounded if the error does not show, so
 * that all dots are equal. */
static double scale_across(const struct window *window, double scale) {
    const double exact = scale * window->pixel_aspect;
    const double whole = round(exact);
    return whole >= 1 && fabs(whole - exact) <= 0.03 * exact ? whole : exact;
}

/* The largest scale at which the screen fits; a whole number if it is at least 1. */
static double choose_scale(const struct window *window, int width, int height) {
    const double most =
        fmin((double)height / window->height, width / (window->width * window->pixel_aspect));
    double scale = most < 1 ? most : floor(most);
    if (scale > 1 && scale_across(window, scale) * window->width > width)
        scale--;
    return scale;
}

static int across(const struct window *window, double scale) {
    return (int)lround(scale_across(window, scale) * window->width);
}

static int down(const struct window *window, double scale) {
    return (int)lround(scale * window->height);
}

/* The size of a new window on the display. */
static void choose_size(const struct window *window, int *width, int *height) {
    SDL_Rect bounds = {.w = 1280, .h = 800};
    window->sdl.SDL_GetDisplayUsableBounds(0, &bounds);
    const int room = bounds.h * 85 / 100;
    const double scale = choose_scale(window, bounds.w * 90 / 100,
                                      room < MAX_FIRST_HEIGHT ? room : MAX_FIRST_HEIGHT);
    *width = across(window, scale);
    *height = down(window, scale);
}

static void discard(const struct sdl *sdl, SDL_Texture **texture) {
    if (*texture)
        sdl->SDL_DestroyTexture(*texture);
    *texture = NULL;
}

/*
 * Fits the screen into the window. If a dot is not a whole number of pixels wide, the screen is
 * first enlarged to whole dots and then narrowed: only the pixels between two dots are blended.
 */
static void fit(struct window *window) {
    const struct sdl *sdl = &window->sdl;
    const double scale = choose_scale(window, window->output_width, window->output_height);
    const int wide = across(window, scale);
    const int high = down(window, scale);
    window->place = (SDL_Rect){(window->output_width - wide) / 2,
                               (window->output_height - high) / 2, wide, high};
    const int dot_width = (int)ceil(scale_across(window, scale));
    const int dot_height = (int)ceil(scale);
    discard(sdl, &window->enlarged);
    if (dot_width * window->width == wide && dot_height * window->height == high)
        return;
    window->enlarged =
        sdl->SDL_CreateTexture(window->renderer, SDL_PIXELFORMAT_RGB24, SDL_TEXTUREACCESS_TARGET,
                               dot_width * window->width, dot_height * window->height);
    if (window->enlarged)
        sdl->SDL_SetTextureScaleMode(window->enlarged, SDL_ScaleModeLinear);
}

/* ---- Drawing --------------------------------------------------------------------------------- */

/* The lines to show over the game; returns their number. */
static int choose_lines(const struct window *window, struct window_line *lines) {
    int count = 0;
    if (!window->shows_help) {
        memcpy(lines, window->said, sizeof window->said);
        return window->said_count;
    }
    for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++)
        lines[count++] = own_keys[i];
    for (int i = 0; i < window->help_count && count < WINDOW_MAX_LINES; i++)
        lines[count++] = window->help[i];
    return count;
}

static void make_panel(struct window *window) {
    const struct sdl *sdl = &window->sdl;
    struct window_line lines[WINDOW_MAX_LINES];
    struct picture picture;
    const int count = choose_lines(window, lines);
    discard(sdl, &window->panel);
    if (count == 0)
        return;
    const int scale =
        panel_fit(lines, count, window->output_width * 96 / 100, window->output_height * 96 / 100);
    panel_measure(lines, count, scale, &picture.width, &picture.height);
    picture.rgb = malloc((size_t)picture.height * (size_t)picture.width * 3);
    if (!picture.rgb)
        return; /* the game goes on without */
    panel_draw(&picture, lines, count, scale);
    window->panel = sdl->SDL_CreateTexture(window->renderer, SDL_PIXELFORMAT_RGB24,
                                           SDL_TEXTUREACCESS_STATIC, picture.width, picture.height);
    if (window->panel)
        sdl->SDL_UpdateTexture(window->panel, NULL, picture.rgb, picture.width * 3);
    free(picture.rgb);
    const int x = (window->output_width - picture.width) / 2;
    const int y = (window->output_height - picture.height) / 2;
    /* If it does not fit at all, its beginning shows. */
    window->panel_place = (SDL_Rect){x > 0 ? x : 0, y > 0 ? y : 0, picture.width, picture.height};
}

static void draw(struct window *window) {
    const struct sdl *sdl = &window->sdl;
    int width;
    int height;
    if (sdl->SDL_GetRendererOutputSize(window->renderer, &width, &height) == 0 &&
        (width != window->output_width || height != window->output_height)) {
        window->output_width = width;
        window->output_height = height;
        fit(window);
        discard(sdl, &window->panel);
    }
    if (!window->panel)
        make_panel(window);
    if (window->enlarged) {
        sdl->SDL_SetRenderTarget(window->renderer, window->enlarged);
        sdl->SDL_RenderCopy(window->renderer, window->texture, NULL, NULL);
        sdl->SDL_SetRenderTarget(window->renderer, NULL);
    }
    sdl->SDL_SetRenderDrawColor(window->renderer, 0, 0, 0, SDL_ALPHA_OPAQUE);
    sdl->SDL_RenderClear(window->renderer);
    sdl->SDL_RenderCopy(window->renderer, window->enlarged ? window->enlarged : window->texture,
                        NULL, &window->place);
    if (window->panel)
        sdl->SDL_RenderCopy(window->renderer, window->panel, NULL, &window->panel_place);
    sdl->SDL_RenderPresent(window->renderer);
    window->is_stale = false;
}

void window_show(struct window *window, const uint8_t *rgb) {
    window->sdl.SDL_UpdateTexture(window->texture, NULL, rgb, window->width * 3);
    draw(window);
}

static void renew_panel(struct window *window) {
    discard(&window->sdl, &window->panel);
    window->is_stale = true;
}

void window_say(struct window *window, const struct window_line *lines, int count) {
    if (count == 0 && window->said_count == 0)
        return;
    window->said_count = count < WINDOW_MAX_LINES ? count : WINDOW_MAX_LINES;
    for (int i = 0; i < window->said_count; i++)
        window->said[i] = lines[i];
    renew_panel(window);
}

void window_set_help(struct window *window, const struct window_line *lines, int count) {
    window->help = lines;
    window->help_count = count;
    renew_panel(window);
}

bool window_is_covered(const struct window *window) {
    return window->shows_help && window->key_count > 0;
}

void window_set_title(struct window *window, const char *title) {
    window->sdl.SDL_SetWindowTitle(window->window, title);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

void window_listen(struct window *window, const char *const *names, int count) {
    static const char pad[] = "pad ";
    const struct sdl *sdl = &window->sdl;
    window->key_count = count < WINDOW_MAX_KEYS ? count : WINDOW_MAX_KEYS;
    for (int i = 0; i < window->key_count; i++) {
        const bool is_pad = strncmp(names[i], pad, strlen(pad)) == 0;
        window->keys[i] = (struct key){
            .code = is_pad ? SDLK_UNKNOWN : sdl->SDL_GetKeyFromName(names[i]),
            .pad_button =
                is_pad ? sdl->SDL_GameControllerGetButtonFromString(names[i] + strlen(pad)) : -1,
        };
    }
}

void window_read_keys(struct window *window, uint32_t *order) {
    for (int i = 0; i < window->key_count; i++) {
        struct key *key = &window->keys[i];
        order[i] = key->is_down || key->was_pressed ? key->order : 0;
        key->was_pressed = false;
    }
}

static enum window_command turn_key(struct window *window, struct key *key, bool is_down) {
    if (is_down && !key->is_down) {
        key->order = ++window->press_count;
        key->was_pressed = true;
    }
    key->is_down = is_down;
    return is_down ? WINDOW_KEY : WINDOW_NOTHING;
}

static enum window_command turn_pad(struct window *window, int button, bool is_down) {
    for (int i = 0; i < window->key_count; i++)
        if (window->keys[i].pad_button == button)
            return turn_key(window, &window->keys[i], is_down);
    return WINDOW_NOTHING;
}

/* The stick acts like the cross, from half of its range on. */
static enum window_command move_stick(struct window *window, const SDL_ControllerAxisEvent *event) {
    static const int buttons[2][2] = {
        {SDL_CONTROLLER_BUTTON_DPAD_LEFT, SDL_CONTROLLER_BUTTON_DPAD_RIGHT},
        {SDL_CONTROLLER_BUTTON_DPAD_UP, SDL_CONTROLLER_BUTTON_DPAD_DOWN},
    };
    const int half = SDL_JOYSTICK_AXIS_MAX / 2;
    const int axis = event->axis == SDL_CONTROLLER_AXIS_LEFTX   ? 0
                     : event->axis == SDL_CONTROLLER_AXIS_LEFTY ? 1
                                                                : -1;
    if (axis < 0)
        return WINDOW_NOTHING;
    const int direction = event->value > half ? 1 : event->value < -half ? -1 : 0;
    const int before = window->stick[axis];
    if (direction == before)
        return WINDOW_NOTHING;
    window->stick[axis] = direction;
    if (before != 0)
        turn_pad(window, buttons[axis][before > 0], false);
    return direction != 0 ? turn_pad(window, buttons[axis][direction > 0], true) : WINDOW_NOTHING;
}

static void toggle_full_screen(struct window *window) {
    const struct sdl *sdl = &window->sdl;
    const bool is_full = sdl->SDL_GetWindowFlags(window->window) & SDL_WINDOW_FULLSCREEN_DESKTOP;
    sdl->SDL_SetWindowFullscreen(window->window, is_full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
    sdl->SDL_ShowCursor(is_full ? SDL_ENABLE : SDL_DISABLE);
    window->is_stale = true;
}

static void toggle_help(struct window *window) {
    window->shows_help = !window->shows_help;
    renew_panel(window);
}

/* The command of a key that does not play; a held key repeats only single steps. */
static enum window_command command_of(struct window *window, const SDL_KeyboardEvent *event) {
    const SDL_Keycode code = event->keysym.sym;
    if (event->keysym.mod & (KMOD_CTRL | KMOD_ALT | KMOD_GUI))
        return WINDOW_NOTHING;
    if (code == SDLK_PERIOD || code == SDLK_n)
        return WINDOW_STEP;
    if (event->repeat)
        return WINDOW_NOTHING;
    switch (code) {
    case SDLK_SPACE:
        return WINDOW_PAUSE;
    case SDLK_EQUALS: /* '+' without shift on many keyboards */
    case SDLK_PLUS:
    case SDLK_KP_PLUS:
        return WINDOW_FASTER;
    case SDLK_MINUS:
    case SDLK_KP_MINUS:
        return WINDOW_SLOWER;
    case SDLK_r:
        return WINDOW_RESTART;
    case SDLK_TAB:
        return WINDOW_NEXT;
    case SDLK_q:
        return WINDOW_QUIT;
    case SDLK_ESCAPE:
        if (!window->shows_help)
            return WINDOW_QUIT;
        toggle_help(window);
        return WINDOW_NOTHING;
    case SDLK_F1:
        toggle_help(window);
        return WINDOW_NOTHING;
    case SDLK_F11:
        toggle_full_screen(window);
        return WINDOW_NOTHING;
    default:
        return WINDOW_NOTHING;
    }
}

static enum window_command handle_key(struct window *window, const SDL_KeyboardEvent *event) {
    const bool is_down = event->type == SDL_KEYDOWN;
    for (int i = 0; i < window->key_count; i++)
        if (window->keys[i].code != SDLK_UNKNOWN && window->keys[i].code == event->keysym.sym)
            return turn_key(window, &window->keys[i], is_down);
    return is_down ? command_of(window, event) : WINDOW_NOTHING;
}

static enum window_command handle(struct window *window, const SDL_Event *event) {
    switch (event->type) {
    case SDL_QUIT:
        return WINDOW_QUIT;
    case SDL_KEYDOWN:
    case SDL_KEYUP:
        return handle_key(window, &event->key);
    case SDL_CONTROLLERDEVICEADDED:
        window->sdl.SDL_GameControllerOpen(event->cdevice.which);
        return WINDOW_NOTHING;
    case SDL_CONTROLLERBUTTONDOWN:
        return turn_pad(window, event->cbutton.button, true);
    case SDL_CONTROLLERBUTTONUP:
        return turn_pad(window, event->cbutton.button, false);
    case SDL_CONTROLLERAXISMOTION:
        return move_stick(window, &event->caxis);
    case SDL_WINDOWEVENT: /* moved, resized, uncovered */
    case SDL_RENDER_TARGETS_RESET:
        window->is_stale = true;
        return WINDOW_NOTHING;
    default:
        return WINDOW_NOTHING;
    }
}

/*
 * Polls SDL every few milliseconds. SDL 2.26 wakes its own wait by a message to the window; if the
 * window was just closed, that error ends the program.
 */
enum window_command window_wait(struct window *window, double seconds) {
    const struct sdl *sdl = &window->sdl;
    const double end = clock_seconds() + seconds;
    for (;;) {
        SDL_Event event;
        while (sdl->SDL_PollEvent(&event)) {
            const enum window_command command = handle(window, &event);
            if (command != WINDOW_NOTHING)
                return command;
        }
        if (window->is_stale)
            draw(window);
        const double left = end - clock_seconds();
        if (left <= 0)
            return WINDOW_NOTHING;
        clock_sleep(fmin(left, glance_seconds));
    }
}

/* ---- Opening and closing --------------------------------------------------------------------- */

/*
 * The drivers that have a display, or NULL. By default SDL falls back to a driver that shows
 * nothing. If SDL_VIDEODRIVER is set, the user has chosen.
 */
static const char *drivers_with_display(void) {
    const char *chosen = getenv("SDL_VIDEODRIVER");
    const bool x11 = getenv("DISPLAY") != NULL;
    const bool wayland = getenv("WAYLAND_DISPLAY") != NULL;
    if (chosen)
        return chosen;
    if (x11 && wayland)
        return "x11,wayland";
    if (x11)
        return "x11";
    return wayland ? "wayland" : NULL;
}

static bool create_window(struct window *window, const char *title) {
    const struct sdl *sdl = &window->sdl;
    int width;
    int height;
    sdl->SDL_SetHint(SDL_HINT_VIDEODRIVER, drivers_with_display());
    if (sdl->SDL_Init(SDL_INIT_VIDEO) != 0)
        return false;
    sdl->SDL_Init(SDL_INIT_GAMECONTROLLER); /* a keyboard does, too */
    choose_size(window, &width, &height);
    window->window =
        sdl->SDL_CreateWindow(title, (int)SDL_WINDOWPOS_CENTERED, (int)SDL_WINDOWPOS_CENTERED,
                              width, height, SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (!window->window)
        return false;
    sdl->SDL_SetWindowMinimumSize(window->window, MIN_SIDE, MIN_SIDE);
    window->renderer = sdl->SDL_CreateRenderer(window->window, -1, 0);
    if (!window->renderer)
        return false;
    window->texture =
        sdl->SDL_CreateTexture(window->renderer, SDL_PIXELFORMAT_RGB24, SDL_TEXTUREACCESS_STREAMING,
                               window->width, window->height);
    return window->texture != NULL;
}

enum status window_open(const struct window_request *request, struct window **window,
                        struct error *error) {
    if (!drivers_with_display())
        return error_set(error, STATUS_FAILED,
                         "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set");
    struct window *opened = calloc(1, sizeof *opened);
    if (!opened)
        return error_set(error, STATUS_FAILED, "out of memory for a window");
    opened->height = request->height;
    opened->width = request->width;
    opened->pixel_aspect = request->pixel_aspect > 0 ? request->pixel_aspect : 1;
    if (load_sdl(opened, error)) {
        if (create_window(opened, request->title)) {
            *window = opened;
            return STATUS_OK;
        }
        error_set(error, STATUS_FAILED, "no window can be opened on the display (%s)",
                  opened->sdl.SDL_GetError());
    }
    window_close(opened);
    return error->status;
}

void window_close(struct window *window) {
    if (!window)
        return;
    const struct sdl *sdl = &window->sdl;
    discard(sdl, &window->panel);
    discard(sdl, &window->enlarged);
    discard(sdl, &window->texture);
    if (window->renderer)
        sdl->SDL_DestroyRenderer(window->renderer);
    if (window->window)
        sdl->SDL_DestroyWindow(window->window);
    if (sdl->SDL_Quit)
        sdl->SDL_Quit();
    /* The library stays loaded: its drivers may have left handlers behind. */
    free(window);
}
