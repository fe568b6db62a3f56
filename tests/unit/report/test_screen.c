/* The terminal under a dashboard, through a pseudoterminal: the output that reaches it, the output
 * that is held back, and its restoration. */
#include "report/display.h"
#include "run_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ENTERED "\033[?1049h"
#define LEFT "\033[?1049l"

/* stderr is the pseudoterminal from start_terminal to end_terminal. */
struct terminal {
    int master;
    int slave;
    int old_stderr;
    pid_t reader; /* 0: no process reads the output */
    char path[PATH_SIZE];
    struct metrics *metrics;
};

static struct terminal start_terminal(const char *folder, bool plain) {
    struct terminal terminal = {.metrics = make_metrics(2)};
    const struct winsize size = {.ws_row = 24, .ws_col = 80};
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    snprintf(terminal.path, sizeof terminal.path, "%s/terminal", folder);
    terminal.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(terminal.master >= 0);
    assert_int_equal(grantpt(terminal.master), 0);
    assert_int_equal(unlockpt(terminal.master), 0);
    terminal.slave = open(ptsname(terminal.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(terminal.slave >= 0);
    assert_int_equal(ioctl(terminal.slave, TIOCSWINSZ, &size), 0);
    terminal.old_stderr = dup(STDERR_FILENO);
    dup2(terminal.slave, STDERR_FILENO);
    screen_open(&terminal.metrics->screen, plain);
    return terminal;
}

/* A process that reads the terminal into a file from now on. */
static void start_reader(struct terminal *terminal) {
    terminal->reader = fork();
    if (terminal->reader != 0)
        return;
    dup2(terminal->master, STDIN_FILENO);
    dup2(terminal->old_stderr, STDERR_FILENO);
    close_range(3, ~0U, 0); /* every copy of the slave */
    FILE *file = fopen(terminal->path, "w");
    char text[4096];
    ssize_t length;
    while ((length = read(STDIN_FILENO, text, sizeof text)) > 0)
        fwrite(text, 1, (size_t)length, file);
    fclose(file);
    _exit(0);
}

/* Gives the terminal back and returns all that was written on it; the caller frees it. */
static char *end_terminal(struct terminal *terminal, const char *folder) {
    if (terminal->reader == 0)
        start_reader(terminal);
    screen_close(&terminal->metrics->screen);
    struct termios modes;
    assert_int_equal(tcgetattr(terminal->slave, &modes), 0);
    assert_true(modes.c_lflag & ECHO);
    assert_int_equal(isatty(STDERR_FILENO), 1);
    dup2(terminal->old_stderr, STDERR_FILENO);
    close(terminal->old_stderr);
    close(terminal->slave); /* the last one: the reader's end */
    waitpid(terminal->reader, NULL, 0);
    close(terminal->master);
    free(terminal->metrics);
    return get_file(folder, "terminal");
}

static struct display *open_display(struct metrics *metrics, const char *folder) {
    const struct reporter_request request = {
        .metrics = metrics, .run_dir = folder, .label = "a3c catch", .total_steps = 10000};
    struct display *display = display_open(&request);
    assert_non_null(display);
    return display;
}

/* Without strstr: AddressSanitizer's measures the whole text at every call. */
static int count(const char *text, const char *part) {
    const size_t length = strlen(part);
    int found = 0;
    for (const char *at = text; *at; at++)
        found += *at == *part && strncmp(at, part, length) == 0;
    return found;
}

/* Messages under the dashboard appear on it, and afterwards on the normal screen. */
static void test_messages(void **state) {
    struct terminal terminal = start_terminal(*state, false);
    struct screen *screen = &terminal.metrics->screen;
    assert_true(screen->taken);
    start_reader(&terminal);
    log_line("super", "before");
    screen_flush(screen);
    struct display *display = open_display(terminal.metrics, *state);
    display_tick(display, 1);
    struct termios modes;
    assert_int_equal(tcgetattr(terminal.slave, &modes), 0);
    assert_false(modes.c_lflag & ECHO);
    log_line("act-01", "the game broke down");
    fprintf(stderr, "a library's own words\n");
    screen_flush(screen); /* nothing, for the dashboard is up */
    struct status_numbers numbers = status_numbers_none("a3c catch");
    numbers.values[METRIC_STEPS] = 77;
    display_take(display, &numbers, 2);
    display_tick(display, 2);
    display_close(display);
    char *text = end_terminal(&terminal, *state);

    char *entered = strstr(text, ENTERED);
    char *left = strstr(text, LEFT);
    assert_true(entered && left && entered < left);
    assert_in_range(strstr(text, "super   before\r\n") - text, 1, entered - text);
    assert_non_null(strstr(left, "act-01  the game broke down\r\na library's own words\r\n"));
    assert_null(strstr(left, "before"));
    assert_non_null(strstr(left, "report  a3c catch  77 steps"));
    *left = '\0';
    assert_non_null(strstr(entered, "the game broke down"));
    free(text);
}

/* A library that floods stderr uses bounded memory, and the last messages stay. */
static void test_flood(void **state) {
    struct terminal terminal = start_terminal(*state, false);
    struct screen *screen = &terminal.metrics->screen;
    struct display *display = open_display(terminal.metrics, *state);
    start_reader(&terminal);
    display_tick(display, 1);
    for (int i = 0; i < 100000; i++) {
        dprintf(STDERR_FILENO, "flood %058d\n", i); /* 65 bytes */
        if (i % 1000 == 0)
            display_tick(display, 1);
    }
    struct stat file;
    assert_int_equal(fstat(screen->messages, &file), 0);
    assert_true(file.st_size >= 6500000);
    assert_true(file.st_blocks * 512 < 3 << 20);
    display_close(display);
    char *text = end_terminal(&terminal, *state);
    char *left = strstr(text, LEFT);
    assert_non_null(left);
    assert_non_null(strstr(left, "KiB of messages were too many to be kept)\r\n"));
    assert_non_null(strstr(left, "000099999\r\n"));
    assert_in_range(count(left, "flood"), (1 << 20) / 65 - 1, (2 << 20) / 65 + 1100);
    free(text);
}

/* No process waits for a blocked terminal; later it gets whole pages. */
static void test_slow_terminal(void **state) {
    struct terminal terminal = start_terminal(*state, false);
    struct display *display = open_display(terminal.metrics, *state);
    for (int i = 0; i < 2000; i++) {
        atomic_store(&terminal.metrics->learner.steps, i);
        display_tick(display, i);
    }
    start_reader(&terminal);
    for (int i = 0; i < 100; i++) {
        display_tick(display, 2000 + i);
        clock_sleep(0.01);
    }
    display_close(display);
    char *text = end_terminal(&terminal, *state);
    char *left = strstr(text, LEFT);
    assert_non_null(left);
    *left = '\0';
    assert_true(count(text, "\033[?2026h") > 2);
    assert_int_equal(count(text, "\033[?2026h"), count(text, "\033[?2026l") - 1); /* and LEAVE's */
    assert_int_equal(count(text, "1999 of 10.0k steps"), 1);
    free(text);
}

static void fill_terminal(const struct terminal *terminal) {
    char path[40];
    char page[4096];
    memset(page, '.', sizeof page);
    snprintf(path, sizeof path, "/proc/self/fd/%d", terminal->slave);
    const int file = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    assert_true(file >= 0);
    while (write(file, page, sizeof page) > 0)
        ;
    assert_int_equal(errno, EAGAIN);
    close(file);
}

/* A terminal that takes nothing delays a run's end by the promised time in total, not by that time
 * for each output. */
static void test_full_terminal(void **state) {
    struct terminal terminal = start_terminal(*state, false);
    struct screen *screen = &terminal.metrics->screen;
    fill_terminal(&terminal);
    screen->last_seconds = 0.5;
    const double start = clock_seconds();
    struct display *display = open_display(terminal.metrics, *state);
    struct status_numbers numbers = status_numbers_none("a3c catch");
    numbers.values[METRIC_STEPS] = 77;
    display_take(display, &numbers, 2);
    display_tick(display, 2); /* waits 2 s, as long as it waits once */
    display_close(display);
    for (int i = 0; i < 20; i++) {
        log_line("super", "message %d", i);
        screen_flush(screen);
        screen_force_leave(screen);
    }
    screen_close(screen);
    log_line("super", "last words");
    const double taken = clock_seconds() - start;
    dup2(terminal.old_stderr, STDERR_FILENO);
    close(terminal.old_stderr);
    close(terminal.slave);
    close(terminal.master);
    free(terminal.metrics);
    assert_true(taken < 15);
}

/* A reporter is killed in the middle of a page: the next one draws a whole one. */
static void test_replaced_reporter(void **state) {
    struct terminal terminal = start_terminal(*state, false);
    start_reader(&terminal);
    struct display *display = open_display(terminal.metrics, *state);
    display_tick(display, 1);
    display_close(display);
    display = open_display(terminal.metrics, *state);
    display_tick(display, 2);
    display_close(display);
    char *text = end_terminal(&terminal, *state);
    assert_int_equal(count(text, ENTERED), 2);
    assert_int_equal(count(text, LEFT), 1);
    assert_int_equal(count(text, " a3c catch"), 2);
    free(text);
}

static void expect_untouched(struct terminal *terminal) {
    assert_false(terminal->metrics->screen.taken);
    screen_flush(&terminal->metrics->screen);
    screen_force_leave(&terminal->metrics->screen);
}

static void test_plain(void **state) {
    struct terminal terminal = start_terminal(*state, true);
    expect_untouched(&terminal);
    setenv("TERM", "dumb", 1);
    screen_open(&terminal.metrics->screen, false);
    expect_untouched(&terminal);
    unsetenv("TERM");
    screen_open(&terminal.metrics->screen, false);
    expect_untouched(&terminal);
    log_line("super", "as it is");
    char *text = end_terminal(&terminal, *state);
    assert_non_null(strstr(text, " super   as it is\r\n"));
    assert_null(strchr(text, '\033'));
    free(text);
}

/* Words are explained once, when an update tells which ones there are. */
static void test_explanation(void **state) {
    struct terminal terminal = start_terminal(*state, true);
    struct display *display = open_display(terminal.metrics, *state);
    struct status_numbers numbers = status_numbers_none("a3c catch");
    numbers.values[METRIC_STEPS] = 0;
    display_take(display, &numbers, 1000);
    numbers.has[METRIC_POLICY_LOSS] = true;
    numbers.values[METRIC_POLICY_LOSS] = 0.5;
    display_take(display, &numbers, 2000);
    display_take(display, &numbers, 3000);
    display_close(display);
    char *text = end_terminal(&terminal, *state);
    assert_int_equal(count(text, "lines show"), 1);
    assert_int_equal(count(text, "entropy (H)"), 1);
    assert_int_equal(count(text, "greatest Q"), 0);
    free(text);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_messages),          IN_FOLDER(test_flood),
        IN_FOLDER(test_slow_terminal),     IN_FOLDER(test_full_terminal),
        IN_FOLDER(test_replaced_reporter), IN_FOLDER(test_plain),
        IN_FOLDER(test_explanation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
