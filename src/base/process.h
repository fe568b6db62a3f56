/* Child processes that cannot be left behind. */
#ifndef ASYNCRL_BASE_PROCESS_H
#define ASYNCRL_BASE_PROCESS_H

#include <sys/types.h>

/*
 * Forks. In the child it returns 0, and the child bears name (15 characters at most), dies with its
 * parent, leaves the signals of the terminal (SIGINT, SIGTERM) to it, and has no signal blocked.
 * In the parent it returns the child's process id, or -1 with errno. The child leaves by _exit. In
 * a process with threads fork's usual caution applies: the child has only the one that forked.
 */
pid_t process_fork(const char *name);

/* Seconds that a process (its first thread) wanted a processor and had to wait for one; 0 where the
 * kernel does not say (/proc/PID/schedstat). */
double process_ready_seconds(pid_t pid);

/* How a child ended, by what waitpid said of it: "signal 9, Killed" or "exit code 1". */
void process_describe_end(char *out, size_t size, int wait_status);

/* Lets other processes of the program have the processor first; steps as nice(2) counts them. */
void process_give_way(int steps);

/* Processors that this process may run on. */
int process_cpu_count(void);

#endif
