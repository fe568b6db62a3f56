/*
 * Memory that processes of one machine share by a name, because they have no parent in common. The
 * name is removed once all of them have opened the memory. Any thread.
 */
#ifndef ASYNCRL_TRAIN_RANKS_NAMED_MEMORY_H
#define ASYNCRL_TRAIN_RANKS_NAMED_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct named_memory {
    void *memory; /* zeros at first; NULL: there is none */
    size_t size;
};

struct memory_name {
    char text[48]; /* "": none */
};

/* Makes memory of size bytes, with all its pages allocated, under a name that no other machine
 * uses. On failure memory->memory is NULL and the name is "". */
void named_memory_create(struct named_memory *memory, size_t size, struct memory_name *name);

/* Opens the memory of that name. If this machine has none, memory->memory is NULL. */
void named_memory_open(struct named_memory *memory, size_t size, const struct memory_name *name);

/* Removes the name; ranks that have opened the memory keep it. */
void named_memory_remove(const struct memory_name *name);

/* memory->memory NULL is ignored. */
void named_memory_close(struct named_memory *memory);

#endif
