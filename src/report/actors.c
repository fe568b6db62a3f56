#include "report/block.h"

#include <math.h>
#include <stdio.h>

/* Seconds after which an actor that gives no sign of life is shown as quiet. */
static const double QUIET_SECONDS = 3;

enum { ACTOR_COLUMN_COUNT = 7 };

static const struct {
    const char *title;
    int width;
    int from; /* the least width of a block that shows it */
} actor_columns[ACTOR_COLUMN_COUNT] = {
    {"actor", 6, 0}, {"pid", 9, 64},  {"games", 9, 0}, {"last", 9, 0},
    {"best", 9, 46}, {"emu/s", 9, 0}, {"lag", 8, 64},
};

/* Draws the next line of the table; NULL if the block is full. cells: ACTOR_COLUMN_COUNT. */
static struct line *draw_row(struct block *block, enum ink ink, const char *const *cells) {
    struct line *line = block_next_line(block);
    int column = 0;
    for (int i = 0; line && i < ACTOR_COLUMN_COUNT; i++) {
        if (block->columns < actor_columns[i].from)
            continue;
        column += actor_columns[i].width;
        line_add_right(line, ink, column, cells[i]);
    }
    return line;
}

static void draw_actor_heading(struct block *block) {
    const char *titles[ACTOR_COLUMN_COUNT];
    for (int i = 0; i < ACTOR_COLUMN_COUNT; i++)
        titles[i] = actor_columns[i].title;
    draw_row(block, INK_FAINT, titles);
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
    const char *cells[ACTOR_COLUMN_COUNT];
    for (int i = 0; i < ACTOR_COLUMN_COUNT; i++)
        cells[i] = values[i];
    struct line *line = draw_row(block, INK_PLAIN, cells);
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

void block_draw_actors(struct block *block, int rows) {
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
