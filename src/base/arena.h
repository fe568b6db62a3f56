/*
 * One block of memory that a parent and the children it forks share.
 *
 * The supervisor creates the arena (anonymous memory, mapped shared, its pages taken) and hands out
 * pieces before it forks; children inherit the mapping at the same address, so plain pointers into
 * it work in every process. Nothing has a name in a file system, so nothing is left behind, whoever
 * is killed.
 *
 *     struct arena arena;
 *     if (arena_create(&arena, bytes, error) != STATUS_OK) ...
 *     struct ring *ring = arena_take(&arena, sizeof *ring);
 */
#ifndef ASYNCRL_BASE_ARENA_H
#define ASYNCRL_BASE_ARENA_H

#include "base/status.h"

#include <stddef.h>

struct arena {
    char *memory;
    size_t size;
    size_t used;
};

/* What arena_take adds to each piece at most: pieces start on a cache line of their own. */
enum { ARENA_ALIGNMENT = 128 };

/* Maps size bytes, zeroed. Fails when the machine cannot give that much. */
enum status arena_create(struct arena *arena, size_t size, struct error *error);

/* The next size bytes, zeroed and aligned; NULL when the arena is used up. Before the fork only. */
void *arena_take(struct arena *arena, size_t size);

/* Unmaps the arena in this process. */
void arena_destroy(struct arena *arena);

#endif
