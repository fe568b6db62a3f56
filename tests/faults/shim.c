/*
 * Makes system calls and allocations fail, in the program as it is (LD_PRELOAD).
 *
 * ASYNCRL_FAULT_TABLE names a file that counts calls: struct table, of zeros at first. All
 * processes of a run share it; for each process name it holds the most calls of each kind that one
 * process of that name made.
 *
 * ASYNCRL_FAULT is "PROCESS KIND N TIMES ERRNO": in the process of that name (asyncrl-learn), the
 * N-th call of that kind and the TIMES - 1 after it fail with that errno. TIMES = 0: that one and
 * all later ones.
 *
 * A call of stdio, of the C library, within the library itself cannot be caught, so `flush` fails
 * fflush and fclose in their place.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind {
    KIND_WRITE,
    KIND_SHORT, /* a write that writes half of its bytes, and succeeds */
    KIND_FSYNC,
    KIND_RENAME,
    KIND_OPEN,
    KIND_CLOSE,
    KIND_READ,
    KIND_TRUNCATE,
    KIND_FLUSH,
    KIND_MKDIR,
    KIND_MEMORY,
    KIND_MAP,
    KIND_FORK,
    KIND_COUNT
};

static const char *const kind_names[KIND_COUNT] = {"write",  "short", "fsync",    "rename", "open",
                                                   "close",  "read",  "truncate", "flush",  "mkdir",
                                                   "memory", "map",   "fork"};

enum { NAME_SIZE = 16, MAX_PROCESSES = 64 };

/* tests/faults/faults.py reads it. */
struct table {
    _Atomic int64_t faults; /* calls that were made to fail */
    struct {
        _Atomic int64_t taken;
        char name[NAME_SIZE];
        _Atomic int64_t calls[KIND_COUNT];
    } rows[MAX_PROCESSES];
};

struct fault {
    char process[NAME_SIZE];
    int kind; /* -1: calls are only counted */
    int64_t first;
    int64_t times;
    int code;
};

static struct table *table; /* NULL: nothing is counted and nothing fails */
static struct fault fault = {.kind = -1};
static _Atomic int64_t calls[KIND_COUNT]; /* of this process */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

/* The C library's own function of that name. */
static void *original(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

static void forget_calls(void) {
    for (int i = 0; i < KIND_COUNT; i++)
        atomic_store(&calls[i], 0);
}

static void read_fault(const char *text) {
    char kind[16];
    long long first;
    long long times;
    if (sscanf(text, "%15s %15s %lld %lld %d", fault.process, kind, &first, &times, &fault.code) !=
        5)
        abort();
    fault.first = first;
    fault.times = times;
    for (int i = 0; i < KIND_COUNT; i++)
        if (strcmp(kind, kind_names[i]) == 0)
            fault.kind = i;
    if (fault.kind < 0)
        abort();
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("ASYNCRL_FAULT_TABLE");
    const char *text = getenv("ASYNCRL_FAULT");
    if (!path)
        return;
    const int file = open(path, O_RDWR | O_CLOEXEC);
    void *memory = file < 0
                       ? MAP_FAILED
                       : mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED)
        abort();
    close(file);
    if (text)
        read_fault(text);
    pthread_atfork(NULL, NULL, forget_calls);
    table = memory;
}

/* The row of the process of that name; -1: no row is left. */
static int find_row(const char name[NAME_SIZE]) {
    for (int i = 0; i < MAX_PROCESSES; i++) {
        int64_t nobody = 0;
        if (atomic_compare_exchange_strong(&table->rows[i].taken, &nobody, 1)) {
            memcpy(table->rows[i].name, name, NAME_SIZE);
            atomic_store(&table->rows[i].taken, 2);
        }
        while (atomic_load(&table->rows[i].taken) != 2) {
        }
        if (memcmp(table->rows[i].name, name, NAME_SIZE) == 0)
            return i;
    }
    return -1;
}

/* Counts a call; true if it must fail, with errno set. */
static bool fails(enum kind kind) {
    if (!table)
        return false;
    const int saved = errno;
    char name[NAME_SIZE] = {0};
    prctl(PR_GET_NAME, name);
    const int64_t number = atomic_fetch_add(&calls[kind], 1) + 1;
    const int row = find_row(name);
    if (row >= 0) {
        int64_t most = atomic_load(&table->rows[row].calls[kind]);
        while (number > most &&
               !atomic_compare_exchange_weak(&table->rows[row].calls[kind], &most, number)) {
        }
    }
    errno = saved;
    if ((int)kind != fault.kind || strcmp(name, fault.process) != 0 || number < fault.first)
        return false;
    if (atomic_fetch_add(&table->faults, 1) >= fault.times && fault.times > 0)
        return false;
    errno = fault.code;
    return true;
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* Output on stderr always gets through, because the program reports faults there. */
static bool write_fails(int file) {
    return file > STDERR_FILENO && fails(KIND_WRITE);
}

static size_t given(int file, size_t size) {
    return file > STDERR_FILENO && size > 1 && fails(KIND_SHORT) ? size / 2 : size;
}

ssize_t write(int file, const void *data, size_t size) {
    return write_fails(file) ? -1 : syscall(SYS_write, file, data, given(file, size));
}

ssize_t pwrite(int file, const void *data, size_t size, off_t place) {
    return write_fails(file) ? -1 : syscall(SYS_pwrite64, file, data, given(file, size), place);
}

ssize_t pwrite64(int file, const void *data, size_t size, off_t place) {
    return write_fails(file) ? -1 : syscall(SYS_pwrite64, file, data, given(file, size), place);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    return write_fails(file) ? -1 : syscall(SYS_writev, file, parts, count);
}

ssize_t read(int file, void *data, size_t size) {
    return fails(KIND_READ) ? -1 : syscall(SYS_read, file, data, size);
}

ssize_t pread(int file, void *data, size_t size, off_t place) {
    return fails(KIND_READ) ? -1 : syscall(SYS_pread64, file, data, size, place);
}

ssize_t pread64(int file, void *data, size_t size, off_t place) {
    return fails(KIND_READ) ? -1 : syscall(SYS_pread64, file, data, size, place);
}

int fsync(int file) {
    return fails(KIND_FSYNC) ? -1 : (int)syscall(SYS_fsync, file);
}

int fdatasync(int file) {
    return fails(KIND_FSYNC) ? -1 : (int)syscall(SYS_fdatasync, file);
}

int rename(const char *from, const char *to) {
    return fails(KIND_RENAME) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return fails(KIND_RENAME) ? -1
                              : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    return fails(KIND_RENAME)
               ? -1
               : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

int close(int file) {
    const bool failed = fails(KIND_CLOSE);
    const int code = errno;
    const int closed = (int)syscall(SYS_close, file);
    if (failed)
        errno = code;
    return failed ? -1 : closed;
}

int ftruncate(int file, off_t size) {
    return fails(KIND_TRUNCATE) ? -1 : (int)syscall(SYS_ftruncate, file, size);
}

int ftruncate64(int file, off_t size) {
    return fails(KIND_TRUNCATE) ? -1 : (int)syscall(SYS_ftruncate, file, size);
}

int mkdir(const char *path, mode_t mode) {
    return fails(KIND_MKDIR) ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

/* The argument behind flags: a mode, if the call may create a file. */
static int open_file(int folder, const char *path, int flags, va_list rest) {
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    return fails(KIND_OPEN) ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const int file = open_file(AT_FDCWD, path, flags, rest);
    va_end(rest);
    return file;
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const int file = open_file(AT_FDCWD, path, flags, rest);
    va_end(rest);
    return file;
}

int openat(int folder, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const int file = open_file(folder, path, flags, rest);
    va_end(rest);
    return file;
}

int openat64(int folder, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const int file = open_file(folder, path, flags, rest);
    va_end(rest);
    return file;
}

DIR *opendir(const char *path) {
    DIR *(*const there)(const char *) = original("opendir");
    return fails(KIND_OPEN) ? NULL : there(path);
}

FILE *fopen(const char *path, const char *mode) {
    FILE *(*const there)(const char *, const char *) = original("fopen");
    return fails(KIND_OPEN) ? NULL : there(path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
    FILE *(*const there)(const char *, const char *) = original("fopen64");
    return fails(KIND_OPEN) ? NULL : there(path, mode);
}

static int flush(int (*there)(FILE *), FILE *stream) {
    const bool failed = stream && fails(KIND_FLUSH);
    const int code = errno;
    const int flushed = there(stream);
    if (failed)
        errno = code;
    return failed ? EOF : flushed;
}

int fflush(FILE *stream) {
    int (*const there)(FILE *) = original("fflush");
    return flush(there, stream);
}

int fclose(FILE *stream) {
    int (*const there)(FILE *) = original("fclose");
    return flush(there, stream);
}

/* ---- Memory and processes -------------------------------------------------------------------- */

void *malloc(size_t size) {
    return fails(KIND_MEMORY) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return fails(KIND_MEMORY) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    return fails(KIND_MEMORY) ? NULL : __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    return fails(KIND_MEMORY) ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return fails(KIND_MEMORY) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (fails(KIND_MEMORY))
        return ENOMEM;
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

static void *map(void *place, size_t size, int access, int flags, int file, off_t offset) {
    void *(*const there)(void *, size_t, int, int, int, off_t) = original("mmap");
    return fails(KIND_MAP) ? MAP_FAILED : there(place, size, access, flags, file, offset);
}

void *mmap(void *place, size_t size, int access, int flags, int file, off_t offset) {
    return map(place, size, access, flags, file, offset);
}

void *mmap64(void *place, size_t size, int access, int flags, int file, off_t offset) {
    return map(place, size, access, flags, file, offset);
}

pid_t fork(void) {
    pid_t (*const there)(void) = original("fork");
    return fails(KIND_FORK) ? -1 : there();
}
