#include "report/display.h"

#include "report/dashboard.h"
#include "report/memory.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PLAIN_COLUMNS = 240, MESSAGE_BYTES = 8192 };
enum { OUT_BYTES = DASHBOARD_MAX_ROWS * (LINE_BYTES + 16) + 64 };

static const double PLAIN_LINE_SECONDS = 10.0;
static const double REDRAW_SECONDS = 0.25;

struct display {
    struct reporter_request request;
    struct metrics *metrics;
    struct screen *screen;
    struct style style;
    struct status_numbers numbers;  /* of the last row of progress */
    double taken;                   /* seconds of that row */
    double plain_line;              /* seconds of the last plain line */
    bool is_explained;              /* a line that explains them was printed */
    double drawn;                   /* seconds of the last redraw */
    bool has_line;                  /* numbers are newer than the status line */
    bool is_up;                     /* this process has entered the dashboard's screen */
    bool is_shown;                  /* the terminal shows the lines in shown */
    int64_t *frames_before;         /* (actor_count): emulator frames at that row */
    struct dashboard_actor *actors; /* (actor_count) */
    struct page page;
    struct page shown;
    char messages[MESSAGE_BYTES];
    int out_length;  /* bytes for the terminal, */
    int out_written; /* and the number already written */
    char out[OUT_BYTES];
};

/* ---- What the terminal is like --------------------------------------------------------------- */

/* Chooses the character set as the C library does, but its locales may be missing. */
static bool has_utf8(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

/* 0: no colours, by the rule of no-color.org. */
static int colour_count(void) {
    const char *none = getenv("NO_COLOR");
    if (none && none[0])
        return 0;
    const char *term = getenv("TERM");
    const char *more = getenv("COLORTERM");
    return (term && strstr(term, "256color")) || (more && more[0]) ? 256 : 16;
}

/* For a terminal that does not know its size, such as a serial line: enough for a status line. */
static void terminal_size(const struct display *display, int *columns, int *rows) {
    struct winsize size = {0};
    ioctl(display->screen->terminal, TIOCGWINSZ, &size);
    *columns = size.ws_col > 0 ? size.ws_col : PLAIN_COLUMNS;
    *rows = size.ws_col > 0 ? size.ws_row : 0;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static void open_terminal(struct display *display) {
    display->style = (struct style){.utf8 = has_utf8(), .colours = colour_count()};
    signal(SIGTSTP, SIG_IGN); /* the supervisor stops this process when the normal screen is back */
    signal(SIGTTOU, SIG_IGN);
}

static void take_rates(struct display *display, double seconds) {
    for (int i = 0; i < display->metrics->actor_count; i++) {
        const int64_t frames = atomic_load_explicit(&display->metrics->actors[i].emulator_frames,
                                                    memory_order_relaxed);
        display->actors[i].emulator_frames_per_second =
            (double)(frames - display->frames_before[i]) / fmax(seconds, 1e-6);
        display->frames_before[i] = frames;
    }
}

struct display *display_open(const struct reporter_request *request) {
    const size_t actors = (size_t)request->metrics->actor_count;
    struct display *display = calloc(1, sizeof *display);
    if (!display)
        return NULL;
    display->request = *request;
    display->metrics = request->metrics;
    display->screen = &request->metrics->screen;
    display->taken = display->plain_line = clock_seconds() - request->metrics->start;
    display->numbers = status_numbers_none(request->label);
    display->frames_before = calloc(actors, sizeof *display->frames_before);
    display->actors = calloc(actors, sizeof *display->actors);
    if (!display->frames_before || !display->actors) {
        display_close(display);
        return NULL;
    }
    take_rates(display, INFINITY); /* frames played before do not count */
    if (display->screen->taken)
        open_terminal(display);
    return display;
}

void display_close(struct display *display) {
    free(display->frames_before);
    free(display->actors);
    free(display);
}

/* ---- Numbers --------------------------------------------------------------------------------- */

static void note_state(struct display *display) {
    char line[PLAIN_COLUMNS + 1];
    status_format(line, PLAIN_COLUMNS, &display->numbers);
    screen_set_state(display->screen, line);
}

/* Explains the words of the lines that follow. Only an update's losses tell which words these
 * are. */
static void explain_plain_lines(struct display *display) {
    const bool has_policy = display->numbers.has[METRIC_POLICY_LOSS];
    if (display->is_explained || !(has_policy || display->numbers.has[METRIC_Q_LOSS]))
        return;
    display->is_explained = true;
    log_line("report",
             "lines show: steps learned, score of the last 100 games, emulator frames (emu), %s, "
             "waiting experience (queue), age of the actors' weights in steps (lag)",
             has_policy ? "losses of policy (pi) and value (v), entropy (H), value of states (V)"
                        : "chance of random actions (eps), loss, greatest Q");
}

static void say_plain_line(struct display *display, double seconds) {
    char line[PLAIN_COLUMNS + 1];
    if (seconds - display->plain_line < PLAIN_LINE_SECONDS)
        return;
    explain_plain_lines(display);
    status_format(line, PLAIN_COLUMNS, &display->numbers);
    log_line("report", "%s", line);
    display->plain_line = seconds;
}

void display_take(struct display *display, const struct status_numbers *numbers, double seconds) {
    display->numbers = *numbers;
    display->has_line = true;
    if (!display->screen->taken) {
        say_plain_line(display, seconds);
        return;
    }
    struct reporter_memory *memory = &display->metrics->memory;
    take_rates(display, seconds - display->taken);
    display->taken = seconds;
    for (int i = 0; i < METRIC_COUNT; i++)
        history_add(&memory->histories[i], numbers->values[i]);
    note_state(display);
}

static void read_actors(struct display *display, double *best) {
    const struct metrics *metrics = display->metrics;
    const int64_t steps = atomic_load_explicit(&metrics->learner.steps, memory_order_relaxed);
    const double now = clock_seconds();
    *best = NAN;
    for (int i = 0; i < metrics->actor_count; i++) {
        const struct actor_metrics *from = &metrics->actors[i];
        struct dashboard_actor *actor = &display->actors[i];
        const struct actor_games *games = &from->games;
        const uint64_t version = atomic_load_explicit(&from->weights_version, memory_order_relaxed);
        actor->pid = atomic_load_explicit(&from->pid, memory_order_relaxed);
        actor->silent_seconds = now - atomic_load_explicit(&from->heartbeat, memory_order_relaxed);
        actor->games = games->count;
        actor->last = games->count > 0 ? games->last : NAN;
        actor->best = games->count > 0 ? games->best : NAN;
        actor->behind = version > 0 ? fmax((double)(steps - (int64_t)(version - 1)), 0) : 0;
        *best = fmax(*best, actor->best);
    }
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static void fill_page(struct display *display, int columns, int rows, double seconds) {
    const struct metrics *metrics = display->metrics;
    const struct reporter_memory *memory = &metrics->memory;
    struct dashboard dashboard = {
        .status = display->numbers,
        .run_dir = display->request.run_dir,
        .total_steps = display->request.total_steps,
        .seconds = seconds,
        .learner_busy = 1 - display->numbers.learner_idle,
        .lag_scale = display->request.lag_scale,
        .histories = memory->histories,
        .actors = display->actors,
        .actor_count = metrics->actor_count,
        .messages = display->messages,
    };
    double *values = dashboard.status.values;
    values[METRIC_STEPS] =
        (double)atomic_load_explicit(&metrics->learner.steps, memory_order_relaxed);
    values[METRIC_EPISODES] = (double)memory->episodes;
    values[METRIC_LEARNING_RATE] =
        atomic_load_explicit(&metrics->learner.learning_rate, memory_order_relaxed);
    const struct reporter_request *request = &display->request;
    dashboard.expected = request->expected
                             ? request->expected(request->context, (int64_t)values[METRIC_STEPS])
                             : NAN;
    read_actors(display, &dashboard.best_score);
    screen_read_messages(display->screen, display->messages, sizeof display->messages);
    dashboard_draw(&display->page, &display->style, columns, rows, &dashboard);
}

static void put(struct display *display, const char *text) {
    display->out_length += sprintf(display->out + display->out_length, "%s", text);
}

/* Collects the lines that differ from those shown, as one synchronized update. */
static void compose(struct display *display) {
    const struct page *page = &display->page;
    const struct page *shown = &display->shown;
    const bool is_same_size = page->columns == shown->columns && page->rows == shown->rows;
    const bool all = !display->is_shown || !is_same_size;
    display->out_length = display->out_written = 0;
    put(display, "\033[?2026h");
    const int nothing = display->out_length;
    if (all)
        put(display, "\033[2J");
    for (int i = 0; i < page->rows; i++) {
        const struct line *line = &page->lines[i];
        if (!all && strcmp(line->text, shown->lines[i].text) == 0)
            continue;
        char place[24];
        snprintf(place, sizeof place, "\033[%d;1H", i + 1);
        put(display, place);
        put(display, line->text);
        if (line->columns < page->columns)
            put(display, "\033[K");
    }
    if (display->out_length == nothing)
        display->out_length = 0;
    else
        put(display, "\033[?2026l");
}

/* Writes as much as the terminal takes now; true when it has all. */
static bool write_out(struct display *display) {
    struct pollfd writable = {.fd = display->screen->writer, .events = POLLOUT};
    const bool is_ready = !display->screen->waits || poll(&writable, 1, 0) == 1;
    if (display->out_written < display->out_length && is_ready) {
        const ssize_t written = write(writable.fd, display->out + display->out_written,
                                      (size_t)(display->out_length - display->out_written));
        if (written > 0)
            display->out_written += (int)written;
        else if (written < 0 && errno != EAGAIN && errno != EINTR)
            display->out_written = display->out_length; /* the terminal is gone */
    }
    return display->out_written == display->out_length;
}

static void draw(struct display *display, int columns, int rows, double seconds) {
    if (!display->is_up) {
        screen_enter(display->screen);
        display->is_up = true;
        display->is_shown = false;
        display->out_written = display->out_length = 0;
    } else if (!write_out(display)) {
        return; /* a slow terminal gets fewer pages, but whole ones */
    }
    fill_page(display, columns, rows, seconds);
    compose(display);
    display->shown = display->page;
    display->is_shown = true;
    display->drawn = seconds;
    write_out(display);
}

/* Draws the normal screen: messages and the status line. */
static void draw_nothing(struct display *display, bool foreground, int columns, double seconds) {
    char line[PLAIN_COLUMNS + 1];
    if (atomic_load(&display->screen->up))
        screen_force_leave(display->screen);
    else
        screen_flush(display->screen);
    display->is_up = false;
    if (!foreground && display->has_line) {
        say_plain_line(display, seconds);
    } else if (foreground && display->has_line && columns > 1) {
        status_format(line, columns - 1 < PLAIN_COLUMNS ? columns - 1 : PLAIN_COLUMNS,
                      &display->numbers);
        screen_show_line(display->screen, line);
        display->has_line = false;
    }
}

void display_tick(struct display *display, double seconds) {
    struct screen *screen = display->screen;
    if (!screen->taken)
        return;
    screen_drop_messages(screen);
    if (!atomic_load(&screen->up))
        display->is_up = false; /* the supervisor has left it after a wait in vain */
    if (atomic_load(&screen->rest)) {
        screen_force_leave(screen);
        display->is_up = false;
        return;
    }
    int columns;
    int rows;
    terminal_size(display, &columns, &rows);
    const bool foreground = screen_in_foreground(screen);
    if (!foreground || columns < DASHBOARD_COLUMNS || rows < DASHBOARD_ROWS) {
        draw_nothing(display, foreground, columns, seconds);
        return;
    }
    const int wide = columns < MAX_COLUMNS ? columns : MAX_COLUMNS;
    const int high = rows < DASHBOARD_MAX_ROWS ? rows : DASHBOARD_MAX_ROWS;
    const bool resized = wide != display->shown.columns || high != display->shown.rows;
    if (!display->is_up || resized || seconds - display->drawn >= REDRAW_SECONDS)
        draw(display, wide, high, seconds);
}
