/* Messages about the ends of children, also for lack of memory. */
#include "base/base.h"

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
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

static void lack_of_memory_is_told(void **state) {
    (void)state;
    check_end(give_up, "memory ran out");
    check_end(touch_nothing, "memory ran out");
    check_end(leave, "memory ran out");
    check_end(throw_in_cpp, "memory ran out");
}

static void other_ends_stay_what_they_are(void **state) {
    (void)state;
    check_end(abort_for_another_reason, "signal 6, Aborted");
    check_end(leave_for_another_reason, "exit code 3");
    check_end(be_ended, "signal 6, Aborted");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lack_of_memory_is_told),
        cmocka_unit_test(other_ends_stay_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
