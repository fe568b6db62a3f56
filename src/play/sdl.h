/* SDL2, which is loaded at run time: only a window needs it. No other file includes its header. */
#ifndef ASYNCRL_PLAY_SDL_H
#define ASYNCRL_PLAY_SDL_H

#include "base/base.h"

#include <SDL2/SDL.h>

/* The functions that are used. */
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

/*
 * Loads the library, which stays loaded until the process ends: its drivers may leave handlers
 * behind. STATUS_FAILED: it is missing, or too old.
 */
enum status sdl_load(struct sdl *sdl, struct error *error);

#endif
