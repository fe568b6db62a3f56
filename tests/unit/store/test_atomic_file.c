/* Writing files whole or not at all. */
#include "store/atomic_file.h"

#include "store_fixture.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static int files_in(const struct folder *folder) {
    DIR *open = opendir(folder->path);
    assert_non_null(open);
    int count = 0;
    for (const struct dirent *entry = readdir(open); entry; entry = readdir(open))
        count += entry->d_name[0] != '.';
    closedir(open);
    return count;
}

static void test_replaces(void **state) {
    struct error error;
    const struct path path = path_in(*state, "file");
    assert_int_equal(atomic_file_write(path.text, "long before", 11, &error), STATUS_OK);
    assert_int_equal(atomic_file_write(path.text, "after", 5, &error), STATUS_OK);
    size_t size;
    unsigned char *data = read_bytes(path.text, &size);
    assert_int_equal(size, 5);
    assert_memory_equal(data, "after", 5);
    free(data);
    assert_int_equal(files_in(*state), 1);
}

static void test_has_usual_permissions(void **state) {
    struct error error;
    struct stat found;
    const struct path path = path_in(*state, "file");
    const mode_t mask = umask(022);
    assert_int_equal(atomic_file_write(path.text, "", 0, &error), STATUS_OK);
    umask(mask);
    assert_int_equal(stat(path.text, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0644);
    assert_int_equal(found.st_size, 0);
}

static void test_failure_leaves_nothing(void **state) {
    struct error error;
    const struct path folder = path_in(*state, "folder");
    const struct path inside = path_in(*state, "folder/full");
    assert_int_equal(mkdir(folder.text, 0777), 0);
    write_bytes(inside.text, "x", 1);
    /* A folder that is not empty cannot be renamed over. */
    assert_int_equal(atomic_file_write(folder.text, "data", 4, &error), STATUS_FAILED);
    assert_line(&error, folder.text, "directory", NULL);
    assert_int_equal(files_in(*state), 1);

    const struct path missing = path_in(*state, "missing/file");
    assert_int_equal(atomic_file_write(missing.text, "data", 4, &error), STATUS_FAILED);
    assert_line(&error, missing.text, "No such file", NULL);
}

/* The check finds failures beforehand and leaves no trace. */
static void test_try(void **state) {
    struct error error;
    const struct path path = path_in(*state, "file");
    assert_int_equal(atomic_file_try(path.text, &error), STATUS_OK);
    assert_int_equal(files_in(*state), 0);
    write_bytes(path.text, "kept", 4);
    assert_int_equal(atomic_file_try(path.text, &error), STATUS_OK);
    size_t size;
    unsigned char *data = read_bytes(path.text, &size);
    assert_int_equal(size, 4);
    free(data);
    assert_int_equal(files_in(*state), 1);

    const struct path missing = path_in(*state, "missing/file");
    assert_int_equal(atomic_file_try(missing.text, &error), STATUS_BAD_INPUT);
    assert_line(&error, missing.text, "No such file", NULL);
    const struct folder *folder = *state;
    assert_int_equal(atomic_file_try(folder->path, &error), STATUS_BAD_INPUT);
    assert_line(&error, folder->path, "a folder", NULL);
    assert_int_equal(atomic_file_try("/dev/null", &error), STATUS_BAD_INPUT);
    assert_line(&error, "/dev/null", "not a regular file", NULL);
}

/* Files of a killed writer go; finished ones and those of other writers stay. */
static void test_sweep(void **state) {
    const struct folder *folder = *state;
    write_bytes(path_in(*state, "model.h5").text, "x", 1);
    write_bytes(path_in(*state, "model.h5.42.tmp").text, "x", 1);
    write_bytes(path_in(*state, "model.h5.142.tmp").text, "x", 1);
    write_bytes(path_in(*state, "other.csv.42.tmp").text, "x", 1);
    store_sweep(folder->path, 42);
    assert_int_equal(files_in(folder), 2);
    assert_int_equal(access(path_in(*state, "model.h5").text, F_OK), 0);
    assert_int_equal(access(path_in(*state, "model.h5.142.tmp").text, F_OK), 0);
    store_sweep("/nowhere", 42);
    /* Removes those of any process; files with similar names stay. */
    write_bytes(path_in(*state, "model.h5.43.tmp").text, "x", 1);
    write_bytes(path_in(*state, "model.h5.4x.tmp").text, "x", 1);
    write_bytes(path_in(*state, "model.h5..tmp").text, "x", 1);
    write_bytes(path_in(*state, "42.tmp").text, "x", 1);
    write_bytes(path_in(*state, ".42.tmp").text, "x", 1);
    write_bytes(path_in(*state, "model-42.tmp").text, "x", 1);
    store_sweep(folder->path, 0);
    assert_int_equal(files_in(folder), 5);
    assert_int_equal(access(path_in(*state, ".42.tmp").text, F_OK), 0);
    assert_int_not_equal(access(path_in(*state, "model.h5.142.tmp").text, F_OK), 0);
    assert_int_not_equal(access(path_in(*state, "model.h5.43.tmp").text, F_OK), 0);
}

/* A file that another library wrote beside a path gets its name, or is removed. */
static void test_finishes_files_of_others(void **state) {
    struct error error;
    char beside[PATH_SIZE];
    size_t size;
    const struct path path = path_in(*state, "file");
    write_bytes(path.text, "before", 6);
    assert_int_equal(atomic_file_beside(beside, path.text, &error), STATUS_OK);
    write_bytes(beside, "film", 4);
    assert_int_equal(atomic_file_finish(path.text, &error), STATUS_OK);
    unsigned char *data = read_bytes(path.text, &size);
    assert_int_equal(size, 4);
    assert_memory_equal(data, "film", 4);
    free(data);
    assert_int_equal(files_in(*state), 1);

    assert_int_equal(atomic_file_finish(path.text, &error), STATUS_FAILED); /* no temporary file */
    assert_line(&error, path.text, "No such file", NULL);
    const struct path folder = path_in(*state, "folder");
    assert_int_equal(mkdir(folder.text, 0777), 0);
    assert_int_equal(atomic_file_beside(beside, folder.text, &error), STATUS_OK);
    write_bytes(beside, "film", 4);
    assert_int_equal(atomic_file_finish(folder.text, &error), STATUS_FAILED);
    assert_line(&error, folder.text, "directory", NULL);
    assert_int_equal(files_in(*state), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_replaces, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_has_usual_permissions, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_failure_leaves_nothing, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_try, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_sweep, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_finishes_files_of_others, folder_setup,
                                        folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
