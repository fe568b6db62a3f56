#include "base/arena.h"

#include "base/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static enum status arena_fail(struct error *error, size_t size, int reason) {
    return error_set(error, STATUS_FAILED,
                     "cannot share %.1f MiB of memory between the processes: %s; use fewer "
                     "--processes or a smaller --queue_size",
                     (double)size / (1 << 20), strerror(reason));
}

enum status arena_create(struct arena *arena, size_t size, struct error *error) {
    if (size > memory_available())
        return arena_fail(error, size, ENOMEM);
    /* Not a memfd, which `ulimit -f` limits like a file. */
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return arena_fail(error, size, errno);
    /* Taken now: a shortage shows at the start, not in the middle of a run. */
    memset(memory, 0, size);
    *arena = (struct arena){.memory = memory, .size = size};
    return STATUS_OK;
}

void *arena_take(struct arena *arena, size_t size) {
    const size_t start = (arena->used + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
    if (start > arena->size || size > arena->size - start)
        return NULL;
    arena->used = start + size;
    return arena->memory + start;
}

void arena_destroy(struct arena *arena) {
    if (arena->memory)
        munmap(arena->memory, arena->size);
    *arena = (struct arena){0};
}
