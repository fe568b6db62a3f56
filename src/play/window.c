/* The one file that knows SDL2, which it loads itself: only a game that is shown needs it. */
#include "play/window.h"

#include <SDL2/SDL.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define SDL_LIBRARY "libSDL2-2.0.so.0"

#define SDL_FUNCTIONS(X)                                                                           \
    X(SDL_Init)                                                                                    \
    X(SDL_Quit)                                                                                    \
    X(SDL_SetHint)                                                                                 \
    X(SDL_GetError)                                                                                \
    X(SDL_GetDesktopDisplayMode)                                                                   \
    X(SDL_CreateWindow)                                                                            \
    X(SDL_SetWindowTitle)                                                                          \
    X(SDL_DestroyWindow)                                                                           \
    X(SDL_CreateRenderer)                                                                          \
    X(SDL_DestroyRenderer)                                                                         \
    X(SDL_RenderSetLogicalSize)                                                                    \
    X(SDL_RenderSetIntegerScale)                                                                   \
    X(SDL_CreateTexture)                                                                           \
    X(SDL_DestroyTexture)                                                                          \
    X(SDL_UpdateTexture)                                                                           \
    X(SDL_RenderClear)                                                                             \
    X(SDL_RenderCopy)                                                                              \
    X(SDL_RenderPresent)                                                                           \
    X(SDL_PollEvent)

struct sdl {
#define SDL_FIELD(name) __typeof__(name) *(name);
    SDL_FUNCTIONS(SDL_FIELD)
#undef SDL_FIELD
};

struct window {
    struct sdl sdl;
    void *library;
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
    int width;
};

static bool load_sdl(struct window *window, struct error *error) {
    window->library = dlopen(SDL_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!window->library) {
        error_set(error, STATUS_FAILED, "%s is missing; tools/install-deps brings it", SDL_LIBRARY);
        return false;
    }
    const char *missing = NULL;
    /* POSIX lets dlsym answer functions as void *, ISO C does not know that; hence the detour. */
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

/* The largest whole number of times, up to 4, that the picture fits into most of the display. */
static int choose_scale(const struct sdl *sdl, int height, int width) {
    SDL_DisplayMode mode;
    int scale = 4;
    if (sdl->SDL_GetDesktopDisplayMode(0, &mode) != 0)
        return scale;
    while (scale > 1 && (scale * width > mode.w * 9 / 10 || scale * height > mode.h * 9 / 10))
        scale--;
    return scale;
}

/*
 * The drivers that have a display to show on, or NULL. Left to itself SDL falls back on one that
 * shows nothing at all. Who sets SDL_VIDEODRIVER has chosen already.
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

static bool create_window(struct window *window, const char *title, int height, int width) {
    const struct sdl *sdl = &window->sdl;
    sdl->SDL_SetHint(SDL_HINT_VIDEODRIVER, drivers_with_display());
    if (sdl->SDL_Init(SDL_INIT_VIDEO) != 0)
        return false;
    const int scale = choose_scale(sdl, height, width);
    window->window =
        sdl->SDL_CreateWindow(title, (int)SDL_WINDOWPOS_CENTERED, (int)SDL_WINDOWPOS_CENTERED,
                              width * scale, height * scale, SDL_WINDOW_RESIZABLE);
    if (!window->window)
        return false;
    window->renderer = sdl->SDL_CreateRenderer(window->window, -1, 0);
    if (!window->renderer)
        return false;
    sdl->SDL_RenderSetLogicalSize(window->renderer, width, height);
    sdl->SDL_RenderSetIntegerScale(window->renderer, SDL_TRUE);
    window->texture = sdl->SDL_CreateTexture(window->renderer, SDL_PIXELFORMAT_RGB24,
                                             SDL_TEXTUREACCESS_STREAMING, width, height);
    window->width = width;
    return window->texture != NULL;
}

enum status window_open(const char *title, int height, int width, struct window **window,
                        struct error *error) {
    if (!drivers_with_display())
        return error_set(error, STATUS_FAILED,
                         "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set");
    struct window *opened = calloc(1, sizeof *opened);
    if (!opened)
        return error_set(error, STATUS_FAILED, "out of memory for a window");
    if (load_sdl(opened, error)) {
        if (create_window(opened, title, height, width)) {
            *window = opened;
            return STATUS_OK;
        }
        error_set(error, STATUS_FAILED, "no window can be opened on the display (%s)",
                  opened->sdl.SDL_GetError());
    }
    window_close(opened);
    return error->status;
}

void window_set_title(struct window *window, const char *title) {
    window->sdl.SDL_SetWindowTitle(window->window, title);
}

bool window_show(struct window *window, const uint8_t *rgb) {
    const struct sdl *sdl = &window->sdl;
    SDL_Event event;
    while (sdl->SDL_PollEvent(&event))
        if (event.type == SDL_QUIT ||
            (event.type == SDL_KEYDOWN && event.key.keysym.sym == SDLK_ESCAPE))
            return false;
    sdl->SDL_UpdateTexture(window->texture, NULL, rgb, window->width * 3);
    sdl->SDL_RenderClear(window->renderer);
    sdl->SDL_RenderCopy(window->renderer, window->texture, NULL, NULL);
    sdl->SDL_RenderPresent(window->renderer);
    return true;
}

void window_close(struct window *window) {
    if (!window)
        return;
    const struct sdl *sdl = &window->sdl;
    if (window->texture)
        sdl->SDL_DestroyTexture(window->texture);
    if (window->renderer)
        sdl->SDL_DestroyRenderer(window->renderer);
    if (window->window)
        sdl->SDL_DestroyWindow(window->window);
    if (sdl->SDL_Quit)
        sdl->SDL_Quit();
    /* The library stays loaded: drivers that it brought along may have left handlers behind. */
    free(window);
}
