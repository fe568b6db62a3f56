/* Work in a child process: its crash is reported and does not spread. */
#include "store/child.h"

#include "store_fixture.h"

#include <signal.h>

static void multiply(void *memory) {
    int *number = memory;
    *number *= 7;
}

static void crash(void *memory) {
    multiply(memory);
    raise(SIGSEGV);
}

static void end_early(void *memory) {
    (void)memory;
    _exit(0);
}

static void never_end(void *memory) {
    volatile int *number = memory;
    for (;;)
        *number = *number ^ 1;
}

static void complain(void *memory) {
    (void)memory;
    fprintf(stderr, "a child's complaint\n");
    abort();
}

/* Takes 1 GiB and fills it, or gets no memory. */
static void take_much(void *memory) {
    enum { PIECES = 16, PIECE = 64 << 20 };
    int *number = memory;
    for (int i = 0; i < PIECES; i++) {
        char *piece = malloc(PIECE);
        if (!piece)
            return;
        memset(piece, 1, PIECE);
    }
    *number = -1;
}

/* Runs work on the number 6; returns whether it finished, and sets number to the result. */
static bool run(void (*work)(void *), int *number) {
    struct error error;
    bool finished = true;
    int *memory = child_memory(sizeof *memory);
    assert_non_null(memory);
    *memory = 6;
    assert_int_equal(child_run(work, memory, &finished, &error), STATUS_OK);
    *number = *memory;
    child_memory_free(memory, sizeof *memory);
    return finished;
}

static void test_shares_memory(void **state) {
    (void)state;
    int number;
    assert_true(run(multiply, &number));
    assert_int_equal(number, 42);
}

static void test_survives_a_crash(void **state) {
    (void)state;
    int number;
    assert_false(run(crash, &number));
    assert_int_equal(number, 42);
    assert_false(run(end_early, &number));

    void (*before)(int) =
        signal(SIGSEGV, SIG_IGN); /* independent of the caller's handling of crashes */
    const bool finished = run(crash, &number);
    signal(SIGSEGV, before);
    assert_false(finished);
}

static void test_bounds_memory(void **state) {
    (void)state;
    int number;
    run(take_much, &number);
    assert_int_equal(number, 6);
}

static void test_works_if_sigchld_is_ignored(void **state) {
    (void)state;
    int number;
    void (*before)(int) = signal(SIGCHLD, SIG_IGN);
    const bool finished = run(multiply, &number);
    const bool crashed = !run(crash, &number);
    signal(SIGCHLD, before);
    assert_true(finished);
    assert_true(crashed);
}

static void test_survives_an_endless_loop(void **state) {
    (void)state;
    int number;
    assert_false(run(never_end, &number));
}

static void test_hides_output_of_a_crash(void **state) {
    int number;
    const struct path path = path_in(*state, "stderr");
    const int before = dup(STDERR_FILENO);
    assert_non_null(freopen(path.text, "w", stderr));
    const bool finished = run(complain, &number);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    assert_false(finished);
    size_t size;
    free(read_bytes(path.text, &size));
    assert_int_equal(size, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares_memory),
        cmocka_unit_test(test_survives_a_crash),
        cmocka_unit_test(test_bounds_memory),
        cmocka_unit_test(test_works_if_sigchld_is_ignored),
        cmocka_unit_test(test_survives_an_endless_loop),
        cmocka_unit_test_setup_teardown(test_hides_output_of_a_crash, folder_setup,
                                        folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
