/* Processes: messages about their ends, what they use, and the processors that they may have. */
#include "base/base.h"

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* More than any machine has. */
static volatile size_t too_much = SIZE_MAX / 4;

static void get_nothing(void) {
    if (mmap(NULL, too_much, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
        _exit(0);
}

static void give_up(void) {
    get_nothing();
    abort();
}

static void touch_nothing(void) {
    get_nothing();
    raise(SIGSEGV);
}

static void leave(void) {
    get_nothing();
    exit(255);
}

/* C++'s operator new throws, and no code catches it. */
static void throw_in_cpp(void) {
    void *library = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_GLOBAL);
    void *(*operator_new)(size_t);
    *(void **)&operator_new = library ? dlsym(library, "_Znwm") : NULL;
#ifdef __SANITIZE_ADDRESS__
    operator_new = NULL; /* the sanitizer's own ends the process */
#endif
    if (!operator_new)
        _exit(PROCESS_OUT_OF_MEMORY); /* nothing to try */
    operator_new(too_much);
}

static void abort_for_another_reason(void) {
    errno = ENOENT;
    abort();
}

static void leave_for_another_reason(void) {
    errno = ENOENT;
    exit(3);
}

/* A signal from another process says nothing about memory. */
static void be_ended(void) {
    const pid_t child = getpid();
    if (fork() == 0) {
        kill(child, SIGABRT);
        _exit(0);
    }
    errno = ENOMEM;
    for (;;)
        pause();
}

static void check_end(void (*end)(void), const char *wanted) {
    static const int crashes[] = {SIGABRT, SIGBUS, SIGSEGV};
    int how;
    char told[64];
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
            signal(crashes[i], SIG_DFL); /* which the test's library catches */
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        process_tell_parent_of_lack_of_memory();
        end();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    process_describe_end(told, sizeof told, how);
    assert_string_equal(told, wanted);
}

static void lack_of_memory_is_reported(void **state) {
    (void)state;
    check_end(give_up, "memory ran out");
    check_end(touch_nothing, "memory ran out");
    check_end(leave, "memory ran out");
    check_end(throw_in_cpp, "memory ran out");
}

static void other_ends_are_reported_unchanged(void **state) {
    (void)state;
    check_end(abort_for_another_reason, "signal 6, Aborted");
    check_end(leave_for_another_reason, "exit code 3");
    check_end(be_ended, "signal 6, Aborted");
}

enum { BLOCK = 32 << 20 }; /* bytes */
static const double BUSY_SECONDS = 0.2;

static double own_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* For a child: with one of its own, takes memory, computes, says so, and waits for its end. */
static void use_much(int told) {
    process_fork("test-deeper"); /* from here on there are two */
    char *block = malloc(BLOCK);
    for (size_t i = 0; block && i < BLOCK; i += 512)
        block[i] = (char)(i + 1);
    while (own_seconds() < BUSY_SECONDS)
        ;
    if (write(told, block ? block : "", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static void usage_is_that_of_all_descendants(void **state) {
    (void)state;
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    const struct process_usage before = process_tree_usage(getpid());
    const pid_t child = process_fork("test-usage");
    if (child == 0)
        use_much(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    const struct process_usage with = process_tree_usage(getpid());
    assert_true(before.bytes > 1e5);
    assert_true(with.bytes - before.bytes > 1.9 * BLOCK);
    assert_true(with.cpu_seconds - before.cpu_seconds > 1.8 * BUSY_SECONDS);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    const struct process_usage after = process_tree_usage(getpid());
    assert_true(with.bytes - after.bytes > 0.9 * BLOCK);
    assert_true(after.cpu_seconds - before.cpu_seconds > 0.8 * BUSY_SECONDS);
    close(ends[0]);
    close(ends[1]);
}

static void usage_of_nothing_is_nothing(void **state) {
    (void)state;
    const struct process_usage usage = process_tree_usage(0x7fffffff);
    assert_true(usage.bytes == 0 && usage.cpu_seconds == 0);
}

static void words_are_those_of_a_shell(void **state) {
    (void)state;
    static const struct {
        const char *word, *quoted;
    } cases[] = {{"runs/a-b_1.h5", "runs/a-b_1.h5"},
                 {"", "''"},
                 {"a b", "'a b'"},
                 {"it's", "'it'\\''s'"},
                 {"$x;*", "'$x;*'"},
                 {"Spiel-für", "'Spiel-für'"}};
    char out[32];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        process_quote(out, sizeof out, cases[i].word);
        assert_string_equal(out, cases[i].quoted);
    }
    process_quote(out, 4, "a b c");
    assert_int_equal(strlen(out), 3);
    process_quote(out, 1, "a b c");
    assert_string_equal(out, "");
}

/* Binds a child as process_pin says, and returns a mask of the first 64 processors that it has
 * then. */
static uint64_t pinned(int first, int count) {
    int ends[2];
    uint64_t mask = 0;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        cpu_set_t mine;
        if (!process_pin(first, count) || sched_getaffinity(0, sizeof mine, &mine) != 0)
            _exit(1);
        for (size_t i = 0; i < 64; i++)
            mask |= (uint64_t)(CPU_ISSET(i, &mine) ? 1 : 0) << i;
        _exit(write(ends[1], &mask, sizeof mask) == sizeof mask ? 0 : 1);
    }
    assert_int_equal(read(ends[0], &mask, sizeof mask), sizeof mask);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ends[0]);
    close(ends[1]);
    return mask;
}

static void processes_are_bound_in_turn(void **state) {
    (void)state;
    const int processors = process_cpu_count();
    const uint64_t all = pinned(0, processors);
    const uint64_t first = pinned(0, 1), last = pinned(processors - 1, 1);
    assert_int_equal(__builtin_popcountll(all), processors);
    assert_int_equal(first, all & -all);
    assert_int_equal(last, (uint64_t)1 << (63 - __builtin_clzll(all)));
    assert_int_equal(pinned(processors, 1), first);
    assert_int_equal(pinned(processors - 1, 2), first | last);
    assert_int_equal(pinned(0, processors + 3), all);
    assert_int_equal(process_cpu_count(), processors); /* this process's are as before */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lack_of_memory_is_reported),
        cmocka_unit_test(other_ends_are_reported_unchanged),
        cmocka_unit_test(usage_is_that_of_all_descendants),
        cmocka_unit_test(usage_of_nothing_is_nothing),
        cmocka_unit_test(words_are_those_of_a_shell),
        cmocka_unit_test(processes_are_bound_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
