#include "base/signals.h"

#include <stddef.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU};
static const int meaningless[] = {SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSTKFLT, SIGXFSZ};

enum { ENDING_COUNT = sizeof ending / sizeof ending[0] };
enum { MEANINGLESS_COUNT = sizeof meaningless / sizeof meaningless[0] };

void signals_settle(void) {
    for (int i = 0; i < MEANINGLESS_COUNT; i++)
        signal(meaningless[i], SIG_IGN);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        signal(number, SIG_IGN);
}

static bool is_ignored(int signal_number) {
    struct sigaction now;
    return sigaction(signal_number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void signals_that_end(sigset_t *set) {
    sigemptyset(set);
    for (int i = 0; i < ENDING_COUNT; i++)
        if (!is_ignored(ending[i]))
            sigaddset(set, ending[i]);
}

void signals_discard(const sigset_t *set) {
    while (sigtimedwait(set, NULL, &(struct timespec){0}) > 0)
        ;
}

bool signals_is_wish(int signal_number) {
    return signal_number == SIGINT || signal_number == SIGTERM;
}

void signals_leave_to_parent(void) {
    for (int i = 0; i < ENDING_COUNT; i++)
        signal(ending[i], SIG_IGN);
}

static void tell_parent(int signal_number) {
    kill(getppid(), signal_number);
}

/*
 * The handler has a stack of its own: kernels that oneDNN generates keep numbers below the stack
 * pointer, or use its register for something else, and a handler on the usual stack overwrites
 * them. The memory stays until the process ends. Without it the signal stays ignored.
 */
void signals_share_time_limit(void) {
    enum { STACK_SIZE = 1 << 16 }; /* an AVX-512 frame takes 3 KiB, AMX 11 */
    void *memory =
        mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const stack_t stack = {.ss_sp = memory, .ss_size = STACK_SIZE};
    const struct sigaction action = {.sa_handler = tell_parent,
                                     .sa_flags = SA_RESTART | SA_ONSTACK};
    if (memory != MAP_FAILED && sigaltstack(&stack, NULL) == 0)
        sigaction(SIGXCPU, &action, NULL);
}
