/*
 * One block of memory that a parent and the children it forks share.
 *
 * The supervisor creates the arena (anonymous memory, mapped shared, its pages taken) and hands out
 * pieces before it forks; children inherit the mapping at the same address, so plain pointers into
 * it work in every process. The memory has no name in a file system, so a killed process leaves
 * nothing behind.
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

/* The most that arena_take adds to a piece: each piece starts on its own cache line. */
enum { ARENA_ALIGNMENT = 128 };

/* Maps size bytes, zeroed. Fails when the machine has not enough memory. */
enum status arena_create(struct arena *arena, size_t size, struct error *error);

/* Returns the next size bytes, zeroed and aligned; NULL when the arena is used up. Call it before
 * the fork only. */
void *arena_take(struct arena *arena, size_t size);

/* Unmaps the arena in this process. */
void arena_destroy(struct arena *arena);

#endif
