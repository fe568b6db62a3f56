/* Status, random numbers, arena, futex, paths. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* ---- Reading files --------------------------------------------------------------------------- */

struct folder {
    char path[64];
    char file[PATH_SIZE];
};

static void make_folder(struct folder *folder) {
    struct error error;
    snprintf(folder->path, sizeof folder->path, "/tmp/asyncrl-test-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    assert_int_equal(path_join(folder->file, folder->path, "f", &error), STATUS_OK);
}

static void remove_folder(const struct folder *folder) {
    unlink(folder->file);
    rmdir(folder->path);
}

static void refuse_to_read(const char *path, size_t limit, const char *why) {
    unsigned char *data = NULL;
    size_t size;
    struct error error;
    assert_int_equal(path_read_file(path, limit, &data, &size, &error), STATUS_BAD_INPUT);
    assert_null(data);
    if (!strstr(error.message, path) || !strstr(error.message, why))
        fail_msg("no '%s' in: %s", why, error.message);
}

/* Reading never waits for a pipe without a writer, or for one whose writer never ends. */
static void test_reads_only_regular_files(void **state) {
    (void)state;
    struct folder folder;
    make_folder(&folder);
    refuse_to_read(folder.path, 100, "it is a folder");
    refuse_to_read(folder.file, 100, "No such file");
    refuse_to_read("/dev/zero", 100, "it is a device");
    assert_int_equal(mkfifo(folder.file, 0600), 0);
    refuse_to_read(folder.file, 100, "it is a pipe");
    remove_folder(&folder);
}

/* A file of 20 GB that has no blocks on the disk costs neither time nor memory. */
static void test_reads_no_more_than_the_limit(void **state) {
    (void)state;
    struct folder folder;
    make_folder(&folder);
    FILE *stream = fopen(folder.file, "w");
    assert_non_null(stream);
    assert_int_equal(ftruncate(fileno(stream), 20000000000), 0);
    refuse_to_read(folder.file, 1 << 20, "it has 20000000000 bytes, and at most 1048576");
    assert_int_equal(ftruncate(fileno(stream), 5), 0);
    fclose(stream);
    unsigned char *data;
    size_t size;
    struct error error;
    assert_int_equal(path_read_file(folder.file, 5, &data, &size, &error), STATUS_OK);
    assert_int_equal(size, 5);
    assert_memory_equal(data, "\0\0\0\0\0", 6);
    free(data);
    remove_folder(&folder);
}

static void write_text(const struct folder *folder, const char *text, size_t size) {
    FILE *stream = fopen(folder->file, "w");
    assert_non_null(stream);
    assert_int_equal(fwrite(text, 1, size, stream), size);
    fclose(stream);
}

static void test_skips_a_byte_order_mark(void **state) {
    (void)state;
    struct folder folder;
    char *text = NULL;
    size_t size;
    struct error error;
    make_folder(&folder);
    write_text(&folder,
               "\xef\xbb\xbf"
               "a,b\n",
               7);
    assert_int_equal(path_read_text(folder.file, 100, &text, &size, &error), STATUS_OK);
    assert_int_equal(size, 4);
    assert_string_equal(text, "a,b\n");
    free(text);
    write_text(&folder,
               "\xff\xfe"
               "a\0",
               4);
    assert_int_equal(path_read_text(folder.file, 100, &text, &size, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "UTF-16"));
    remove_folder(&folder);
}

static void test_names_what_a_file_is(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *kind;
    } files[] = {
        {"", 0, "an empty file"},
        {"hello\n", 6, "a text"},
        {" {\"a\": 1}", 9, "JSON text"},
        {"\x89HDF\r\n\x1a\n", 8, "an HDF5 file"},
        {"asyncrl checkpoint\nsha256 0", 27,
         "a checkpoint of asyncrl, which --resume=RUN_DIR goes "
         "on from"},
        {"PK\3\4", 4, "a zip archive"},
        {"PK\3\4----------------------\x0d\0\0\0metadata.json", 43, "a .keras archive"},
        {"PK\3\4----------------------\x0a\0\0\0a/data.pkl", 40, "a PyTorch file"},
        {"PK\3\4----------------------\xff\xff\0\0a", 31, "a zip archive"},
        {"\x1f\x8b\x08", 3, "a gzip archive"},
        {"\x80\x04\x95", 3, "a Python pickle"},
        {"<!DOCTYPE html>", 15, "a web page"},
        {"version https://git-lfs.github.com/spec/v1", 42,
         "a pointer of Git LFS, not the file that it stands for"},
        {"\x18\0\0\0\0\0\0\0crc_\x09\0\0\x1a\rbrain.Event:2", 31, "an event file of TensorBoard"},
        {"\x08\x07\x12\x07"
         "asyncrl",
         11, "an ONNX model"},
        {"\0\0\0\0", 4, "a file of zeros"},
        {"\1\2\3\4", 4, "a file of another kind"},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        assert_string_equal(file_kind(files[i].bytes, files[i].size), files[i].kind);
}

static void test_takes_controls_out_of_lines(void **state) {
    (void)state;
    char text[] = "a\x1b[2J\nb\x7f\xc2\x9b\xc3\xa9";
    without_controls(text);
    assert_string_equal(text, "a?[2J?b???\xc3\xa9");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_only_regular_files),
        cmocka_unit_test(test_reads_no_more_than_the_limit),
        cmocka_unit_test(test_skips_a_byte_order_mark),
        cmocka_unit_test(test_names_what_a_file_is),
        cmocka_unit_test(test_takes_controls_out_of_lines),
        cmocka_unit_test(test_error_context),
        cmocka_unit_test(test_rng_is_xoshiro),
        cmocka_unit_test(test_rng_streams_and_bounds),
        cmocka_unit_test(test_arena_is_shared_and_bounded),
        cmocka_unit_test(test_futex_gives_up),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
