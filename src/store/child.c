#include "store/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CPU_SECONDS = 2 };

#define MEMORY_BYTES ((rlim_t)512 << 20)

void *child_memory(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void child_memory_free(void *memory, size_t size) {
    munmap(memory, size);
}

/* Limits the process to MEMORY_BYTES more than it has. */
static void bound_memory(void) {
    char text[64] = "";
    const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    const ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    const rlim_t pages = length > 0 ? strtoull(text, NULL, 10) : 0;
    const rlim_t limit = pages * (rlim_t)sysconf(_SC_PAGESIZE) + MEMORY_BYTES;
    if (pages > 0)
        setrlimit(RLIMIT_AS, &(struct rlimit){limit, limit});
}

/* A crash ends the child at once, without output and without a core file. */
static void prepare_to_crash(void) {
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU};
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
        signal(fatal[i], SIG_DFL);
    process_tell_parent_of_lack_of_memory();
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    bound_memory();
    setrlimit(RLIMIT_CPU, &(struct rlimit){CPU_SECONDS, CPU_SECONDS});
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
}

/* Waits for the child's end. If SIGCHLD is ignored (which a process inherits), waitpid reports no
 * status. A child that ran out of memory proves nothing about the file. */
static enum status wait_for(pid_t child, struct error *error) {
    int how = 0;
    while (waitpid(child, &how, 0) < 0 && errno != ECHILD)
        if (errno != EINTR)
            return error_set(error, STATUS_FAILED, "cannot wait for a process: %s",
                             strerror(errno));
    if (WIFEXITED(how) && WEXITSTATUS(how) == PROCESS_OUT_OF_MEMORY)
        return error_set(error, STATUS_FAILED, "out of memory while reading a file");
    return STATUS_OK;
}

enum status child_run(void (*work)(void *memory), void *memory, bool *finished,
                      struct error *error) {
    bool *shared = child_memory(sizeof *shared);
    if (!shared)
        return error_set(error, STATUS_FAILED, "out of memory");
    enum status status = STATUS_OK;
    const pid_t child = process_fork("asyncrl-read");
    if (child < 0) {
        status = error_set(error, STATUS_FAILED, "cannot start a process: %s", strerror(errno));
    } else if (child == 0) {
        prepare_to_crash();
        work(memory);
        *shared = true;
        _exit(0);
    } else {
        status = wait_for(child, error);
    }
    *finished = *shared;
    child_memory_free(shared, sizeof *shared);
    return status;
}
