/*
 * Memory that processes of one machine share by a name, because they have no parent in common. The
 * name is for the others to open it by, and is removed once they have. Any thread.
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

/* Makes memory under a name that no other machine has either; it is taken, so no page is missing
 * later. If that cannot be, there is neither memory nor a name. */
void named_memory_create(struct named_memory *memory, size_t size, struct memory_name *name);

/* No memory if this machine has none of that name. */
void named_memory_open(struct named_memory *memory, size_t size, const struct memory_name *name);

/* Removes the name; ranks that have opened the memory keep it. */
void named_memory_remove(const struct memory_name *name);

/* No memory is ignored. */
void named_memory_close(struct named_memory *memory);

#endif
