/* A process's descriptors and signals, and the questions about a process. */
#include "base/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs check in a child, because it changes the process; check returns 0 on success. */
static void check_in_child(int (*check)(void)) {
    int wait_status;
    const pid_t child = fork();
    if (child == 0)
        _exit(check());
    assert_int_equal(waitpid(child, &wait_status, 0), child);
    assert_int_equal(wait_status, 0);
}

static int fill_closed_descriptors(void) {
    close(0);
    close(2);
    process_fill_standard();
    const int next = open("/dev/null", O_RDONLY);
    return next > 2 && write(2, "nothing", 7) == 7 ? 0 : 1;
}

static void test_standard_descriptors(void **state) {
    (void)state;
    check_in_child(fill_closed_descriptors);
}

static int respect_what_is_ignored(void) {
    sigset_t set;
    signal(SIGINT, SIG_DFL);
    signal(SIGHUP, SIG_IGN);
    signals_settle();
    signals_that_end(&set);
    const bool right = sigismember(&set, SIGINT) && sigismember(&set, SIGXCPU) &&
                       !sigismember(&set, SIGHUP) && !sigismember(&set, SIGQUIT);
    raise(SIGHUP);
    raise(SIGALRM);
    raise(SIGXFSZ);
    raise(SIGRTMIN + 3);
    return right ? 0 : 1;
}

/* The parent gets the signals of the whole group, too; and that of the child's own limit. */
static int leave_signals_to_parent(void) {
    sigset_t set;
    signals_settle();
    signals_that_end(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    const pid_t child = process_fork("test");
    if (child == 0) {
        static const int of_group[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU};
        for (int i = 0; i < 6; i++)
            raise(of_group[i]);
        signals_share_time_limit();
        raise(SIGXCPU);
        _exit(7);
    }
    int wait_status;
    const struct timespec at_once = {0};
    waitpid(child, &wait_status, 0);
    const bool right = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 7 &&
                       sigtimedwait(&set, NULL, &at_once) == SIGXCPU &&
                       sigtimedwait(&set, NULL, &at_once) < 0;
    return right ? 0 : 1;
}

static void test_signals(void **state) {
    (void)state;
    check_in_child(respect_what_is_ignored);
    check_in_child(leave_signals_to_parent);
}

static void test_process_state(void **state) {
    (void)state;
    assert_int_equal(process_state(getpid()), 'R');
    assert_int_equal(process_state(0x7fffffff), 0);
    const pid_t child = fork();
    if (child == 0) {
        raise(SIGSTOP);
        _exit(0);
    }
    int wait_status;
    assert_int_equal(waitpid(child, &wait_status, WUNTRACED), child);
    assert_int_equal(process_state(child), 'T');
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standard_descriptors),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_process_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
