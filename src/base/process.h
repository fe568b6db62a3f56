/* The program's own process, and child processes that die with it. */
#ifndef ASYNCRL_BASE_PROCESS_H
#define ASYNCRL_BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * For main, before anything else: opens the descriptors 0 to 2 on /dev/null if they are closed.
 * Some daemons start programs so. Otherwise the first files that the program opens get these
 * numbers, and messages for stderr land in them.
 */
void process_fill_standard(void);

/* Writes a word as a shell reads it, in single quotes if that is needed; out: (size). A word that
 * is too long is cut. */
void process_quote(char *out, size_t size, const char *word);

/* Writes the word by which the user started this program, such as build/asyncrl, as a shell reads
 * it, for command lines that can be pasted. */
void process_program(char *out, size_t size);

/*
 * Some libraries end the process when an allocation fails, by abort, exit or through a null
 * pointer. After this call SIGABRT, SIGSEGV and SIGBUS print one line that memory ran out and exit
 * with code 1, if the thread's last error was ENOMEM and the signal had its default action.
 * Children of process_fork report it to their parent instead: process_describe_end.
 */
void process_tell_lack_of_memory(void);

/* In a child: reports these signals to the parent instead, and a library's call of exit, too. */
void process_tell_parent_of_lack_of_memory(void);

/* The exit code of such a child. */
enum { PROCESS_OUT_OF_MEMORY = 87 };

/*
 * Forks. It returns 0 in the child. The child has the name (15 characters at most), dies with its
 * parent, ignores the signals that end a run (signals.h), and blocks no signal. In the parent it
 * returns the child's process id, or -1 with errno. The child leaves by _exit. The child has only
 * the thread that forked.
 */
pid_t process_fork(const char *name);

/* Seconds for which a process (its first thread) was runnable and waited for a processor; 0 if the
 * kernel does not tell (/proc/PID/schedstat). */
double process_ready_seconds(pid_t pid);

/* The state of a process as in proc(5): 'T' stopped, 'D' waiting for a disk, 'R', 'S', ...; 0 if it
 * is unknown. */
char process_state(pid_t pid);

struct process_usage {
    double cpu_seconds; /* of processor time, that of ended children included */
    double bytes;       /* of memory */
};

/*
 * Adds up what a process and its descendants use, as far as /proc tells. Memory that they share
 * counts once: the shared memory of the process that has the most of it. Children of threads other
 * than the first one are left out, and so are all after the first few hundred.
 */
struct process_usage process_tree_usage(pid_t root);

/* Describes how a child ended, from its wait status: "signal 9, Killed", "exit code 1" or "memory
 * ran out". */
void process_describe_end(char *out, size_t size, int wait_status);

/* Lowers this process's priority by steps of nice(2), so that other processes run first. */
void process_give_way(int steps);

/* Processors that this process may run on. */
int process_cpu_count(void);

/*
 * Binds the calling thread, and what threads and processes it starts afterwards, to count of the
 * processors that it may run on, beginning at place first among them and going round; false, with
 * errno, if the kernel refuses. Memory that it touches for the first time is then near them.
 */
bool process_pin(int first, int count);

#endif
