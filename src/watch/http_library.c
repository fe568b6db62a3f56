#include "watch/http_library.h"

#define HTTP_LIBRARY "libmicrohttpd.so.12"

static const struct shared_symbol symbols[] = {
#define HTTP_SYMBOL(name) {#name, offsetof(struct http_library, name)},
    HTTP_FUNCTIONS(HTTP_SYMBOL)
#undef HTTP_SYMBOL
};

enum status http_library_load(struct http_library *library, struct error *error) {
    library->handle = shared_library_open(HTTP_LIBRARY, SHARED_LIBRARY_LOCAL, NULL);
    if (!library->handle)
        return error_set(error, STATUS_BAD_INPUT,
                         "the page needs %s, which is missing; tools/install-deps brings it",
                         HTTP_LIBRARY);
    const char *missing = shared_library_find_all(library->handle, symbols,
                                                  sizeof symbols / sizeof *symbols, library);
    if (!missing)
        return STATUS_OK;
    shared_library_close(library->handle);
    return error_set(error, STATUS_BAD_INPUT, "%s has no %s; tools/install-deps brings a newer one",
                     HTTP_LIBRARY, missing);
}
