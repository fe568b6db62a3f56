#include "base/process.h"

#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Lack of memory -------------------------------------------------------------------------- */

/* Whether a signal comes from an action of this process after an allocation failed. */
static bool tells_of_memory(int last_error, const siginfo_t *info) {
    const bool is_sent = info->si_code <= 0; /* by a process: abort sends its own */
    return last_error == ENOMEM && (!is_sent || info->si_pid == getpid());
}

/* Raises the signal with its default action, which follows when the handler returns. */
static void die_of(int signal_number) {
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void end_child(int signal_number, siginfo_t *info, void *context) {
    (void)context;
    if (tells_of_memory(errno, info))
        _exit(PROCESS_OUT_OF_MEMORY);
    die_of(signal_number);
}

static void end_program(int signal_number, siginfo_t *info, void *context) {
    (void)context;
    static const char line[] = "asyncrl: memory ran out\n";
    if (tells_of_memory(errno, info)) {
        const ssize_t written = write(STDERR_FILENO, line, sizeof line - 1);
        (void)written;
        _exit(1);
    }
    die_of(signal_number);
}

/* Leaves signals that have another handler, such as a sanitizer's. */
static void catch_crashes(void (*handler)(int, siginfo_t *, void *)) {
    static const int crashes[] = {SIGABRT, SIGBUS, SIGSEGV};
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) {
        struct sigaction before;
        if (sigaction(crashes[i], NULL, &before) != 0)
            continue;
        const bool is_ours = (before.sa_flags & SA_SIGINFO) && before.sa_sigaction == end_program;
        const bool is_default = !(before.sa_flags & SA_SIGINFO) && before.sa_handler == SIG_DFL;
        if (is_ours || is_default)
            sigaction(crashes[i], &action, NULL);
    }
}

void process_tell_lack_of_memory(void) {
    catch_crashes(end_program);
}

/* Children leave by _exit, so a library called exit: HDF5 does so without memory. */
static void end_exiting_child(void) {
    if (errno == ENOMEM)
        _exit(PROCESS_OUT_OF_MEMORY);
}

void process_tell_parent_of_lack_of_memory(void) {
    catch_crashes(end_child);
    atexit(end_exiting_child);
}

/* ---- Children -------------------------------------------------------------------------------- */

void process_fill_standard(void) {
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; number++) {
        if (fcntl(number, F_GETFD) >= 0 || errno != EBADF)
            continue;
        /* The lowest free number is this one. */
        if (open("/dev/null", O_RDWR) < 0)
            open("/", O_RDONLY | O_DIRECTORY); /* writing to it fails, too */
    }
}

static void become_child(const char *name, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* the parent died before the line above could see it */
    prctl(PR_SET_NAME, name);
    signals_leave_to_parent();
    signal(SIGPIPE, SIG_IGN);
    process_tell_parent_of_lack_of_memory();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t process_fork(const char *name) {
    const pid_t parent = getpid();
    fflush(NULL); /* the child would write the buffered text, too */
    const pid_t child = fork();
    if (child == 0)
        become_child(name, parent);
    return child;
}

/* Reads a text of /proc/PID, cut to size - 1 bytes; "" if there is none. */
static void read_about(pid_t pid, const char *name, char *out, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    FILE *file = fopen(path, "r");
    const size_t length = file ? fread(out, 1, size - 1, file) : 0;
    out[length] = '\0';
    if (file)
        fclose(file);
}

double process_ready_seconds(pid_t pid) {
    char text[128];
    long long running;
    long long ready = 0;
    read_about(pid, "schedstat", text, sizeof text);
    return sscanf(text, "%lld %lld", &running, &ready) == 2 ? (double)ready * 1e-9 : 0;
}

/* The fields of /proc/PID/stat after the process's name, which may hold anything; NULL: none. */
static const char *after_name(const char *text) {
    const char *name_end = strrchr(text, ')');
    return name_end && name_end[1] == ' ' ? name_end + 2 : NULL;
}

char process_state(pid_t pid) {
    char text[512];
    read_about(pid, "stat", text, sizeof text);
    const char *fields = after_name(text);
    return fields ? fields[0] : 0;
}

/* ---- What processes use ---------------------------------------------------------------------- */

enum { TREE_MAX = 512 };

static double cpu_seconds_of(pid_t pid) {
    char text[512];
    long long ticks[4]; /* in user mode and the kernel; those of ended children */
    read_about(pid, "stat", text, sizeof text);
    const char *fields = after_name(text);
    if (!fields || sscanf(fields, "%*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lld %lld %lld %lld",
                          &ticks[0], &ticks[1], &ticks[2], &ticks[3]) != 4)
        return 0;
    return (double)(ticks[0] + ticks[1] + ticks[2] + ticks[3]) / (double)sysconf(_SC_CLK_TCK);
}

/* Adds the process's own memory to *own; *shared: the larger of it and of what it shares. */
static void add_memory(pid_t pid, double *own, double *shared) {
    char text[128];
    long long resident;
    long long of_files;
    read_about(pid, "statm", text, sizeof text);
    if (sscanf(text, "%*s %lld %lld", &resident, &of_files) != 2)
        return;
    const double page = (double)sysconf(_SC_PAGESIZE);
    *own += page * (double)(resident - of_files);
    if (page * (double)of_files > *shared)
        *shared = page * (double)of_files;
}

/* Adds the process's children to the list; returns its new length. */
static int add_children(pid_t pid, pid_t list[TREE_MAX], int count) {
    char name[40];
    char text[8 * TREE_MAX];
    snprintf(name, sizeof name, "task/%d/children", (int)pid);
    read_about(pid, name, text, sizeof text);
    char *end;
    for (const char *next = text; count < TREE_MAX; next = end) {
        const long child = strtol(next, &end, 10);
        if (end == next)
            break;
        list[count++] = (pid_t)child;
    }
    return count;
}

struct process_usage process_tree_usage(pid_t root) {
    struct process_usage usage = {0};
    pid_t list[TREE_MAX] = {root};
    double shared = 0;
    int count = 1;
    for (int i = 0; i < count; i++) {
        usage.cpu_seconds += cpu_seconds_of(list[i]);
        add_memory(list[i], &usage.bytes, &shared);
        count = add_children(list[i], list, count);
    }
    usage.bytes += shared;
    return usage;
}

void process_describe_end(char *out, size_t size, int wait_status) {
    if (WIFSIGNALED(wait_status))
        snprintf(out, size, "signal %d, %s", WTERMSIG(wait_status),
                 strsignal(WTERMSIG(wait_status)));
    else if (WEXITSTATUS(wait_status) == PROCESS_OUT_OF_MEMORY)
        snprintf(out, size, "memory ran out");
    else
        snprintf(out, size, "exit code %d", WEXITSTATUS(wait_status));
}

void process_quote(char *out, size_t size, const char *word) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-_=./:,+%@";
    if (word[0] && word[strspn(word, plain)] == '\0') {
        snprintf(out, size, "%s", word);
        return;
    }
    size_t used = (size_t)snprintf(out, size, "'");
    for (; *word && used < size; word++) {
        const char letter[] = {*word, '\0'};
        used += (size_t)snprintf(out + used, size - used, "%s", *word == '\'' ? "'\\''" : letter);
    }
    if (used < size)
        snprintf(out + used, size - used, "'");
}

void process_program(char *out, size_t size) {
    process_quote(out, size, program_invocation_name);
}

void process_give_way(int steps) {
    const int ignored = nice(steps); /* it cannot fail for steps up, and nothing depends on it */
    (void)ignored;
}

int process_cpu_count(void) {
    cpu_set_t allowed;
    return sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

bool process_pin(int first, int count) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return false;
    size_t processors[CPU_SETSIZE];
    int found = 0;
    for (size_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &allowed))
            processors[found++] = i;
    cpu_set_t chosen;
    CPU_ZERO(&chosen);
    for (int i = 0; i < count && i < found; i++)
        CPU_SET(processors[(first + i) % found], &chosen);
    return sched_setaffinity(0, sizeof chosen, &chosen) == 0;
}
