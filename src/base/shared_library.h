/*
 * Shared libraries that are loaded while the program runs: those that only one command needs, and
 * those that users name. A table gives each function its place in a struct of pointers:
 *
 *     struct song { int (*play)(int note); };
 *     static const struct shared_symbol symbols[] = {{"song_play", offsetof(struct song, play)}};
 *     missing = shared_library_find_all(library, symbols, 1, &song);
 */
#ifndef ASYNCRL_BASE_SHARED_LIBRARY_H
#define ASYNCRL_BASE_SHARED_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

struct shared_library;

/* The code that sees the symbols of a library. */
enum shared_library_scope {
    SHARED_LIBRARY_LOCAL,  /* code that asks it for them */
    SHARED_LIBRARY_GLOBAL, /* also all libraries that are loaded later */
};

/* A function of a library and its place in the caller's struct. */
struct shared_symbol {
    const char *name;
    size_t offset; /* in bytes, of a pointer to the function */
};

/*
 * Loads the library that the dynamic loader finds by name: a path if it has a '/'. NULL: it cannot
 * be loaded; reason (unless that is NULL) is then the loader's own line, which is valid until this
 * thread loads another library.
 */
struct shared_library *shared_library_open(const char *name, enum shared_library_scope scope,
                                           const char **reason);

/* Whether the process has loaded a library by that name and not closed it. */
bool shared_library_is_loaded(const char *name);

/* The address of a symbol; NULL: the library has none. */
void *shared_library_find(struct shared_library *library, const char *name);

/*
 * Writes the addresses of all functions of the table to the struct at functions, NULL for a missing
 * one. Returns the name of the last one that is missing; NULL: the library has all.
 */
const char *shared_library_find_all(struct shared_library *library,
                                    const struct shared_symbol *symbols, size_t count,
                                    void *functions);

/* Ends one shared_library_open; NULL is ignored. */
void shared_library_close(struct shared_library *library);

#endif
