#include "report/dashboard.h"
#include "report/block.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* From here on the actors stand beside the score instead of below it, and bars still have room. */
enum { WIDE_COLUMNS = 150 };

enum { HEADING_ROWS = 3, CURVE_ROWS = 4, MAX_CURVE_ROWS = 20, AXIS_COLUMNS = 8 };
enum { STAMP_COLUMNS = 17, MAX_MESSAGE_ROWS = DASHBOARD_MAX_ROWS };

/* Seconds after which an actor that gives no sign of life is shown as quiet. */
static const double QUIET_SECONDS = 3;

static void skip_line(struct block *block) {
    block_next_line(block);
}

/* ---- Title and progress ---------------------------------------------------------------------- */

/* The end of a path that is too long says more than its beginning. */
static void add_path(struct line *line, const char *path) {
    const int room = line->limit - line->columns - 3;
    const char *dots = line->style.utf8 ? "…" : "...";
    const char *tail = path;
    char cut[PATH_SIZE + 8];
    if (text_columns(&line->style, path) > room) {
        const int left = room - text_columns(&line->style, dots);
        while (*tail && text_columns(&line->style, tail) > left)
            tail++;
        while (((unsigned char)*tail & 0xC0) == 0x80)
            tail++;
    }
    if (!*tail)
        return;
    snprintf(cut, sizeof cut, "%s%s", tail == path ? "" : dots, tail);
    line_add_right(line, INK_FAINT, line->limit - 1, cut);
}

static void draw_title(struct block *block) {
    struct line *line = block_next_line(block);
    if (!line)
        return;
    line_add(line, INK_STRONG, " %s", block->dashboard->status.label);
    add_path(line, block->dashboard->run_dir);
}

static void draw_progress(struct block *block) {
    const struct dashboard *dashboard = block->dashboard;
    const struct status_numbers *status = &dashboard->status;
    struct line *line = block_next_line(block);
    if (!line)
        return;
    char steps[16];
    char of[16];
    char elapsed[16];
    char left[16] = "";
    text_count(steps, sizeof steps, status->values[METRIC_STEPS]);
    text_count(of, sizeof of, (double)dashboard->total_steps);
    text_time(elapsed, sizeof elapsed, dashboard->seconds);
    if (dashboard->total_steps == 0) {
        line_add(line, INK_STRONG, " %s", steps);
        line_add(line, INK_PLAIN, " steps   %s", elapsed);
        line_add(line, INK_FAINT, " elapsed");
        return;
    }
    const double share = fmin(status->values[METRIC_STEPS] / (double)dashboard->total_steps, 1);
    char text[96];
    if (status->seconds_left >= 0)
        text_time(left, sizeof left, status->seconds_left);
    int length = snprintf(text, sizeof text, "  %3.0f%%", floor(100 * share));
    if (block->columns >= 60)
        length +=
            snprintf(text + length, sizeof text - (size_t)length, "   %s of %s steps", steps, of);
    if (block->columns >= ROOMY_COLUMNS)
        length += snprintf(text + length, sizeof text - (size_t)length, "   %s elapsed", elapsed);
    if (left[0])
        snprintf(text + length, sizeof text - (size_t)length, "   %s left", left);
    line_add(line, INK_PLAIN, " ");
    line_add_bar(line, INK_ACCENT, share, block->columns - 2 - (int)strlen(text));
    line_add(line, INK_STRONG, "%s", text);
}

/* ---- Score ----------------------------------------------------------------------------------- */

static void draw_score_heading(struct block *block) {
    const struct dashboard *dashboard = block->dashboard;
    const struct status_numbers *status = &dashboard->status;
    struct line *line = block_next_line(block);
    if (!line)
        return;
    char mean[24];
    char best[24];
    char games[24];
    text_mean(mean, sizeof mean, status->values[METRIC_SCORE]);
    text_score(best, sizeof best, dashboard->best_score);
    text_count(games, sizeof games, status->values[METRIC_EPISODES]);
    line_add(line, INK_FAINT, block->columns >= 60 ? " score, mean of 100 games" : " score");
    line_add(line, INK_STRONG, "  %s", mean);
    line_add(line, INK_FAINT, "   best");
    line_add(line, INK_PLAIN, " %s", best);
    line_add(line, INK_FAINT, "   games");
    line_add(line, INK_PLAIN, " %s", games);
    if (!isnan(status->values[METRIC_FLAG_RATE])) {
        line_add(line, INK_FAINT, "   flag");
        line_add(line, INK_PLAIN, " %.0f %%", 100 * status->values[METRIC_FLAG_RATE]);
    }
}

/* rows: of the curve. Its highest and lowest value stand at its left. */
static void draw_score_curve(struct block *block, int rows) {
    double values[MAX_COLUMNS];
    double low;
    double high;
    const int columns = block->columns - AXIS_COLUMNS - 3;
    const int used = curve_fit(&block->dashboard->scores, values, columns);
    curve_find_range(values, used, &low, &high);
    for (int row = 0; row < rows; row++) {
        struct line *line = block_next_line(block);
        if (!line)
            return;
        char label[24] = "";
        if (row == 0)
            text_mean(label, sizeof label, high);
        else if (row == rows - 1 && high > low)
            text_mean(label, sizeof label, low);
        line_add_right(line, INK_FAINT, AXIS_COLUMNS, label);
        line_fill(line, AXIS_COLUMNS);
        line_add(line, INK_FAINT, line->style.utf8 ? " │" : " |");
        line_add_curve(line, INK_GOOD, values, columns, low, high, row, rows);
    }
}

/* ---- Actors ---------------------------------------------------------------------------------- */

enum { ACTOR_COLUMN_COUNT = 7 };

static const struct {
    const char *title;
    int width;
    int from; /* columns of the block from which on it is shown */
} actor_columns[ACTOR_COLUMN_COUNT] = {
    {"actor", 6, 0}, {"pid", 9, 64},  {"games", 9, 0}, {"last", 9, 0},
    {"best", 9, 46}, {"emu/s", 9, 0}, {"lag", 8, 64},
};

static void draw_actor_heading(struct block *block) {
    struct line *line = block_next_line(block);
    int column = 0;
    for (int i = 0; line && i < ACTOR_COLUMN_COUNT; i++) {
        if (block->columns < actor_columns[i].from)
            continue;
        column += actor_columns[i].width;
        line_add_right(line, INK_FAINT, column, actor_columns[i].title);
    }
}

static void add_actor_state(struct line *line, const struct dashboard_actor *actor) {
    enum { WORDS_COLUMNS = 18 };
    const bool utf8 = line->style.utf8;
    const bool has_words = line->limit - line->columns >= WORDS_COLUMNS;
    if (actor->pid == 0) {
        line_add(line, INK_BAD, "%s%s", utf8 ? " ✗" : " x", has_words ? " gone" : "");
    } else if (actor->silent_seconds <= QUIET_SECONDS) {
        line_add(line, INK_GOOD, utf8 ? " ●" : " *");
    } else {
        line_add(line, INK_WARN, utf8 ? " ◌" : " ?");
        if (has_words)
            line_add(line, INK_WARN, " quiet for %.0f s", actor->silent_seconds);
    }
}

static void draw_actor(struct block *block, int index) {
    const struct dashboard_actor *actor = &block->dashboard->actors[index];
    char values[ACTOR_COLUMN_COUNT][24];
    snprintf(values[0], sizeof values[0], "%d", index);
    snprintf(values[1], sizeof values[1], actor->pid > 0 ? "%d" : "-", actor->pid);
    text_count(values[2], sizeof values[2], (double)actor->games);
    text_score(values[3], sizeof values[3], actor->last);
    text_score(values[4], sizeof values[4], actor->best);
    text_count(values[5], sizeof values[5], actor->emulator_frames_per_second);
    text_count(values[6], sizeof values[6], actor->behind);
    struct line *line = block_next_line(block);
    int column = 0;
    for (int i = 0; line && i < ACTOR_COLUMN_COUNT; i++) {
        if (block->columns < actor_columns[i].from)
            continue;
        column += actor_columns[i].width;
        line_add_right(line, INK_PLAIN, column, values[i]);
    }
    if (line)
        add_actor_state(line, actor);
}

/* One line for the actors from first on. */
static void draw_actors_together(struct block *block, int first) {
    const struct dashboard *dashboard = block->dashboard;
    int alive = 0;
    double slowest = INFINITY;
    double fastest = 0;
    for (int i = first; i < dashboard->actor_count; i++) {
        const struct dashboard_actor *actor = &dashboard->actors[i];
        alive += actor->pid > 0 && actor->silent_seconds <= QUIET_SECONDS ? 1 : 0;
        slowest = fmin(slowest, actor->emulator_frames_per_second);
        fastest = fmax(fastest, actor->emulator_frames_per_second);
    }
    const int all = dashboard->actor_count - first;
    struct line *line = block_next_line(block);
    if (!line)
        return;
    char from[16];
    char to[16];
    text_count(from, sizeof from, slowest);
    text_count(to, sizeof to, fastest);
    line_add(line, INK_PLAIN, " %d %s%s", all, first > 0 ? "more " : "",
             all == 1 ? "actor" : "actors");
    line_add(line, alive == all ? INK_GOOD : INK_WARN, "  %d at work", alive);
    line_add(line, INK_FAINT, "  %s to %s emu/s", from, to);
}

/* rows: as many as there are for it. A line each, where three can have one. */
static void draw_actors(struct block *block, int rows) {
    enum { LEAST_ROWS = 4 };
    const int actors = block->dashboard->actor_count;
    if (rows < LEAST_ROWS && rows < actors + 1) {
        draw_actors_together(block, 0);
        return;
    }
    const int shown = rows >= actors + 1 ? actors : rows - 2;
    draw_actor_heading(block);
    for (int i = 0; i < shown; i++)
        draw_actor(block, i);
    if (shown < actors)
        draw_actors_together(block, shown);
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* A row of a message: where it stands in the text. */
struct message_row {
    const char *text;
    int length;
    bool begins; /* the message; else it goes on from the row above */
};

/* Bytes of text, of length at most, that a row of columns takes: whole words, where they fit. */
static int row_length(const struct style *style, const char *text, int length, int columns) {
    char start[MAX_COLUMNS + 1];
    int fitting = 0;
    int word_end = 0;
    while (fitting < length && fitting < MAX_COLUMNS) {
        snprintf(start, sizeof start, "%.*s", fitting + 1, text);
        if (text_columns(style, start) > columns)
            return word_end > 0 ? word_end : fitting;
        fitting++;
        if (fitting == length || text[fitting] == ' ')
            word_end = fitting;
    }
    return fitting;
}

/* Splits the newest lines into rows; the newest rows are kept, in a ring. Returns their count. */
static int split_messages(const struct block *block, struct message_row *rows) {
    int count_all = 0;
    const char *text = block->dashboard->messages;
    while (text && *text) {
        int left = (int)strcspn(text, "\n");
        const char *next = text + left + (text[left] == '\n');
        bool begins = true;
        while (left > 0) {
            const int columns = block->columns - 2 - (begins ? 0 : STAMP_COLUMNS);
            const int length = row_length(block->style, text, left, columns);
            rows[count_all++ % MAX_MESSAGE_ROWS] = (struct message_row){text, length, begins};
            text += length;
            left -= length;
            for (; left > 0 && *text == ' '; left--)
                text++;
            begins = false;
        }
        text = next;
    }
    return count_all;
}

/* "12:03:44 super   " stands before what the program itself says. */
static bool has_stamp(const struct message_row *row) {
    return row->begins && row->length > STAMP_COLUMNS && row->text[2] == ':' &&
           row->text[5] == ':' && row->text[8] == ' ';
}

static void draw_messages(struct block *block, int rows) {
    struct message_row all[MAX_MESSAGE_ROWS];
    const int total = split_messages(block, all);
    const int shown = total < rows ? total : rows;
    for (int i = total - shown; i < total; i++) {
        const struct message_row *row = &all[i % MAX_MESSAGE_ROWS];
        struct line *line = block_next_line(block);
        if (!line)
            return;
        const int stamp = has_stamp(row) ? STAMP_COLUMNS : 0;
        line_add(line, INK_FAINT, " %.*s", stamp, row->text);
        if (!row->begins)
            line_fill(line, STAMP_COLUMNS + 1);
        line_add(line, INK_PLAIN, "%.*s", row->length - stamp, row->text + stamp);
    }
}

static void draw_rule(struct block *block, const char *title) {
    struct line *line = block_next_line(block);
    if (!line)
        return;
    const char *cell = line->style.utf8 ? "─" : "-";
    line_add(line, INK_FAINT, " %s%s %s ", cell, cell, title);
    line_add_repeated(line, INK_FAINT, cell, block->columns - 1 - line->columns);
}

/* ---- The page -------------------------------------------------------------------------------- */

/* How the rows of a page are shared out. */
struct shares {
    int figures;
    int curve;
    int actors;
    int messages;
    bool spaced; /* empty lines and a rule between the parts */
};

/* Moves up to wanted of the rows that are left; returns how many. */
static int take_rows(int *left, int wanted) {
    const int taken = wanted < *left ? wanted : *left;
    *left -= taken > 0 ? taken : 0;
    return taken > 0 ? taken : 0;
}

/* figures: rows that these would fill. */
static struct shares share_out(int rows, int actors, int figures) {
    enum { SEPARATORS = 4 };
    struct shares shares = {.figures = FIGURE_ROWS, .curve = 1, .actors = 1, .messages = 1};
    int left = rows - HEADING_ROWS - FIGURE_ROWS - 3;
    shares.messages += take_rows(&left, 1);
    shares.curve += take_rows(&left, 1);
    shares.spaced = left >= SEPARATORS;
    left -= shares.spaced ? SEPARATORS : 0;
    shares.messages += take_rows(&left, 1);
    shares.actors += take_rows(&left, actors);
    shares.curve += take_rows(&left, CURVE_ROWS - shares.curve);
    shares.messages += take_rows(&left, 3);
    shares.figures += take_rows(&left, figures - FIGURE_ROWS);
    const int most = MAX_CURVE_ROWS - shares.curve;
    shares.curve += take_rows(&left, left / 2 < most ? left / 2 : most);
    shares.messages += left;
    return shares;
}

static void draw_stacked(struct block *block) {
    const struct shares shares = share_out(block->rows, block->dashboard->actor_count,
                                           block_figure_rows(block->dashboard, block->columns));
    draw_title(block);
    draw_progress(block);
    if (shares.spaced)
        skip_line(block);
    draw_score_heading(block);
    draw_score_curve(block, shares.curve);
    if (shares.spaced)
        skip_line(block);
    block_draw_figures(block, shares.figures);
    if (shares.spaced)
        skip_line(block);
    draw_actors(block, shares.actors);
    if (shares.spaced)
        draw_rule(block, "messages");
    draw_messages(block, shares.messages);
}

/* Puts the lines of two parts, whose columns are given, side by side. */
static void draw_beside(struct block *block, const struct block *left, const struct block *right) {
    const int lines = left->count > right->count ? left->count : right->count;
    for (int i = 0; i < lines; i++) {
        struct line *line = block_next_line(block);
        if (!line)
            return;
        if (i < left->count)
            line_add_line(line, &left->lines[i]);
        line_fill(line, left->columns + 1);
        if (i < right->count)
            line_add_line(line, &right->lines[i]);
    }
}

/* scratch: two more pages' worth of lines. */
static void draw_wide(struct block *block, struct line *scratch) {
    enum { ACTORS_COLUMNS = 78, LEAST_MESSAGES = 3 };
    const int actors = block->dashboard->actor_count;
    const int room = block->rows - HEADING_ROWS - 2 - LEAST_MESSAGES;
    int body = block->rows / 2 > actors + 1 ? block->rows / 2 : actors + 1;
    body = body < room ? body : room;
    struct block left = *block;
    struct block right = *block;
    left.lines = scratch;
    right.lines = scratch + DASHBOARD_MAX_ROWS;
    left.columns = block->columns - ACTORS_COLUMNS - 2;
    right.columns = ACTORS_COLUMNS;
    const int wanted = block_figure_rows(block->dashboard, left.columns);
    const int figures = body - 2 - CURVE_ROWS > wanted ? wanted : FIGURE_ROWS;
    const int curve = body - figures - 2;
    draw_score_heading(&left);
    draw_score_curve(&left, curve < MAX_CURVE_ROWS ? curve : MAX_CURVE_ROWS);
    skip_line(&left);
    block_draw_figures(&left, figures);
    draw_actors(&right, body);

    draw_title(block);
    draw_progress(block);
    skip_line(block);
    draw_beside(block, &left, &right);
    skip_line(block);
    draw_rule(block, "messages");
    draw_messages(block, block->rows - block->count);
}

void dashboard_draw(struct page *page, const struct style *style, int columns, int rows,
                    const struct dashboard *dashboard) {
    enum { WIDE_ROWS = 18 };
    page->columns = columns < MAX_COLUMNS ? columns : MAX_COLUMNS;
    page->rows = rows < DASHBOARD_MAX_ROWS ? rows : DASHBOARD_MAX_ROWS;
    struct block block = {
        .style = style,
        .dashboard = dashboard,
        .columns = page->columns,
        .rows = page->rows,
        .lines = page->lines,
    };
    if (page->columns >= WIDE_COLUMNS && page->rows >= WIDE_ROWS)
        draw_wide(&block, page->scratch);
    else
        draw_stacked(&block);
    while (block_next_line(&block))
        ;
}
