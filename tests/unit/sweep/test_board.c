/* The table of a sweep on a terminal. */
#include "sweep/inside.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A sweep's directory may be longer than a line of the table. */
static void test_long_directory(void **state) {
    (void)state;
    static struct sweep sweep;
    static struct job job = {.state = SWEEP_FAILED};
    int64_t seed = 1;
    sweep.plan = (struct plan){.setting_count = 1, .seed_count = 1, .seeds = &seed};
    sweep.last = 1;
    sweep.jobs = &job;
    sweep.board.is_live = true;
    const int terminal = dup(STDERR_FILENO);
    const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(terminal >= 0 && nothing >= 0);
    dup2(nothing, STDERR_FILENO);
    for (size_t length = 400; length < PATH_SIZE - 100; length += length < 700 ? 1 : 500) {
        memset(sweep.dir, 'd', length);
        board_draw(&sweep.board, &sweep);
    }
    dup2(terminal, STDERR_FILENO);
    close(terminal);
    close(nothing);
    assert_int_equal(sweep.board.rows, 2); /* the run, and the sums */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
