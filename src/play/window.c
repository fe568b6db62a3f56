#include "play/window.h"
#include "play/keys.h"
#include "play/panel.h"
#include "play/scale.h"
#include "play/sdl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct window {
    struct sdl sdl;
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture; /* the screen */
    SDL_Texture
        *enlarged;      /* the screen with each pixel enlarged to a rectangle; NULL: not needed */
    SDL_Texture *panel; /* the overlay; NULL: none, or not drawn yet */
    SDL_Rect place;     /* of the game */
    SDL_Rect panel_place;
    struct screen_shape shape;
    int output_width; /* for which places and textures were made */
    int output_height;
    struct keys keys;
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

/* ---- How large ------------------------------------------------------------------------------- */

enum { MAX_FIRST_HEIGHT = 960, MIN_SIDE = 160 };

/* The size of a new window on the display. */
static void choose_size(const struct window *window, int *width, int *height) {
    SDL_Rect bounds = {.w = 1280, .h = 800};
    window->sdl.SDL_GetDisplayUsableBounds(0, &bounds);
    const int room = bounds.h * 85 / 100;
    const double scale = scale_choose(&window->shape, bounds.w * 90 / 100,
                                      room < MAX_FIRST_HEIGHT ? room : MAX_FIRST_HEIGHT);
    *width = scale_width(&window->shape, scale);
    *height = scale_height(&window->shape, scale);
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
    const double scale = scale_choose(&window->shape, window->output_width, window->output_height);
    const int wide = scale_width(&window->shape, scale);
    const int high = scale_height(&window->shape, scale);
    window->place = (SDL_Rect){(window->output_width - wide) / 2,
                               (window->output_height - high) / 2, wide, high};
    const int dot_width = (int)ceil(scale_across(&window->shape, scale));
    const int dot_height = (int)ceil(scale);
    discard(sdl, &window->enlarged);
    if (dot_width * window->shape.width == wide && dot_height * window->shape.height == high)
        return;
    window->enlarged =
        sdl->SDL_CreateTexture(window->renderer, SDL_PIXELFORMAT_RGB24, SDL_TEXTUREACCESS_TARGET,
                               dot_width * window->shape.width, dot_height * window->shape.height);
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
    window->sdl.SDL_UpdateTexture(window->texture, NULL, rgb, window->shape.width * 3);
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
    return window->shows_help && window->keys.count > 0;
}

void window_set_title(struct window *window, const char *title) {
    window->sdl.SDL_SetWindowTitle(window->window, title);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

void window_listen(struct window *window, const char *const *names, int count) {
    keys_listen(&window->keys, &window->sdl, names, count);
}

void window_read_keys(struct window *window, uint32_t *order) {
    keys_read(&window->keys, order);
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
    if (keys_turn(&window->keys, event->keysym.sym, is_down))
        return is_down ? WINDOW_KEY : WINDOW_NOTHING;
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
        return keys_turn_pad(&window->keys, event->cbutton.button, true) ? WINDOW_KEY
                                                                         : WINDOW_NOTHING;
    case SDL_CONTROLLERBUTTONUP:
        keys_turn_pad(&window->keys, event->cbutton.button, false);
        return WINDOW_NOTHING;
    case SDL_CONTROLLERAXISMOTION:
        return keys_move_stick(&window->keys, &event->caxis) ? WINDOW_KEY : WINDOW_NOTHING;
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
                               window->shape.width, window->shape.height);
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
    opened->shape = (struct screen_shape){
        .height = request->height,
        .width = request->width,
        .pixel_aspect = request->pixel_aspect > 0 ? request->pixel_aspect : 1,
    };
    if (sdl_load(&opened->sdl, error) == STATUS_OK) {
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
    free(window);
}
