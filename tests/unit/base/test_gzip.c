/* Gzip files: whole ones, of several members, cut and damaged ones, and those that grow beyond
 * their limit. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "hello hello hello hello\n" by gzip. */
static const unsigned char packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff,
                                       0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0xb9,
                                       0x00, 0x00, 0x88, 0x59, 0x0b, 0x18, 0x00, 0x00, 0x00};

static const char plain[] = "hello hello hello hello\n";

enum { LIMIT = 1 << 16 };

struct file {
    char path[64];
};

static struct file write_file(const void *data, size_t size) {
    struct file file = {"/tmp/asyncrl-gzip-XXXXXX"};
    const int descriptor = mkstemp(file.path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, data, size), size);
    close(descriptor);
    return file;
}

static void assert_refused(const void *data, size_t size, size_t limit, const char *word) {
    const struct file file = write_file(data, size);
    unsigned char *read = NULL;
    size_t read_size;
    struct error error;
    assert_int_equal(gzip_read_file(file.path, limit, &read, &read_size, &error), STATUS_BAD_INPUT);
    assert_null(read);
    assert_non_null(strstr(error.message, file.path));
    if (!strstr(error.message, word))
        fail_msg("no '%s' in: %s", word, error.message);
    unlink(file.path);
}

static void test_whole(void **state) {
    (void)state;
    const struct file file = write_file(packed, sizeof packed);
    unsigned char *data;
    size_t size;
    struct error error;
    assert_int_equal(gzip_read_file(file.path, LIMIT, &data, &size, &error), STATUS_OK);
    assert_int_equal(size, strlen(plain));
    assert_memory_equal(data, plain, size);
    free(data);
    unlink(file.path);
}

/* As `cat a.gz b.gz` and tape archives leave them. */
static void test_members(void **state) {
    (void)state;
    enum { COUNT = 3, PADDING = 8 };
    unsigned char members[COUNT * sizeof packed + PADDING] = {0};
    for (size_t i = 0; i < COUNT; i++)
        memcpy(members + i * sizeof packed, packed, sizeof packed);
    const struct file file = write_file(members, sizeof members);
    unsigned char *data;
    size_t size;
    struct error error;
    assert_int_equal(gzip_read_file(file.path, LIMIT, &data, &size, &error), STATUS_OK);
    assert_int_equal(size, COUNT * strlen(plain));
    for (size_t i = 0; i < COUNT; i++)
        assert_memory_equal(data + i * strlen(plain), plain, strlen(plain));
    free(data);
    unlink(file.path);
    assert_refused(members, 3 * sizeof packed - 9, LIMIT, "not a whole gzip file");
    memset(members + sizeof packed, 'x', strlen(plain));
    assert_refused(members, sizeof members, LIMIT, "not a whole gzip file");
}

static void test_cut_and_damaged(void **state) {
    (void)state;
    for (size_t size = 0; size < sizeof packed; size++)
        assert_refused(packed, size, LIMIT, "not a whole gzip file");
    unsigned char damaged[sizeof packed];
    memcpy(damaged, packed, sizeof packed);
    damaged[sizeof packed - 8] ^= 1; /* of the checksum */
    assert_refused(damaged, sizeof damaged, LIMIT, "not a whole gzip file");
    assert_refused(plain, strlen(plain), LIMIT, "not a whole gzip file");
}

static void test_limit(void **state) {
    (void)state;
    enum { SIZE = 1 << 20 };
    char command[160];
    char path[] = "/tmp/asyncrl-zeros-XXXXXX";
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    snprintf(command, sizeof command, "head -c %d /dev/zero | gzip >%s", SIZE, path);
    assert_int_equal(system(command), 0);
    unsigned char *data = NULL;
    size_t size;
    struct error error;
    assert_int_equal(gzip_read_file(path, SIZE - 1, &data, &size, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "unpacks to more than"));
    assert_null(data);
    assert_int_equal(gzip_read_file(path, SIZE, &data, &size, &error), STATUS_OK);
    assert_int_equal(size, SIZE);
    free(data);
    snprintf(command, sizeof command, "head -c %d /dev/zero | gzip >>%s", SIZE, path);
    assert_int_equal(system(command), 0);
    assert_int_equal(gzip_read_file(path, SIZE, &data, &size, &error), STATUS_BAD_INPUT);
    assert_non_null(strstr(error.message, "unpacks to more than"));
    assert_int_equal(gzip_read_file(path, 2 * SIZE, &data, &size, &error), STATUS_OK);
    assert_int_equal(size, 2 * SIZE);
    free(data);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_cut_and_damaged),
        cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
