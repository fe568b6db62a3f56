#include "report/screen.h"

#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* When the messages kept for the normal screen exceed twice this size, the newest of this size
 * stay. */
enum { KEPT_BYTES = 1 << 20 };

/* A terminal that takes any input takes this much without making its writer wait. */
enum { PIECE_BYTES = 256 };

/* xterm's sequences: alternate screen, cursor, wrapping at the right edge. */
#define ENTER "\033[?1049h\033[?25l\033[?7l\033[2J"
/* CAN ends a sequence whose writer was killed; then the end of a synchronized update, and of
 * colours. */
#define LEAVE "\030\033[?2026l\033[0m\033[?7h\033[?25h\033[?1049l"

/* The time limits for a terminal that takes nothing: while the run goes on, and in total after its
 * end, when output that cannot be printed is lost. */
static const double SOON_SECONDS = 2;
static const double LAST_SECONDS = 20;

/* ---- Writing --------------------------------------------------------------------------------- */

/* Waits until the terminal takes something; false when it is gone or the time is up. */
static bool await_terminal(struct screen *screen, double end) {
    struct pollfd writable = {.fd = screen->writer, .events = POLLOUT};
    const bool can_wait = clock_seconds() < end;
    for (;;) {
        const double left = end - clock_seconds();
        const int ready = poll(&writable, 1, left > 0 ? (int)(left * 1000) + 1 : 0);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
        if (ready == 0) {
            if (can_wait)
                atomic_store(&screen->stuck, 1);
            return false;
        }
    }
}

/* Writes until the time end at the latest, because a terminal may take nothing, as after Ctrl-S.
 * Returns the number of bytes that it took. */
static size_t write_until(struct screen *screen, const char *text, size_t length, double end) {
    size_t done = 0;
    while (done < length && await_terminal(screen, end)) {
        const size_t left = length - done;
        const ssize_t written =
            write(screen->writer, text + done, left < PIECE_BYTES ? left : PIECE_BYTES);
        if (written < 0 && errno == EAGAIN)
            clock_sleep(0.01); /* there is room, but not for this */
        else if (written < 0 && errno != EINTR)
            return done;
        if (written > 0) {
            atomic_store(&screen->stuck, 0);
            done += (size_t)written;
        }
    }
    return done;
}

static void write_text(struct screen *screen, const char *text, double end) {
    write_until(screen, text, strlen(text), end);
}

/* After a wait in vain, do not wait again before the terminal has taken something. */
static double soon(const struct screen *screen) {
    return clock_seconds() + (atomic_load(&screen->stuck) ? 0 : SOON_SECONDS);
}

/* ---- Leaving and flushing -------------------------------------------------------------------- */

static void clear_line(struct screen *screen, double end) {
    if (atomic_exchange(&screen->line, 0))
        write_text(screen, "\r\033[K", end);
}

static int64_t messages_size(const struct screen *screen) {
    struct stat file;
    return fstat(screen->messages, &file) == 0 ? file.st_size : 0;
}

/* Prints the size of the gap between the printed and the kept messages. */
static void skip_dropped(struct screen *screen, double end) {
    const int64_t dropped = atomic_load(&screen->dropped);
    const int64_t missing = dropped - atomic_load(&screen->printed);
    if (missing <= 0)
        return;
    char text[96];
    snprintf(text, sizeof text, "(%lld KiB of messages were too many to be kept)\n",
             (long long)(missing >> 10));
    write_text(screen, text, end);
    atomic_store(&screen->printed, dropped);
}

/* The next call prints the rest. */
static void flush_until(struct screen *screen, double end) {
    char text[4096];
    ssize_t length;
    if (atomic_load(&screen->up) || messages_size(screen) == atomic_load(&screen->printed))
        return;
    clear_line(screen, end);
    skip_dropped(screen, end);
    while ((length = pread(screen->messages, text, sizeof text, atomic_load(&screen->printed))) >
           0) {
        const size_t written = write_until(screen, text, (size_t)length, end);
        atomic_fetch_add(&screen->printed, (int64_t)written);
        if (written < (size_t)length)
            return;
    }
}

static void leave_until(struct screen *screen, double end) {
    if (atomic_load(&screen->up)) {
        write_text(screen, LEAVE, end);
        tcsetattr(screen->terminal, TCSANOW, &screen->modes);
        atomic_store(&screen->up, 0);
    }
    clear_line(screen, end);
    flush_until(screen, end);
}

/* ---- Taking and giving back ------------------------------------------------------------------ */

void screen_open(struct screen *screen, bool plain) {
    if (plain || !log_has_terminal())
        return;
    screen->messages = memfd_create("asyncrl-messages", MFD_CLOEXEC);
    if (screen->messages < 0)
        return;
    fcntl(screen->messages, F_SETFL, O_APPEND);
    screen->terminal = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    /* A file description of its own, so that the shell's stays unchanged. */
    screen->writer = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    screen->waits = screen->writer < 0;
    if (screen->waits)
        screen->writer = screen->terminal;
    screen->last_seconds = LAST_SECONDS;
    fflush(stdout);
    const bool both = isatty(STDOUT_FILENO) == 1;
    screen->output = both ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : -1;
    screen->owner = getpid();
    dup2(screen->messages, STDERR_FILENO);
    if (both)
        dup2(screen->messages, STDOUT_FILENO);
    screen->taken = true;
}

static void give_back(const struct screen *screen) {
    dup2(screen->terminal, STDERR_FILENO);
    if (screen->output >= 0)
        dup2(screen->output, STDOUT_FILENO);
}

/* If the terminal still takes nothing, the program's last words must not wait for it, either. */
static void give_up(const struct screen *screen) {
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, STDERR_FILENO);
    if (screen->output >= 0)
        dup2(nowhere, STDOUT_FILENO);
    close(nowhere);
}

static void say_last_state(const struct screen *screen) {
    const char *state = screen->state[atomic_load(&screen->state_set) & 1];
    if (state[0])
        log_line("report", "%s", state);
}

/* The last words go to the messages first, like all before them. */
static void end_screen(struct screen *screen) {
    const double end = clock_seconds() + screen->last_seconds;
    fflush(stdout);
    leave_until(screen, end);
    say_last_state(screen);
    flush_until(screen, end);
    if (atomic_load(&screen->stuck))
        give_up(screen);
    else
        give_back(screen);
}

void screen_close(struct screen *screen) {
    if (!screen->taken)
        return;
    end_screen(screen);
    if (!screen->waits)
        close(screen->writer);
    close(screen->terminal);
    close(screen->messages);
    if (screen->output >= 0)
        close(screen->output);
    screen->taken = false;
}

void screen_keep(struct screen *screen) {
    static const int ignored[] = {SIGTSTP, SIGTTOU, SIGTTIN, SIGQUIT};
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        signal(ignored[i], SIG_IGN);
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGUSR1);
    sigprocmask(SIG_BLOCK, &end, NULL);
    signal(SIGUSR1, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGUSR1);
    while (getppid() == screen->owner)
        sigwaitinfo(&end, NULL);
    end_screen(screen);
    /* The shell may have prompted on the screen that is gone; a change of size makes it prompt
     * again. */
    const pid_t shell = tcgetpgrp(screen->terminal);
    if (shell > 1) /* -1 would mean all processes */
        kill(-shell, SIGWINCH);
    _exit(0);
}

/* ---- The two screens ------------------------------------------------------------------------- */

bool screen_in_foreground(const struct screen *screen) {
    const pid_t foreground = tcgetpgrp(screen->terminal);
    return foreground < 0 || foreground == getpgrp();
}

void screen_enter(struct screen *screen) {
    if (!atomic_load(&screen->up) && tcgetattr(screen->terminal, &screen->modes) != 0)
        return;
    const double end = soon(screen);
    clear_line(screen, end);
    atomic_store(&screen->up, 1);
    struct termios quiet = screen->modes;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(screen->terminal, TCSANOW, &quiet);
    write_text(screen, ENTER, end);
}

void screen_force_leave(struct screen *screen) {
    if (screen->taken)
        leave_until(screen, soon(screen));
}

void screen_show_line(struct screen *screen, const char *line) {
    char text[SCREEN_STATE_SIZE + 16];
    snprintf(text, sizeof text, "\r%s\033[K", line);
    atomic_store(&screen->line, 1);
    write_text(screen, text, soon(screen));
}

void screen_set_state(struct screen *screen, const char *line) {
    const uint32_t next = atomic_load(&screen->state_set) + 1;
    snprintf(screen->state[next & 1], SCREEN_STATE_SIZE, "%s", line);
    atomic_store(&screen->state_set, next);
}

/* ---- Messages -------------------------------------------------------------------------------- */

void screen_flush(struct screen *screen) {
    if (screen->taken)
        flush_until(screen, getpid() == screen->owner ? 0 : soon(screen));
}

void screen_read_messages(const struct screen *screen, char *out, size_t size) {
    const int64_t end = messages_size(screen);
    const int64_t wanted = end - (int64_t)size + 1;
    const int64_t start = wanted > 0 ? wanted : 0;
    const ssize_t length = pread(screen->messages, out, size - 1, start);
    out[length > 0 ? length : 0] = '\0';
    const char *first = start > 0 ? strchr(out, '\n') : NULL;
    if (first)
        memmove(out, first + 1, strlen(first));
}

void screen_drop_messages(struct screen *screen) {
    const int64_t end = messages_size(screen);
    const int64_t dropped = atomic_load(&screen->dropped);
    if (end - dropped < 2 * (int64_t)KEPT_BYTES)
        return;
    const int64_t kept_from = (end - KEPT_BYTES) & ~(int64_t)4095;
    fallocate(screen->messages, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, dropped,
              kept_from - dropped);
    atomic_store(&screen->dropped, kept_from);
}
