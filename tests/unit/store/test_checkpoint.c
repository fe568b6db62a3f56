/* Checkpoints: parts come back to the bit, from the newest whole file, or not at all. */
#include "checkpoint_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <hdf5.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* ---- Saving and reading ---------------------------------------------------------------------- */

static void test_round_trip(void **state) {
    save(*state, 1);
    assert_opens(*state, 1, NULL);
}

/* In memory, too, and as often as wanted; damage is found. */
static void test_packed(void **state) {
    (void)state;
    struct content *content = make_content(1);
    struct checkpoint *checkpoint;
    struct error error;
    uint8_t *data;
    size_t size;
    assert_int_equal(checkpoint_pack(content->parts, PARTS, &data, &size, &error), STATUS_OK);
    free(content);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(checkpoint_unpack(data, size, "packed", &checkpoint, &error), STATUS_OK);
        assert_holds(checkpoint, 1);
        checkpoint_close(checkpoint);
    }
    data[size / 2] ^= 1;
    assert_int_equal(checkpoint_unpack(data, size, "packed", &checkpoint, &error),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "'packed' is damaged"));
    free(data);
}

static void test_keeps_two(void **state) {
    const struct folder *folder = *state;
    assert_refused(folder, "checkpoint.h5", "checkpoint-previous.h5");
    for (uint64_t generation = 1; generation <= 3; generation++)
        save(folder, generation);
    assert_opens(folder, 3, NULL);
    assert_int_equal(unlink(path_in(folder, "checkpoint.h5").text), 0);
    assert_opens(folder, 2, "No such file");
    assert_int_equal(unlink(path_in(folder, "checkpoint-previous.h5").text), 0);
    assert_refused(folder, "checkpoint.h5", "checkpoint-previous.h5");
    assert_int_equal(rmdir(folder->path), 0); /* the folder has no other file */
}

/* Equal parts and numbers give equal bytes at any time, independent of earlier contents of
 * memory. */
static void test_equal_bytes(void **state) {
    unsigned char *data[2];
    size_t size[2];
    mallopt(M_MMAP_MAX, 0); /* fresh pages would be zeros */
    for (int i = 0; i < 2; i++) {
        mallopt(M_PERTURB, 0x5a + i);
        save(*state, 1);
        data[i] = read_bytes(path_in(*state, "checkpoint.h5").text, &size[i]);
        unlink(path_in(*state, "checkpoint.h5").text); /* so that the next one has its number */
        clock_sleep(i == 0 ? 1.1 : 0);                 /* HDF5 counts time in seconds */
    }
    mallopt(M_PERTURB, 0);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(data[0], data[1], size[0]);
    free(data[0]);
    free(data[1]);
}

/* A reader of HDF5 that knows nothing of the seal opens the file. */
static void test_is_hdf5(void **state) {
    save(*state, 1);
    struct content *content = make_content(1);
    const hid_t file = H5Fopen(path_in(*state, "checkpoint.h5").text, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    float floats[FLOATS];
    const hid_t params = H5Dopen2(file, "/learner/params", H5P_DEFAULT);
    assert_true(H5Dread(params, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, floats) >= 0);
    assert_memory_equal(floats, content->floats, sizeof floats);
    const hid_t options = H5Dopen2(file, "/options", H5P_DEFAULT);
    char text[3];
    assert_true(H5Dread(options, H5T_NATIVE_CHAR, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0);
    assert_memory_equal(text, "a=1", 3);
    H5Dclose(options);
    H5Dclose(params);
    H5Fclose(file);
    free(content);
}

/* A file that an earlier build made. */
static void test_reads_format_1(void **state) {
    struct error error;
    struct checkpoint *checkpoint;
    size_t size;
    unsigned char *data = read_bytes(path_of_data("checkpoint/format-1.h5").text, &size);
    write_bytes(path_in(*state, "checkpoint.h5").text, data, size);
    free(data);
    assert_int_equal(
        checkpoint_open(((struct folder *)*state)->path, CHECKPOINT_LIMIT, &checkpoint, &error),
        STATUS_OK);
    float floats[3];
    int64_t frames;
    assert_int_equal(
        checkpoint_read(checkpoint, "learner/params", CHECKPOINT_FLOATS, floats, 3, &error),
        STATUS_OK);
    assert_memory_equal(floats, ((float[]){0.5F, -1.25F, 3}), sizeof floats);
    assert_int_equal(
        checkpoint_read(checkpoint, "learner/frames", CHECKPOINT_INTS, &frames, 1, &error),
        STATUS_OK);
    assert_true(frames == 123456789012);
    checkpoint_close(checkpoint);
}

/* Several may be open, and others saved meanwhile. */
static void test_open_while_saving(void **state) {
    struct error error;
    struct checkpoint *first;
    struct checkpoint *second;
    const struct folder *folder = *state;
    save(folder, 1);
    assert_int_equal(checkpoint_open(folder->path, CHECKPOINT_LIMIT, &first, &error), STATUS_OK);
    save(folder, 2);
    assert_int_equal(checkpoint_open(folder->path, CHECKPOINT_LIMIT, &second, &error), STATUS_OK);
    assert_holds(first, 1);
    assert_holds(second, 2);
    checkpoint_close(first);
    assert_holds(second, 2);
    checkpoint_close(second);
}

static void test_no_parts(void **state) {
    struct error error;
    struct checkpoint *checkpoint;
    const struct folder *folder = *state;
    assert_int_equal(checkpoint_save(folder->path, NULL, 0, &error), STATUS_OK);
    assert_int_equal(checkpoint_open(folder->path, CHECKPOINT_LIMIT, &checkpoint, &error),
                     STATUS_OK);
    size_t count;
    assert_false(checkpoint_count(checkpoint, "learner/params", CHECKPOINT_FLOATS, &count));
    checkpoint_close(checkpoint);
}

static void refuses_part(const struct checkpoint *checkpoint, const char *name,
                         enum checkpoint_type type, size_t wanted, const char *word) {
    struct error error;
    double values[FLOATS];
    memset(values, 'x', sizeof values);
    assert_int_equal(checkpoint_read(checkpoint, name, type, values, wanted, &error),
                     STATUS_BAD_INPUT);
    assert_line(&error, "checkpoint.h5", name, word, NULL);
    for (size_t i = 0; i < sizeof values; i++)
        assert_int_equal(((const char *)values)[i], 'x');
}

static void test_other_parts(void **state) {
    struct error error;
    struct checkpoint *checkpoint;
    save(*state, 1);
    assert_int_equal(
        checkpoint_open(((struct folder *)*state)->path, CHECKPOINT_LIMIT, &checkpoint, &error),
        STATUS_OK);
    size_t count = 7;
    const char *const absent[] = {"learner", "learner/params/more", "learner/param",
                                  "",        "nothing/x",           "environment/12"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        assert_false(checkpoint_count(checkpoint, absent[i], CHECKPOINT_FLOATS, &count));
        assert_int_equal(count, 0);
        refuses_part(checkpoint, absent[i], CHECKPOINT_FLOATS, 1, "no part");
    }
    for (enum checkpoint_type type = CHECKPOINT_BYTES; type <= CHECKPOINT_REALS; type++) {
        assert_int_equal(checkpoint_count(checkpoint, "learner/frames", type, &count),
                         type == CHECKPOINT_INTS);
        if (type != CHECKPOINT_INTS)
            refuses_part(checkpoint, "learner/frames", type, 3, "no part");
    }
    refuses_part(checkpoint, "learner/params", CHECKPOINT_FLOATS, FLOATS - 1, "wanted 2999");
    refuses_part(checkpoint, "learner/params", CHECKPOINT_FLOATS, FLOATS + 1, "has 3000 floats");
    refuses_part(checkpoint, "learner/params", CHECKPOINT_FLOATS, 0, "wanted 0");
    refuses_part(checkpoint, "environment/12/none", CHECKPOINT_BYTES, 1, "has 0 bytes");
    checkpoint_close(checkpoint);
}

/* ---- Damage ---------------------------------------------------------------------------------- */

/* With these bytes as the newest, the reader takes the one before, or fails if there is none. */
static void assert_is_seen_as_damaged(const struct folder *folder, const void *data, size_t size) {
    const struct path newest = path_in(folder, "checkpoint.h5");
    const struct path previous = path_in(folder, "checkpoint-previous.h5");
    const struct path hidden = path_in(folder, "hidden");
    unlink(newest.text); /* some file systems wait for the disk if a file is overwritten */
    write_bytes(newest.text, data, size);
    assert_opens(folder, 1, "damaged or cut short");
    assert_int_equal(rename(previous.text, hidden.text), 0);
    assert_refused(folder, "damaged or cut short", "No such file");
    write_bytes(previous.text, data, size);
    assert_refused(folder, "checkpoint.h5' is damaged", "checkpoint-previous.h5' is damaged");
    unlink(previous.text);
    assert_int_equal(rename(hidden.text, previous.text), 0);
}

static void test_truncated(void **state) {
    size_t size;
    unsigned char *data = two_generations(*state, &size);
    const size_t edges[] = {0, 1, 20, 40, 99, 511, 512, 513, size - 1};
    struct rng rng;
    rng_seed(&rng, 3, 0);
    for (int i = 0; i < 9 + 50; i++)
        assert_is_seen_as_damaged(*state, data, i < 9 ? edges[i] : rng_below(&rng, (uint32_t)size));
    data = realloc(data, size + 1);
    assert_non_null(data);
    data[size] = 0;
    assert_is_seen_as_damaged(*state, data, size + 1);
    write_bytes(path_in(*state, "checkpoint.h5").text, data, size);
    assert_opens(*state, 2, NULL);
    free(data);
}

/* A single bit each time: 50 places anywhere, and 50 in the seal or just behind it. */
static void test_flipped(void **state) {
    size_t size;
    unsigned char *data = two_generations(*state, &size);
    struct rng rng;
    rng_seed(&rng, 4, 0);
    for (int i = 0; i < 100; i++) {
        const size_t place = rng_below(&rng, i < 50 ? (uint32_t)size : i < 75 ? 120 : 600);
        const unsigned char bit = (unsigned char)(1U << rng_below(&rng, 8));
        data[place] ^= bit;
        assert_is_seen_as_damaged(*state, data, size);
        data[place] ^= bit;
    }
    write_bytes(path_in(*state, "checkpoint.h5").text, data, size);
    assert_opens(*state, 2, NULL);
    free(data);
}

/* The reader does not skip it for an older one, which the next save would put in its place. */
static void test_other_format(void **state) {
    const struct folder *folder = *state;
    const struct path newest = path_in(folder, "checkpoint.h5");
    size_t size;
    unsigned char *data = two_generations(folder, &size);
    reseal(data, size, "format 1", "format 1");
    write_bytes(newest.text, data, size);
    assert_opens(folder, 2, NULL);

    reseal(data, size, "format 1", "format 2");
    write_bytes(newest.text, data, size);
    assert_refused(folder, "checkpoint.h5' is a checkpoint of format 2", "reads format 1");
    write_bytes(path_in(folder, "checkpoint-previous.h5").text, data, size);
    write_bytes(newest.text, data, size - 1);
    assert_refused(folder, "checkpoint.h5' is damaged", "previous.h5' is a checkpoint of format 2");
    free(data);
}

/* Valid digests on files that our writers never make. */
static void test_sealed_nonsense(void **state) {
    const struct folder *folder = *state;
    const struct path newest = path_in(folder, "checkpoint.h5");
    size_t size;
    unsigned char *data = two_generations(folder, &size);
    reseal(data, 120, "format 1", "format 1");
    write_bytes(newest.text, data, 120);
    assert_opens(folder, 1, "damaged");
    reseal(data, size, "checkpoint", "chequebook");
    write_bytes(newest.text, data, size);
    assert_opens(folder, 1, "damaged");

    reseal(data, size, "chequebook", "checkpoint");
    memset(data + 512, 0, 8); /* the signature of HDF5 */
    reseal(data, size, "format 1", "format 1");
    write_bytes(newest.text, data, size);
    struct error error;
    struct checkpoint *checkpoint;
    assert_int_equal(checkpoint_open(folder->path, CHECKPOINT_LIMIT, &checkpoint, &error),
                     STATUS_FAILED);
    assert_line(&error, "HDF5", "checkpoint.h5", NULL);
    free(data);
}

/* ---- Saves that fail ------------------------------------------------------------------------- */

static int files_in(const char *folder) {
    DIR *open = opendir(folder);
    assert_non_null(open);
    int count = 0;
    for (const struct dirent *entry = readdir(open); entry; entry = readdir(open))
        count += entry->d_name[0] != '.';
    closedir(open);
    return count;
}

static void assert_save_fails(const struct folder *folder, const char *word) {
    struct error error;
    struct content *content = make_content(9);
    assert_int_equal(checkpoint_save(folder->path, content->parts, PARTS, &error), STATUS_FAILED);
    assert_line(&error, folder->path, "checkpoint.h5", word, NULL);
    free(content);
}

static void test_no_folder(void **state) {
    (void)state;
    const struct folder missing = {"/nowhere/at/all"};
    assert_save_fails(&missing, "No such file");
}

static void test_unwritable_folder(void **state) {
    const uid_t nobody = 65534;
    const struct folder *folder = *state;
    const bool root = geteuid() == 0; /* root may write anywhere */
    save(folder, 1);
    assert_int_equal(root ? seteuid(nobody) : chmod(folder->path, 0555), 0);
    assert_save_fails(folder, "Permission denied");
    assert_int_equal(root ? seteuid(0) : chmod(folder->path, 0777), 0);
    assert_opens(folder, 1, NULL);
}

/* The one before cannot be kept: the newest stays the newest. */
static void test_previous_in_the_way(void **state) {
    const struct folder *folder = *state;
    save(folder, 1);
    assert_int_equal(mkdir(path_in(folder, "checkpoint-previous.h5").text, 0777), 0);
    assert_save_fails(folder, "directory");
    assert_int_equal(files_in(folder->path), 2);
    assert_opens(folder, 1, NULL);
}

/* After a save that failed for lack of space: both older ones are whole, and there are no other
 * files. */
static void assert_survived_full_disk(const struct folder *folder) {
    assert_int_equal(files_in(folder->path), 2);
    assert_opens(folder, 2, NULL);
    size_t size;
    unsigned char *data = read_bytes(path_in(folder, "checkpoint.h5").text, &size);
    write_bytes(path_in(folder, "checkpoint.h5").text, "torn", 4);
    assert_opens(folder, 1, "damaged");
    write_bytes(path_in(folder, "checkpoint.h5").text, data, size);
    free(data);
}

static void test_file_size_limit(void **state) {
    const struct folder *folder = *state;
    save(folder, 1);
    save(folder, 2);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){BYTES, before.rlim_max}), 0);
    assert_save_fails(folder, "File too large");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_survived_full_disk(folder);
    save(folder, 3);
    assert_opens(folder, 3, NULL);
}

/* A real file system without room for a third checkpoint beside the two. */
static void test_full_disk(void **state) {
    const struct folder *folder = *state;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", folder->path, "tmpfs", 0, "size=256k") != 0) {
        print_message("a small tmpfs cannot be mounted: %s\n", strerror(errno));
        skip();
    }
    save(folder, 1);
    save(folder, 2);
    assert_save_fails(folder, "No space left");
    assert_survived_full_disk(folder);
    assert_int_equal(unlink(path_in(folder, "checkpoint-previous.h5").text), 0);
    save(folder, 3);
    assert_opens(folder, 3, NULL);
    assert_int_equal(umount(folder->path), 0);
}

/* ---- Savers that are stopped ----------------------------------------------------------------- */

#ifdef SYS_rename
static const long plain_rename = SYS_rename;
#else
static const long plain_rename = SYS_renameat;
#endif

/* Saves a generation in a child that meets action at that system call; how the child ended. */
static int save_meeting(const struct folder *folder, uint64_t generation, long number,
                        uint32_t action) {
    struct error error;
    struct content *content = make_content(generation);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!at_system_call(number, action))
            _exit(CANNOT_FILTER);
        _exit((int)checkpoint_save(folder->path, content->parts, PARTS, &error));
    }
    free(content);
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    store_sweep(folder->path, child);
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == CANNOT_FILTER) {
        print_message("system calls cannot be filtered\n");
        skip();
    }
    return ended;
}

/* Wherever a saver dies, checkpoint.h5 is whole, and so is the one before it. */
static void test_dies(void **state) {
    const struct {
        long system_call;
        uint64_t newest;
    } deaths[] = {{SYS_write, 2}, {SYS_fsync, 2}, {SYS_renameat2, 2}, {plain_rename, 3}};
    const struct folder *folder = *state;
    for (size_t i = 0; i < sizeof deaths / sizeof deaths[0]; i++) {
        save(folder, 1);
        save(folder, 2);
        const int ended = save_meeting(folder, 3, deaths[i].system_call, SECCOMP_RET_KILL_PROCESS);
        assert_true(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGSYS);
        assert_int_equal(files_in(folder->path), 2);
        assert_opens(folder, deaths[i].newest, NULL);
        assert_int_equal(unlink(path_in(folder, "checkpoint.h5").text), 0);
        assert_opens(folder, 1, "No such file");
    }
}

/* A disk that fails when all is written; and file systems that cannot exchange two files. */
static void test_calls_that_fail(void **state) {
    const struct folder *folder = *state;
    save(folder, 1);
    int ended = save_meeting(folder, 2, SYS_fsync, SECCOMP_RET_ERRNO | EIO);
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == STATUS_FAILED);
    assert_int_equal(files_in(folder->path), 1);
    assert_opens(folder, 1, NULL);

    for (uint64_t generation = 2; generation <= 3; generation++) {
        ended = save_meeting(folder, generation, SYS_renameat2, SECCOMP_RET_ERRNO | EINVAL);
        assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == STATUS_OK);
        assert_opens(folder, generation, NULL);
    }
    assert_int_equal(files_in(folder->path), 2);
    assert_int_equal(unlink(path_in(folder, "checkpoint.h5").text), 0);
    assert_opens(folder, 2, "No such file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, folder_setup, folder_teardown),
        cmocka_unit_test(test_packed),
        cmocka_unit_test_setup_teardown(test_keeps_two, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_equal_bytes, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_is_hdf5, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_reads_format_1, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_open_while_saving, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_no_parts, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_other_parts, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_truncated, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_flipped, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_other_format, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_sealed_nonsense, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_no_folder, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_unwritable_folder, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_previous_in_the_way, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_file_size_limit, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_full_disk, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_dies, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_calls_that_fail, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
