#include "report/dashboard.h"
#include "report/block.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* From here on the actors stand beside the score instead of below it, and bars still have room. */
enum { WIDE_COLUMNS = 150 };

enum { HEADING_ROWS = 3, CURVE_ROWS = 4, MAX_CURVE_ROWS = 20, AXIS_COLUMNS = 8 };

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

/* ---- The page -------------------------------------------------------------------------------- */

static void draw_rule(struct block *block, const char *title) {
    struct line *line = block_next_line(block);
    if (!line)
        return;
    const char *cell = line->style.utf8 ? "─" : "-";
    line_add(line, INK_FAINT, " %s%s %s ", cell, cell, title);
    line_add_repeated(line, INK_FAINT, cell, block->columns - 1 - line->columns);
}

/* The rows of each part of a page. */
struct shares {
    int figures;
    int curve;
    int actors;
    int messages;
    bool spaced; /* empty lines and a rule between the parts */
};

/* Moves up to wanted of the rows that are left; returns their number. */
static int take_rows(int *left, int wanted) {
    const int taken = wanted < *left ? wanted : *left;
    *left -= taken > 0 ? taken : 0;
    return taken > 0 ? taken : 0;
}

/* figures: the rows that the figures would fill. */
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
    block_draw_actors(block, shares.actors);
    if (shares.spaced)
        draw_rule(block, "messages");
    block_draw_messages(block, shares.messages);
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
    block_draw_actors(&right, body);

    draw_title(block);
    draw_progress(block);
    skip_line(block);
    draw_beside(block, &left, &right);
    skip_line(block);
    draw_rule(block, "messages");
    block_draw_messages(block, block->rows - block->count);
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
