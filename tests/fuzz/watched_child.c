/*
 * child_run for libFuzzer (ld --wrap), so that it sees a child process: the child's coverage is
 * added to the parent's, and a sanitizer's finding in our own code ends the fuzzer. A crash or a
 * hang within the HDF5 library is not a finding: no child survives it in the program either.
 */
#include "base/base.h"
#include "store/child.h"

#include <sanitizer/asan_interface.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CPU_SECONDS = 2, EXIT_OF_THE_LIBRARY = 99, INNERMOST_FRAMES = 4 };

/* The section of clang's inline 8-bit counters; the linker knows its ends. */
extern uint8_t counters_start[] __asm__("__start___sancov_cntrs");
extern uint8_t counters_stop[] __asm__("__stop___sancov_cntrs");

enum status child_run_watched(void (*work)(void *memory), void *memory, bool *finished,
                              struct error *error) __asm__("__wrap_child_run");

static size_t counter_count(void) {
    return (size_t)(counters_stop - counters_start);
}

/* Whether one of the innermost frames of the first stack in text is HDF5's. */
static bool is_in_library(const char *text) {
    for (int i = 0; i < INNERMOST_FRAMES; i++) {
        char mark[16];
        snprintf(mark, sizeof mark, "#%d ", i);
        const char *frame = strstr(text, mark);
        if (!frame)
            return false;
        const char *end = strchr(frame, '\n');
        const char *library = strstr(frame, "libhdf5");
        if (library && end && library < end)
            return true;
    }
    return false;
}

/* Whether the library only hurts itself: it does not write beyond memory that we gave it. */
static bool is_of_the_library(const char *report) {
    const char *allocated = strstr(report, "allocated by");
    if (!is_in_library(report) || strstr(report, "stack-buffer") || strstr(report, "global-buffer"))
        return false;
    return !strstr(report, "WRITE of size") || !allocated || is_in_library(allocated);
}

static void on_report(const char *report) {
    if (is_of_the_library(report))
        _exit(EXIT_OF_THE_LIBRARY);
}

static void run_in_child(void (*work)(void *memory), void *memory, uint8_t *counters,
                         bool *finished) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_CPU, &(struct rlimit){CPU_SECONDS, CPU_SECONDS});
    signal(SIGXCPU, SIG_DFL);
    signal(SIGABRT, SIG_DFL);
    __asan_set_error_report_callback(on_report);
    memset(counters_start, 0, counter_count());
    work(memory);
    memcpy(counters, counters_start, counter_count());
    *finished = true;
    _exit(0);
}

static void add_counters(const uint8_t *counters) {
    for (size_t i = 0; i < counter_count(); i++) {
        const int sum = counters_start[i] + counters[i];
        counters_start[i] = (uint8_t)(sum > UINT8_MAX ? UINT8_MAX : sum);
    }
}

enum status child_run_watched(void (*work)(void *memory), void *memory, bool *finished,
                              struct error *error) {
    /* The counters, then *finished; kept, because each input has a new child. */
    static uint8_t *shared;
    if (!shared)
        shared = child_memory(counter_count() + 1);
    if (!shared)
        return error_set(error, STATUS_FAILED, "out of memory");
    memset(shared, 0, counter_count() + 1);
    bool *const done = (bool *)(shared + counter_count());
    const pid_t child = fork();
    if (child == 0)
        run_in_child(work, memory, shared, done);
    if (child < 0)
        return error_set(error, STATUS_FAILED, "cannot start a process");
    int end = 0;
    while (waitpid(child, &end, 0) != child) {
        /* the fuzzer's own alarm interrupts it */
    }
    if (WIFEXITED(end) && WEXITSTATUS(end) != 0 && WEXITSTATUS(end) != EXIT_OF_THE_LIBRARY) {
        fprintf(stderr, "fuzz: a finding in a child process\n");
        abort();
    }
    add_counters(shared);
    *finished = *done;
    return STATUS_OK;
}
