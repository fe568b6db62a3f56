#include "base/process.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void become_child(const char *name, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* the parent died before the line above could see it */
    prctl(PR_SET_NAME, name);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t process_fork(const char *name) {
    const pid_t parent = getpid();
    fflush(NULL); /* what is buffered now would be written by the child as well */
    const pid_t child = fork();
    if (child == 0)
        become_child(name, parent);
    return child;
}

double process_ready_seconds(pid_t pid) {
    char path[40];
    long long running;
    long long ready = 0;
    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    if (fscanf(file, "%lld %lld", &running, &ready) != 2)
        ready = 0;
    fclose(file);
    return (double)ready * 1e-9;
}

void process_describe_end(char *out, size_t size, int wait_status) {
    if (WIFSIGNALED(wait_status))
        snprintf(out, size, "signal %d, %s", WTERMSIG(wait_status),
                 strsignal(WTERMSIG(wait_status)));
    else
        snprintf(out, size, "exit code %d", WEXITSTATUS(wait_status));
}

void process_give_way(int steps) {
    const int ignored = nice(steps); /* it cannot fail for steps up, and nothing hangs on it */
    (void)ignored;
}

int process_cpu_count(void) {
    cpu_set_t allowed;
    return sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}
