/* Free memory, read from a file system of the test's own. */
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOM = 512 };

/* A folder that stands for the root of the file system; every test has a new one. */
static char root[ROOM];

/* Writes a file below the root, and the folders that it needs. */
static void put(const char *name, const char *text) {
    char path[2 * ROOM];
    snprintf(path, sizeof path, "%s%s", root, name);
    for (char *slash = strchr(path + strlen(root) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int make_root(void **state) {
    (void)state;
    const char *folder = getenv("TMPDIR");
    snprintf(root, sizeof root, "%s/asyncrl-memory-XXXXXX", folder ? folder : "/tmp");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state) {
    (void)state;
    char command[ROOM + 16];
    snprintf(command, sizeof command, "rm -r '%s'", root);
    return system(command); /* NOLINT(cert-env33-c): the name is the test's own */
}

static void an_unknown_system_has_no_bound(void **state) {
    (void)state;
    assert_true(memory_available_in(root) == SIZE_MAX);
}

static void the_kernel_tells(void **state) {
    (void)state;
    put("/proc/meminfo", "MemTotal:  9000 kB\nMemFree:  10 kB\nMemAvailable:    3000 kB\n");
    assert_int_equal(memory_available_in(root), 3000 * 1024);
}

/* A container: the machine has much, its group little; file pages can be given back. */
static void a_group_leaves_less(void **state) {
    (void)state;
    put("/proc/meminfo", "MemAvailable:    900000 kB\n");
    put("/proc/self/cgroup", "0::/box\n");
    put("/sys/fs/cgroup/box/memory.max", "1000000\n");
    put("/sys/fs/cgroup/box/memory.current", "700000\n");
    assert_int_equal(memory_available_in(root), 300000);
    put("/sys/fs/cgroup/box/memory.stat", "anon 9\ninactive_file 100000\nactive_file 50000\n");
    assert_int_equal(memory_available_in(root), 450000);
}

static void the_narrowest_group_counts(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/slice/box\n");
    put("/sys/fs/cgroup/slice/box/memory.max", "max\n");
    put("/sys/fs/cgroup/slice/box/memory.current", "10\n");
    assert_true(memory_available_in(root) == SIZE_MAX);
    put("/sys/fs/cgroup/slice/memory.max", "5000\n");
    put("/sys/fs/cgroup/slice/memory.current", "6000\n");
    assert_int_equal(memory_available_in(root), 0);
}

static void groups_of_version_1_count(void **state) {
    (void)state;
    put("/proc/self/cgroup", "12:cpu,cpuacct:/box\n7:memory:/box\n");
    put("/sys/fs/cgroup/memory/box/memory.limit_in_bytes", "4096\n");
    put("/sys/fs/cgroup/memory/box/memory.usage_in_bytes", "4000\n");
    put("/sys/fs/cgroup/memory/box/memory.stat", "total_inactive_file 1000\ninactive_file 7\n");
    assert_int_equal(memory_available_in(root), 1096);
}

static void a_shortage_says_what_to_do(void **state) {
    (void)state;
    struct error error = {0};
    assert_int_equal(memory_check(1, "a run needs", "use less", &error), STATUS_OK);
    assert_int_equal(memory_check(SIZE_MAX / 2, "a run needs", "use less", &error), STATUS_FAILED);
    assert_memory_equal(error.message, "a run needs ", 12);
    assert_non_null(strstr(error.message, "are free: use less"));
}

int main(void) {
#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        IN_ROOT(an_unknown_system_has_no_bound),
        IN_ROOT(the_kernel_tells),
        IN_ROOT(a_group_leaves_less),
        IN_ROOT(the_narrowest_group_counts),
        IN_ROOT(groups_of_version_1_count),
        cmocka_unit_test(a_shortage_says_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
