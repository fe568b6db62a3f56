#include "store/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CPU_SECONDS = 2, EXIT_FINISHED = 42 };

void *child_memory(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void child_memory_free(void *memory, size_t size) {
    munmap(memory, size);
}

/* A crash shall end the child at once, without a word and without a core file. */
static void prepare_to_crash(void) {
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU};
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
        signal(fatal[i], SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_CPU, &(struct rlimit){CPU_SECONDS, CPU_SECONDS});
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
}

enum status child_run(void (*work)(void *memory), void *memory, bool *finished,
                      struct error *error) {
    const pid_t child = fork();
    if (child < 0)
        return error_set(error, STATUS_FAILED, "cannot start a process: %s", strerror(errno));
    if (child == 0) {
        prepare_to_crash();
        work(memory);
        _exit(EXIT_FINISHED);
    }
    int ended = 0;
    while (waitpid(child, &ended, 0) < 0)
        if (errno != EINTR)
            return error_set(error, STATUS_FAILED, "cannot wait for a process: %s",
                             strerror(errno));
    *finished = WIFEXITED(ended) && WEXITSTATUS(ended) == EXIT_FINISHED;
    return STATUS_OK;
}
