#include "report/block.h"

#include <math.h>
#include <stdio.h>

enum { MAX_LEARNING = 15 };

struct line *block_next_line(struct block *block) {
    if (block->count == block->rows)
        return NULL;
    struct line *line = &block->lines[block->count++];
    line_start(line, block->style, block->columns);
    return line;
}

int curve_fit(const struct history *history, double *out, int columns) {
    const int used = history->count < columns ? history->count : columns;
    for (int i = 0; i < columns; i++) {
        if (i >= used) {
            out[i] = NAN;
            continue;
        }
        const int from = (int)((long)i * history->count / used);
        const int to = (int)((long)(i + 1) * history->count / used);
        double sum = 0;
        for (int k = from; k < to; k++)
            sum += history->values[k];
        out[i] = sum / (to - from);
    }
    return used;
}

void curve_find_range(const double *values, int count, double *low, double *high) {
    *low = count > 0 ? values[0] : NAN;
    *high = *low;
    for (int i = 1; i < count; i++) {
        *low = fmin(*low, values[i]);
        *high = fmax(*high, values[i]);
    }
}

/* A name and a value, with a bar or a curve between them if there is room. */
struct figure {
    const char *name; /* NULL: the place stays empty */
    char value[24];
    enum ink ink;                /* of the bar */
    double share;                /* of the bar; negative: none */
    const struct history *curve; /* NULL: none */
    bool begins_at_0;            /* the curve, unless it goes below */
    int name_columns;            /* before the bar or curve */
};

static struct figure plain(const char *name) {
    return (struct figure){.name = name, .ink = INK_ACCENT, .share = -1, .name_columns = 14};
}

static struct figure number(const char *name, double value) {
    struct figure figure = plain(name);
    const bool is_tiny = fabs(value) < 0.1 && value != 0;
    if (isnan(value))
        snprintf(figure.value, sizeof figure.value, "-");
    else
        snprintf(figure.value, sizeof figure.value, is_tiny ? "%.2g" : "%.3f", value);
    return figure;
}

static struct figure count(const char *name, double value) {
    struct figure figure = plain(name);
    text_count(figure.value, sizeof figure.value, value);
    return figure;
}

static struct figure percent(const char *name, double share) {
    struct figure figure = plain(name);
    figure.share = fmax(share, 0);
    snprintf(figure.value, sizeof figure.value, "%.0f%%", 100 * share);
    return figure;
}

static void add_figure(struct line *line, const struct figure *figure, int columns) {
    enum { VALUE_COLUMNS = 8, LEAST_PICTURE = 6 };
    const int start = line->columns;
    if (!figure->name)
        return;
    /* Cuts a name that is too long, so that it does not touch the value. */
    const int most = columns - 3 - text_columns(&line->style, figure->value);
    line_add(line, INK_FAINT, " %.*s", most > 1 ? most : 1, figure->name);
    const int room = columns - figure->name_columns - VALUE_COLUMNS - 1;
    if (room >= LEAST_PICTURE) {
        line_fill(line, start + figure->name_columns);
        if (figure->share >= 0)
            line_add_bar(line, figure->ink, figure->share, room);
        if (figure->curve) {
            double values[MAX_COLUMNS];
            double low;
            double high;
            curve_find_range(values, curve_fit(figure->curve, values, room), &low, &high);
            low = figure->begins_at_0 ? fmin(low, 0) : low;
            line_add_curve(line, INK_ACCENT, values, room, low, high, 0, 1);
        }
    }
    line_add_right(line, INK_PLAIN, start + columns - 1, figure->value);
}

/* Lists the method's own metrics, as far as there is room; returns the count. */
static int list_learning(struct figure *figures, int most, int columns, bool has_curves,
                         const struct dashboard *dashboard) {
    const struct status_numbers *status = &dashboard->status;
    int count = 0;
    for (int i = 0; i < METRIC_COUNT && count < most; i++) {
        const bool is_short = i == METRIC_LEARNING_RATE && columns < 24;
        if (metric_table[i].group != METRIC_OF_LEARNING || !status->has[i])
            continue;
        struct figure *figure = &figures[count++];
        *figure = number(is_short ? "lr" : metric_table[i].label, status->values[i]);
        figure->name_columns = 20;
        figure->curve = has_curves ? &dashboard->histories[i] : NULL;
    }
    return count;
}

static void list_machine(struct figure figures[FIGURE_ROWS], const struct dashboard *dashboard) {
    const double *values = dashboard->status.values;
    figures[0] = count("steps/s", values[METRIC_SPEED]);
    figures[1] = count("emulated/s", values[METRIC_EMULATOR_SPEED]);
    figures[2] = percent("queue", values[METRIC_QUEUE_FILL]);
    figures[3] = count("weights lag", values[METRIC_WEIGHTS_LAG]);
    figures[4] = percent("learner busy", dashboard->learner_busy);
    figures[0].curve = &dashboard->histories[METRIC_SPEED];
    figures[1].curve = &dashboard->histories[METRIC_EMULATOR_SPEED];
    figures[0].begins_at_0 = figures[1].begins_at_0 = true;
    figures[3].share = fmax(values[METRIC_WEIGHTS_LAG] / dashboard->lag_scale, 0);
    if (figures[3].share > 1)
        figures[3].ink = INK_WARN;
}

/* Columns of figures: of the machine at the left, of the method at its right. */
static int figure_columns(int columns) {
    return columns >= ROOMY_COLUMNS ? 3 : 2;
}

int block_figure_rows(const struct dashboard *dashboard, int columns) {
    struct figure learning[MAX_LEARNING];
    const int count = list_learning(learning, MAX_LEARNING, columns, false, dashboard);
    const int places = figure_columns(columns) - 1;
    const int rows = (count + places - 1) / places;
    return rows > FIGURE_ROWS ? rows : FIGURE_ROWS;
}

void block_draw_figures(struct block *block, int rows) {
    const int places = figure_columns(block->columns);
    const int width = block->columns / places;
    struct figure machine[FIGURE_ROWS];
    struct figure learning[MAX_LEARNING];
    list_machine(machine, block->dashboard);
    const int count =
        list_learning(learning, MAX_LEARNING, width, block->is_roomy, block->dashboard);
    for (int row = 0; row < rows; row++) {
        struct line *line = block_next_line(block);
        if (!line)
            return;
        if (row < FIGURE_ROWS)
            add_figure(line, &machine[row], width);
        for (int place = 1; place < places; place++) {
            const int index = (place - 1) * rows + row;
            line_fill(line, place * width + (width >= 30 ? 2 : 0));
            const int end = place + 1 == places ? block->columns : (place + 1) * width;
            if (index < count)
                add_figure(line, &learning[index], end - line->columns);
        }
    }
}
