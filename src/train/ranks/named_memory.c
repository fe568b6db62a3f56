#include "train/ranks/named_memory.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file larger than `ulimit -f` would end the process. */
static bool is_allowed(size_t size) {
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && size <= limit.rlim_cur;
}

static void map(struct named_memory *memory, size_t size, int file) {
    void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED)
        *memory = (struct named_memory){.memory = mapped, .size = size};
}

void named_memory_create(struct named_memory *memory, size_t size, struct memory_name *name) {
    uint64_t number[2];
    *memory = (struct named_memory){0};
    *name = (struct memory_name){0};
    if (!is_allowed(size) || getrandom(number, sizeof number, 0) != sizeof number)
        return;
    snprintf(name->text, sizeof name->text, "/asyncrl-%016llx%016llx",
             (unsigned long long)number[0], (unsigned long long)number[1]);
    const int file = shm_open(name->text, O_RDWR | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
    if (file >= 0 && posix_fallocate(file, 0, (off_t)size) == 0)
        map(memory, size, file);
    if (file >= 0)
        close(file);
    if (file >= 0 && !memory->memory)
        named_memory_remove(name);
    if (!memory->memory)
        *name = (struct memory_name){0};
}

void named_memory_open(struct named_memory *memory, size_t size, const struct memory_name *name) {
    *memory = (struct named_memory){0};
    const int file = name->text[0] ? shm_open(name->text, O_RDWR, 0) : -1;
    if (file < 0)
        return;
    map(memory, size, file);
    close(file);
}

void named_memory_remove(const struct memory_name *name) {
    if (name->text[0])
        shm_unlink(name->text);
}

void named_memory_close(struct named_memory *memory) {
    if (memory->memory)
        munmap(memory->memory, memory->size);
    *memory = (struct named_memory){0};
}
