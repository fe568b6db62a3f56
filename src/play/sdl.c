#include "play/sdl.h"

#define SDL_LIBRARY "libSDL2-2.0.so.0"

static const struct shared_symbol symbols[] = {
#define SDL_SYMBOL(name) {#name, offsetof(struct sdl, name)},
    SDL_FUNCTIONS(SDL_SYMBOL)
#undef SDL_SYMBOL
};

enum status sdl_load(struct sdl *sdl, struct error *error) {
    struct shared_library *library = shared_library_open(SDL_LIBRARY, SHARED_LIBRARY_LOCAL, NULL);
    if (!library)
        return error_set(error, STATUS_FAILED, "%s is missing; tools/install-deps brings it",
                         SDL_LIBRARY);
    const char *missing =
        shared_library_find_all(library, symbols, sizeof symbols / sizeof *symbols, sdl);
    if (missing)
        return error_set(error, STATUS_FAILED,
                         "%s has no %s; tools/install-deps brings a newer one", SDL_LIBRARY,
                         missing);
    return STATUS_OK;
}
