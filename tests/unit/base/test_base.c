/* Status, random numbers, arena, futex, paths. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_error_context(void **state) {
    (void)state;
    struct error error;
    assert_int_equal(error_set(&error, STATUS_BAD_INPUT, "no file '%s'", "x.h5"), STATUS_BAD_INPUT);
    assert_int_equal(error_context(&error, "cannot play"), STATUS_BAD_INPUT);
    assert_string_equal(error.message, "cannot play: no file 'x.h5'");
    assert_int_equal(status_exit_code(STATUS_OK), 0);
    assert_int_equal(status_exit_code(STATUS_FAILED), 1);
    assert_int_equal(status_exit_code(STATUS_BAD_INPUT), 2);
}

/* The first outputs of xoshiro256** for the state {1, 2, 3, 4}, worked out from its definition. */
static void test_rng_is_xoshiro(void **state) {
    (void)state;
    struct rng rng = {{1, 2, 3, 4}};
    assert_true(rng_next(&rng) == 11520);
    assert_true(rng_next(&rng) == 0);
    assert_true(rng_next(&rng) == 1509978240);
}

static void test_rng_streams_and_bounds(void **state) {
    (void)state;
    struct rng a;
    struct rng b;
    struct rng c;
    rng_seed(&a, 1, 0);
    rng_seed(&b, 1, 0);
    rng_seed(&c, 1, 1);
    assert_true(rng_next(&a) == rng_next(&b));
    assert_true(rng_next(&a) != rng_next(&c));
    int counts[3] = {0};
    double sum = 0;
    for (int i = 0; i < 30000; i++) {
        counts[rng_below(&a, 3)]++;
        const double u = rng_uniform(&a);
        assert_true(u >= 0 && u < 1);
        sum += u;
    }
    for (int i = 0; i < 3; i++)
        assert_in_range(counts[i], 9700, 10300);
    assert_true(sum / 30000 > 0.49 && sum / 30000 < 0.51);
}

static void test_arena_is_shared_and_bounded(void **state) {
    (void)state;
    struct arena arena;
    struct error error;
    assert_int_equal(arena_create(&arena, 4096, &error), STATUS_OK);
    char *first = arena_take(&arena, 10);
    _Atomic uint32_t *word = arena_take(&arena, sizeof *word);
    assert_non_null(first);
    assert_int_equal(((char *)word - first) % ARENA_ALIGNMENT, 0);
    assert_null(arena_take(&arena, 4096));

    const pid_t child = fork();
    if (child == 0) {
        atomic_store(word, 7);
        futex_wake(word);
        _exit(0);
    }
    while (atomic_load(word) == 0)
        futex_wait(word, 0, 1.0);
    assert_int_equal(atomic_load(word), 7);
    waitpid(child, NULL, 0);
    arena_destroy(&arena);
}

static void test_futex_gives_up(void **state) {
    (void)state;
    _Atomic uint32_t word = 0;
    const double start = clock_seconds();
    futex_wait(&word, 0, 0.02);
    assert_true(clock_seconds() - start >= 0.015);
    futex_wait(&word, 1, 60);
    assert_true(clock_seconds() - start < 30);
}

static void test_paths(void **state) {
    (void)state;
    struct error error;
    char folder[] = "/tmp/asyncrl-test-XXXXXX";
    char path[PATH_SIZE];
    assert_non_null(mkdtemp(folder));
    assert_int_equal(path_join(path, folder, "a/b", &error), STATUS_OK);
    assert_int_equal(path_make_folder(path, &error), STATUS_OK);
    assert_true(path_is_folder(path));
    assert_int_equal(path_make_folder("/proc/nothing/here", &error), STATUS_BAD_INPUT);

    char file[PATH_SIZE];
    assert_int_equal(path_join(file, path, "f", &error), STATUS_OK);
    FILE *stream = fopen(file, "w");
    fputs("12345", stream);
    fclose(stream);
    unsigned char *data;
    size_t size;
    assert_int_equal(path_read_file(file, 5, &data, &size, &error), STATUS_OK);
    assert_int_equal(size, 5);
    free(data);
    assert_int_equal(path_read_file(file, 4, &data, &size, &error), STATUS_BAD_INPUT);

    unlink(file);
    rmdir(path);
    path[strlen(path) - 2] = '\0';
    rmdir(path);
    rmdir(folder);

    char id[] = "ALE/Pong-v5";
    path_sanitize(id);
    assert_string_equal(id, "ALE-Pong-v5");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_context),
        cmocka_unit_test(test_rng_is_xoshiro),
        cmocka_unit_test(test_rng_streams_and_bounds),
        cmocka_unit_test(test_arena_is_shared_and_bounded),
        cmocka_unit_test(test_futex_gives_up),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
