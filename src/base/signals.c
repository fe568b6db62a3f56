#include "base/signals.h"

#include <stddef.h>
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

void signals_share_time_limit(void) {
    const struct sigaction action = {.sa_handler = tell_parent, .sa_flags = SA_RESTART};
    sigaction(SIGXCPU, &action, NULL);
}
