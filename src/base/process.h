/* The program's own process, and child processes that cannot be left behind. */
#ifndef ASYNCRL_BASE_PROCESS_H
#define ASYNCRL_BASE_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * For main, before anything else: opens on /dev/null those of the descriptors 0 to 2 that are
 * closed, as some daemons start programs. Otherwise the first files that the program opens get
 * these numbers, and what is written to stderr lands in them.
 */
void process_fill_standard(void);

/*
 * Libraries end the process when they cannot have memory, some of them by touching what they did
 * not get. Has SIGABRT, SIGSEGV and SIGBUS of this process, where they still end it and the last
 * error of the thread that they hit is that memory ran out (ENOMEM), print one line that says so,
 * and exit with code 1. Children of process_fork tell their parent instead: process_describe_end.
 */
void process_tell_lack_of_memory(void);

/* The same again in a child that has set these signals to SIG_DFL. */
void process_tell_parent_of_lack_of_memory(void);

/* The exit code of such a child. */
enum { PROCESS_OUT_OF_MEMORY = 87 };

/*
 * Forks. In the child it returns 0, and the child bears name (15 characters at most), dies with its
 * parent, leaves the signals that end a run to it (signals.h), and has no signal blocked.
 * In the parent it returns the child's process id, or -1 with errno. The child leaves by _exit. In
 * a process with threads fork's usual caution applies: the child has only the one that forked.
 */
pid_t process_fork(const char *name);

/* Seconds that a process (its first thread) wanted a processor and had to wait for one; 0 where the
 * kernel does not say (/proc/PID/schedstat). */
double process_ready_seconds(pid_t pid);

/* What a process is at, as proc(5) has it: 'T' stopped, 'D' waiting for a disk, 'R', 'S', ...; 0
 * where that cannot be told. */
char process_state(pid_t pid);

/* How a child ended, by what waitpid said of it: "signal 9, Killed", "exit code 1" or "memory ran
 * out". */
void process_describe_end(char *out, size_t size, int wait_status);

/* Lets other processes of the program have the processor first; steps as nice(2) counts them. */
void process_give_way(int steps);

/* Processors that this process may run on. */
int process_cpu_count(void);

#endif
