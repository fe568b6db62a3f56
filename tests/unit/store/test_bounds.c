/* Readers accept regular files up to the size that their kind can need, and refuse all others at
 * once. */
#include "store_fixture.h"

#include <sys/stat.h>

static const off_t huge = 20000000000; /* bytes; such a file has no blocks on the disk */

static void save(const struct folder *folder, int64_t generation) {
    const struct checkpoint_part part = {"frames", CHECKPOINT_INTS, &generation, 1};
    struct error error;
    assert_int_equal(checkpoint_save(folder->path, &part, 1, &error), STATUS_OK);
}

/* The checkpoint before the newest is used, and the warning has the reason. */
static void passes_over_the_newest(const struct folder *folder, const char *reason) {
    struct error error;
    struct checkpoint *checkpoint;
    int64_t generation;
    assert_int_equal(checkpoint_open(folder->path, CHECKPOINT_LIMIT, &checkpoint, &error),
                     STATUS_OK);
    if (!strstr(checkpoint_warning(checkpoint), reason))
        fail_msg("no '%s' in: %s", reason, checkpoint_warning(checkpoint));
    assert_int_equal(checkpoint_read(checkpoint, "frames", CHECKPOINT_INTS, &generation, 1, &error),
                     STATUS_OK);
    assert_int_equal(generation, 1);
    checkpoint_close(checkpoint);
}

static void test_checkpoints(void **state) {
    const struct folder *folder = *state;
    const struct path newest = path_in(folder, "checkpoint.h5");
    save(folder, 1);
    save(folder, 2);
    assert_int_equal(unlink(newest.text), 0);
    assert_int_equal(mkfifo(newest.text, 0600), 0);
    passes_over_the_newest(folder, "it is a pipe");
    assert_int_equal(unlink(newest.text), 0);
    write_bytes(newest.text, "", 0);
    assert_int_equal(truncate(newest.text, huge), 0);
    passes_over_the_newest(folder, "a file of zeros");
    write_bytes(newest.text, "hello", 5);
    passes_over_the_newest(folder, "far too small");
}

/* Checkpoints with a hole behind their end; that of an earlier version does not say its size. */
static void test_checkpoints_with_holes(void **state) {
    const struct folder *folder = *state;
    const struct path newest = path_in(folder, "checkpoint.h5");
    size_t size;
    save(folder, 1);
    save(folder, 2);
    unsigned char *data = read_bytes(newest.text, &size);
    assert_int_equal(truncate(newest.text, huge), 0);
    passes_over_the_newest(folder, "it has 20000000000 bytes, and was written with");
    unsigned char *line = memmem(data, size, "\nsize ", 6);
    assert_non_null(line);
    line[1] = 'x';
    write_bytes(newest.text, data, size);
    assert_int_equal(truncate(newest.text, huge), 0);
    passes_over_the_newest(folder, "it has 20000000000 bytes, and at most");
    free(data);
}

static void refuse_weights(const char *path, const char *found, const char *wanted) {
    struct weights_layout layout;
    struct error error;
    assert_int_equal(weights_inspect(path, CHANNELS_UNSAID, &layout, &error), STATUS_BAD_INPUT);
    assert_line(&error, path, found, wanted, NULL);
}

static void test_weights(void **state) {
    const struct path path = path_in(*state, "model.h5");
    write_bytes(path.text, "", 0);
    refuse_weights(path.text, "found an empty file", "wanted weights in HDF5");
    write_bytes(path.text, "hello", 5);
    refuse_weights(path.text, "found a text", "wanted weights in HDF5");
    write_bytes(path.text, "PK\3\4", 4);
    refuse_weights(path.text, "found a zip archive", "model.save('model.h5')");
    refuse_weights("/missing.h5", "cannot open", "No such file");
    write_bytes(path.text, "\x80\4abc", 5);
    refuse_weights(path.text, "found a Python pickle", "wanted weights in HDF5");
    refuse_weights(path_of_data("checkpoint/format-1.h5").text, "found a checkpoint of asyncrl",
                   "--resume");
    write_bytes(path.text, "\x89HDF\r\n\x1a\n", 8);
    assert_int_equal(truncate(path.text, 200 << 20), 0);
    refuse_weights(path.text, "it has 209715200 bytes", "at most 201326592 are read");
    refuse_weights("/dev/zero", "it is a device", "not a regular file");
}

static void test_others(void **state) {
    const struct path path = path_in(*state, "file");
    struct error error;
    struct json *json;
    uint8_t *rgb;
    int height;
    int width;
    assert_int_equal(mkfifo(path.text, 0600), 0);
    assert_int_equal(json_load(path.text, &json, &error), STATUS_BAD_INPUT);
    assert_line(&error, path.text, "it is a pipe", NULL);
    assert_int_equal(png_read(path.text, &rgb, &height, &width, &error), STATUS_BAD_INPUT);
    assert_line(&error, path.text, "it is a pipe", NULL);
    unlink(path.text);
    write_bytes(path.text, "{", 1);
    assert_int_equal(truncate(path.text, huge), 0);
    assert_int_equal(json_load(path.text, &json, &error), STATUS_BAD_INPUT);
    assert_line(&error, path.text, "at most 1048576 are read", NULL);
    assert_int_equal(png_read(path.text, &rgb, &height, &width, &error), STATUS_BAD_INPUT);
    assert_line(&error, path.text, "it has 20000000000 bytes", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_checkpoints, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_checkpoints_with_holes, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_weights, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_others, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
