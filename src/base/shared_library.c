#include "base/shared_library.h"

#include <dlfcn.h>
#include <string.h>

/* The loader's handle is the library: struct shared_library gives it a type of its own and is never
 * defined. */

struct shared_library *shared_library_open(const char *name, enum shared_library_scope scope,
                                           const char **reason) {
    void *handle =
        dlopen(name, RTLD_NOW | (scope == SHARED_LIBRARY_GLOBAL ? RTLD_GLOBAL : RTLD_LOCAL));
    if (!handle && reason)
        *reason = dlerror();
    return handle;
}

bool shared_library_is_loaded(const char *name) {
    void *handle = dlopen(name, RTLD_NOW | RTLD_NOLOAD);
    if (handle)
        dlclose(handle);
    return handle;
}

void *shared_library_find(struct shared_library *library, const char *name) {
    return dlsym(library, name);
}

const char *shared_library_find_all(struct shared_library *library,
                                    const struct shared_symbol *symbols, size_t count,
                                    void *functions) {
    const char *missing = NULL;
    for (size_t i = 0; i < count; i++) {
        void *address = dlsym(library, symbols[i].name);
        /* POSIX lets dlsym return functions as void *, ISO C knows no such conversion; hence the
         * copy of bytes. */
        memcpy((char *)functions + symbols[i].offset, &address, sizeof address);
        if (!address)
            missing = symbols[i].name;
    }
    return missing;
}

void shared_library_close(struct shared_library *library) {
    if (library)
        dlclose(library);
}
