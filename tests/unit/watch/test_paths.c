/* Files that are reached through links, and paths that readers must not see. */
#include "base/base.h"
#include "watch/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* base/{runs/run/{file,in,out,pipe},secret} */
static char base[32];
static char runs[48];
static char run[64];

static void in_base(char out[128], const char *name) {
    snprintf(out, 128, "%s/%s", base, name);
}

static void write_file(const char *name) {
    char path[128];
    in_base(path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("text", file);
    assert_int_equal(fclose(file), 0);
}

static void link_to(const char *target, const char *name) {
    char path[128];
    in_base(path, name);
    assert_int_equal(symlink(target, path), 0);
}

static int set_up(void **state) {
    char path[128];
    (void)state;
    strcpy(base, "/tmp/asyncrl-paths-XXXXXX");
    if (!mkdtemp(base))
        return -1;
    snprintf(runs, sizeof runs, "%s/runs", base);
    snprintf(run, sizeof run, "%s/run", runs);
    if (mkdir(runs, 0700) != 0 || mkdir(run, 0700) != 0)
        return -1;
    write_file("runs/run/file");
    write_file("runs/shared");
    write_file("secret");
    link_to("../shared", "runs/run/in");
    link_to("../../secret", "runs/run/out");
    link_to("/proc/self/environ", "runs/run/environ");
    link_to("/dev/zero", "runs/run/device");
    link_to("..", "runs/away");
    link_to("runs", "same");
    in_base(path, "runs/run/pipe");
    return mkfifo(path, 0600);
}

static int tear_down(void **state) {
    static const char *const names[] = {"runs/run/file", "runs/run/in",      "runs/run/out",
                                        "runs/run/pipe", "runs/run/environ", "runs/run/device",
                                        "runs/shared",   "runs/away",        "secret",
                                        "same",          "runs/run",         "runs"};
    char path[128];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        in_base(path, names[i]);
        remove(path);
    }
    return rmdir(base);
}

static bool opens(const char *root, const char *folder, const char *name) {
    char text[8] = "";
    const int file = paths_open(root, folder, name);
    if (file < 0)
        return false;
    const bool is_read = read(file, text, sizeof text) == 4 && memcmp(text, "text", 4) == 0;
    close(file);
    return is_read;
}

static void opens_only_files_inside(void **state) {
    char path[128];
    (void)state;
    assert_true(opens(runs, run, "file"));
    assert_true(opens(run, run, "file"));
    assert_true(opens(runs, run, "in"));
    assert_false(opens(run, run, "in"));
    assert_false(opens(runs, run, "out"));
    assert_true(opens(base, run, "out"));
    assert_true(opens("/", run, "out"));
    in_base(path, "same"); /* the root itself may be a link */
    assert_true(opens(path, run, "file"));
    in_base(path, "runs/away");
    assert_false(opens(runs, path, "secret"));
}

static void opens_only_regular_files(void **state) {
    (void)state;
    static const char *const names[] = {"pipe", "device", "environ", "none", "."};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(paths_open(runs, run, names[i]), -1);
    assert_int_equal(paths_open("/", run, "device"), -1);
}

static void knows_what_is_inside(void **state) {
    char path[128];
    (void)state;
    assert_true(paths_is_inside(runs, runs));
    assert_true(paths_is_inside(runs, run));
    assert_false(paths_is_inside(run, runs));
    in_base(path, "runs/away");
    assert_false(paths_is_inside(runs, path));
    snprintf(path, sizeof path, "%s-other", run);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(paths_is_inside(run, path));
    rmdir(path);
}

static void hide(const char *text, const char *expected) {
    char hidden[128];
    snprintf(hidden, sizeof hidden, "%s", text);
    paths_hide_folders(hidden);
    assert_string_equal(hidden, expected);
}

static void hides_folders(void **state) {
    (void)state;
    hide("cannot open '/home/me too/x.h5': no", "cannot open 'x.h5': no");
    hide("/a/b/c and /d/e, (/f/g)", "c and e, (g)");
    hide("ALE/Pong-v5 is 3/4 done", "ALE/Pong-v5 is 3/4 done");
    hide("'/a/b/'; / alone", "'b/'; / alone");
    hide("--game=/x/y.so", "--game=y.so");
    hide("", "");
    assert_string_equal(paths_last_part("/a/b"), "b");
    assert_string_equal(paths_last_part("b"), "b");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_only_files_inside),
        cmocka_unit_test(opens_only_regular_files),
        cmocka_unit_test(knows_what_is_inside),
        cmocka_unit_test(hides_folders),
    };
    return cmocka_run_group_tests_name("paths", tests, set_up, tear_down);
}
