/* The choice between two checkpoints: the newer one, unless it is damaged or missing. */
#include "checkpoint_fixture.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- Whole files that cannot be read --------------------------------------------------------- */

/* The one before is not used, although it could be: the save after next would overwrite
 * the newest. */
static void assert_cannot_be_read(const struct folder *folder, const char *name, const char *word) {
    struct error error = {0};
    struct checkpoint *checkpoint = NULL;
    assert_int_equal(checkpoint_open(folder->path, CHECKPOINT_LIMIT, &checkpoint, &error),
                     STATUS_FAILED);
    assert_null(checkpoint);
    assert_line(&error, folder->path, name, word, NULL);
}

/* With no right to read the file called name. */
static void assert_respects_permission(const struct folder *folder, const char *name) {
    const uid_t nobody = 65534;
    const bool root = geteuid() == 0; /* root may read anything */
    const struct path path = path_in(folder, name);
    assert_int_equal(chmod(folder->path, 0755), 0);
    assert_int_equal(chmod(path.text, root ? 0600 : 0), 0);
    assert_int_equal(root ? seteuid(nobody) : 0, 0);
    assert_cannot_be_read(folder, name, "Permission denied");
    assert_int_equal(root ? seteuid(0) : chmod(path.text, 0644), 0);
}

static void test_no_permission(void **state) {
    const struct folder *folder = *state;
    save(folder, 1);
    save(folder, 2);
    assert_respects_permission(folder, "checkpoint.h5");
    assert_opens(folder, 2, NULL);
    assert_int_equal(unlink(path_in(folder, "checkpoint.h5").text), 0);
    assert_respects_permission(folder, "checkpoint-previous.h5");
    assert_opens(folder, 1, "No such file");
}

static void test_no_descriptor(void **state) {
    const struct folder *folder = *state;
    struct rlimit before;
    save(folder, 1);
    save(folder, 2);
    const int next = dup(STDIN_FILENO);
    assert_true(next >= 0);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {(rlim_t)next, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_cannot_be_read(folder, "checkpoint.h5", "Too many open files");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_opens(folder, 2, NULL);
}

/* A disk that fails as the newest is read. */
static void test_read_error(void **state) {
    const struct folder *folder = *state;
    save(folder, 1);
    save(folder, 2);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct error error;
        struct checkpoint *checkpoint;
        if (!at_system_call(SYS_read, SECCOMP_RET_ERRNO | EIO))
            _exit(CANNOT_FILTER);
        const enum status status =
            checkpoint_open(folder->path, CHECKPOINT_LIMIT, &checkpoint, &error);
        _exit(status == STATUS_FAILED && strstr(error.message, "Input/output error") ? 0 : 1);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == CANNOT_FILTER)
        skip();
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    assert_opens(folder, 2, NULL);
}

/* ---- The newer one --------------------------------------------------------------------------- */

/* A copy of generation 2 came under the newest's name: the one before has the higher number. */
static void test_older_under_newer_name(void **state) {
    const struct folder *folder = *state;
    const struct path newest = path_in(folder, "checkpoint.h5");
    const struct path previous = path_in(folder, "checkpoint-previous.h5");
    size_t size;
    unsigned char *data = two_generations(folder, &size);
    save(folder, 3);
    assert_opens(folder, 3, NULL);
    assert_int_equal(rename(newest.text, previous.text), 0);
    write_bytes(newest.text, data, size);
    assert_opens(folder, 3, "number 2");
    save(folder, 4); /* its number is higher than both */
    assert_opens(folder, 4, NULL);

    assert_int_equal(rename(newest.text, previous.text), 0);
    write_bytes(newest.text, data, size);
    free(data);
    data = read_bytes(previous.text, &size);
    data[size - 1] ^= 1; /* the newer one is damaged: only the older one is left */
    write_bytes(previous.text, data, size);
    assert_opens(folder, 2, NULL);
    free(data);
}

/* ---- Numbers that are not finite ------------------------------------------------------------- */

static void test_not_finite(void **state) {
    const float worst[] = {NAN, INFINITY, -INFINITY};
    const struct folder *folder = *state;
    save(folder, 1);
    for (size_t i = 0; i < sizeof worst / sizeof worst[0]; i++) {
        struct error error;
        struct content *content = make_content(2);
        content->floats[FLOATS - 1] = worst[i];
        assert_int_equal(checkpoint_save(folder->path, content->parts, PARTS, &error),
                         STATUS_FAILED);
        assert_line(&error, folder->path, "learner/params", "not finite", NULL);
        free(content);
        assert_opens(folder, 1, NULL);
    }
}

/* As an earlier build wrote it. */
static void test_reads_no_infinity(void **state) {
    const struct folder *folder = *state;
    const struct path newest = path_in(folder, "checkpoint.h5");
    struct error error;
    struct checkpoint *checkpoint;
    size_t size;
    save(folder, 1);
    unsigned char *data = read_bytes(newest.text, &size);
    unsigned char *largest = memmem(data, size, "\xff\xff\x7f\x7f\0\0\0\x80", 8);
    assert_non_null(largest);
    const float infinity = INFINITY;
    memcpy(largest, &infinity, sizeof infinity);
    reseal(data, size, "format 1", "format 1");
    write_bytes(newest.text, data, size);
    free(data);
    assert_int_equal(checkpoint_open(folder->path, CHECKPOINT_LIMIT, &checkpoint, &error),
                     STATUS_OK);
    float floats[FLOATS];
    assert_int_equal(
        checkpoint_read(checkpoint, "learner/params", CHECKPOINT_FLOATS, floats, FLOATS, &error),
        STATUS_BAD_INPUT);
    assert_line(&error, "checkpoint.h5", "not finite", "--checkpoint=N", NULL);
    checkpoint_close(checkpoint);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_permission, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_no_descriptor, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_read_error, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_older_under_newer_name, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_not_finite, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_reads_no_infinity, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
