#include "report/dashboard.h"
#include "report/block.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* From here on the actors stand beside the score instead of below it, and bars still have room. */
enum { WIDE_COLUMNS = 150 };

/* From here on the method's figures have curves, as the machine's have. */
enum { CURVES_COLUMNS = 90 };

enum { HEADING_ROWS = 3, CURVE_ROWS = 4, AXIS_COLUMNS = 8, ACTORS_COLUMNS = 78 };

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

/* ---- Curves ---------------------------------------------------------------------------------- */

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
    if (!isnan(dashboard->expected) && block->columns >= 60) {
        char expected[24];
        text_score(expected, sizeof expected, dashboard->expected);
        line_add(line, INK_FAINT, "   expected");
        line_add(line, INK_PLAIN, " %s", expected);
    }
    line_add(line, INK_FAINT, "   best");
    line_add(line, INK_PLAIN, " %s", best);
    line_add(line, INK_FAINT, "   games");
    line_add(line, INK_PLAIN, " %s", games);
    if (!isnan(status->values[METRIC_FLAG_RATE])) {
        line_add(line, INK_FAINT, "   flag");
        line_add(line, INK_PLAIN, " %.0f %%", 100 * status->values[METRIC_FLAG_RATE]);
    }
}

/* Its highest and lowest value stand at its left. */
static void draw_curve(struct block *block, enum metric metric, int rows) {
    double values[MAX_COLUMNS];
    double low;
    double high;
    const int columns = block->columns - AXIS_COLUMNS - 3;
    const int used = curve_fit(&block->dashboard->histories[metric], values, columns);
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
        line_add_curve(line, metric == METRIC_SCORE ? INK_GOOD : INK_ACCENT, values, columns, low,
                       high, row, rows);
    }
}

/* The mean length of games under its heading, in that many rows. */
static void draw_lengths(struct block *block, int rows) {
    struct line *line = block_next_line(block);
    if (!line)
        return;
    char mean[24];
    text_mean(mean, sizeof mean, block->dashboard->status.values[METRIC_EPISODE_LENGTH]);
    line_add(line, INK_FAINT, " steps per game");
    line_add(line, INK_STRONG, "  %s", mean);
    draw_curve(block, METRIC_EPISODE_LENGTH, rows - 1);
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

/* figures, messages: the rows that those would fill. */
static struct shares share_out(int rows, int actors, int figures, int messages) {
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
    int spare = left / 3;
    left -= spare;
    shares.messages += take_rows(&spare, messages - shares.messages);
    shares.curve += left + spare;
    return shares;
}

/* A part of block, to be put beside another: of the same rows at most, with lines of its own. */
static struct block part_of(const struct block *block, int columns, struct line *lines) {
    struct block part = *block;
    part.columns = columns;
    part.count = 0;
    part.lines = lines;
    return part;
}

/* Puts the lines of two parts side by side. */
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

/* The actors in that many rows, with the length of games beside them if there is room. */
static void draw_actors(struct block *block, struct line *scratch, int rows) {
    enum { LEAST_COLUMNS = 34, LEAST_ROWS = 4 };
    if (block->columns < ACTORS_COLUMNS + LEAST_COLUMNS || rows < LEAST_ROWS) {
        block_draw_actors(block, rows);
        return;
    }
    struct block left = part_of(block, ACTORS_COLUMNS, scratch);
    struct block right =
        part_of(block, block->columns - ACTORS_COLUMNS - 1, scratch + DASHBOARD_MAX_ROWS);
    block_draw_actors(&left, rows);
    draw_lengths(&right, rows);
    draw_beside(block, &left, &right);
}

static void draw_stacked(struct block *block, struct line *scratch) {
    const struct shares shares =
        share_out(block->rows, block->dashboard->actor_count,
                  block_figure_rows(block->dashboard, block->columns), block_message_rows(block));
    draw_title(block);
    draw_progress(block);
    if (shares.spaced)
        skip_line(block);
    draw_score_heading(block);
    draw_curve(block, METRIC_SCORE, shares.curve);
    if (shares.spaced)
        skip_line(block);
    block_draw_figures(block, shares.figures);
    if (shares.spaced)
        skip_line(block);
    draw_actors(block, scratch, shares.actors);
    if (shares.spaced)
        draw_rule(block, "messages");
    block_draw_messages(block, shares.messages);
}

/* The score and the figures, in all rows of block; if they are many, the length of games, too. */
static void draw_learning(struct block *block) {
    enum { LEAST_LENGTH_ROWS = 6 };
    const int wanted = block_figure_rows(block->dashboard, block->columns);
    const int figures = block->rows - 2 - CURVE_ROWS > wanted ? wanted : FIGURE_ROWS;
    int curve = block->rows - figures - 2;
    const int lengths = curve / 3 >= LEAST_LENGTH_ROWS ? curve / 3 : 0;
    curve -= lengths;
    draw_score_heading(block);
    draw_curve(block, METRIC_SCORE, curve);
    if (lengths > 0) {
        skip_line(block);
        draw_lengths(block, lengths - 1);
    }
    skip_line(block);
    block_draw_figures(block, figures);
}

/* The learning at the left, the actors and messages at the right. */
static void draw_wide(struct block *block, struct line *scratch) {
    enum { LEAST_MESSAGES = 5 };
    struct block left = part_of(block, block->columns - ACTORS_COLUMNS - 2, scratch);
    struct block right = part_of(block, ACTORS_COLUMNS, scratch + DASHBOARD_MAX_ROWS);
    left.rows = right.rows = block->rows - HEADING_ROWS;
    const int wanted = block->dashboard->actor_count + 1;
    const int most = right.rows - LEAST_MESSAGES - 2;
    draw_learning(&left);
    block_draw_actors(&right, wanted < most ? wanted : most);
    skip_line(&right);
    draw_rule(&right, "messages");
    block_draw_messages(&right, right.rows - right.count);

    draw_title(block);
    draw_progress(block);
    skip_line(block);
    draw_beside(block, &left, &right);
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
        .is_roomy = page->columns >= CURVES_COLUMNS,
        .lines = page->lines,
    };
    if (page->columns >= WIDE_COLUMNS && page->rows >= WIDE_ROWS)
        draw_wide(&block, page->scratch);
    else
        draw_stacked(&block, page->scratch);
    while (block_next_line(&block))
        ;
}
