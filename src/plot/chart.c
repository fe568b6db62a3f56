/* Lays out and draws a plot. */
#include "plot/canvas.h"
#include "plot/captions.h"
#include "plot/labels.h"
#include "plot/ticks.h"
#include "store/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Lengths in units of the canvas. */
enum {
    PADDING = 20,
    TITLE_LINE = 28,
    NOTE_LINE = 17,
    TICK_GAP = 8,
    TICK_LENGTH = 4,
    TICK_DISTANCE_X = 84,
    TICK_DISTANCE_Y = 40,
    LABEL_GAP = 12,
    LABEL_LINE = 16
};

static const struct lettering title_lettering = {17, true, false, ANCHOR_START, INK_TEXT};
static const struct lettering note_lettering = {12, false, false, ANCHOR_START, INK_MUTED};
static const struct lettering value_lettering = {12, false, true, ANCHOR_START, INK_MUTED};
static const struct lettering x_tick = {12, false, false, ANCHOR_MIDDLE, INK_MUTED};
static const struct lettering y_tick = {12, false, false, ANCHOR_END, INK_MUTED};

struct chart {
    const struct plot *plot;
    const struct plot_look *look;
    struct canvas *canvas;
    struct axis x;
    struct axis y;
    struct frame frame; /* the area within the axes */
    struct trace traces[PLOT_MAX_CURVES];
    struct label labels[PLOT_MAX_CURVES];
    char names[PLOT_MAX_CURVES][PLOT_LABEL_SIZE]; /* of the curves, short enough to fit */
};

static int curve_ink(int curve) {
    return INK_CURVE + curve % INK_CURVE_COUNT;
}

static struct lettering name_lettering(int curve) {
    return (struct lettering){13, true, true, ANCHOR_START, curve_ink(curve)};
}

static struct point place(const struct chart *chart, double x, double y) {
    const struct frame *frame = &chart->frame;
    return (struct point){frame->left + (x - chart->x.low) / (chart->x.high - chart->x.low) *
                                            (frame->right - frame->left),
                          frame->bottom - (y - chart->y.low) / (chart->y.high - chart->y.low) *
                                              (frame->bottom - frame->top)};
}

/* The number of the tick before the axis's first one, and the count of ticks. */
static double first_tick(const struct axis *axis) {
    return ceil(axis->low / axis->step - 1e-9);
}

static int tick_count(const struct axis *axis) {
    return (int)(floor(axis->high / axis->step + 1e-9) - first_tick(axis)) + 1;
}

/* ---- Layout ---------------------------------------------------------------------------------- */

static void find_ranges(struct chart *chart, struct point *low, struct point *high) {
    *low = (struct point){INFINITY, INFINITY};
    *high = (struct point){-INFINITY, -INFINITY};
    for (int i = 0; i < chart->plot->curve_count; i++) {
        const struct plot_curve *curve = &chart->plot->curves[i];
        low->x = fmin(low->x, curve->x[0]);
        high->x = fmax(high->x, curve->x[curve->count - 1]);
        for (int k = 0; k < curve->count; k++) {
            low->y = fmin(low->y, curve->low[k]);
            high->y = fmax(high->y, curve->high[k]);
        }
    }
}

/* The width of the widest tick of the y axis. */
static double y_tick_width(const struct chart *chart) {
    double widest = 0;
    for (int i = 0; i < tick_count(&chart->y); i++) {
        char text[32];
        format_number(text, sizeof text, (first_tick(&chart->y) + i) * chart->y.step, chart->y.step,
                      fmax(fabs(chart->y.low), fabs(chart->y.high)));
        widest = fmax(widest, chart->canvas->text_width(chart->canvas, &y_tick, text));
    }
    return widest;
}

/* Writes name, cut to width with an ellipsis. */
static void shorten(const struct chart *chart, char out[PLOT_LABEL_SIZE], const char *name,
                    const struct lettering *lettering, double width) {
    size_t length = strlen(name);
    memcpy(out, name, length + 1);
    while (length > 1 && chart->canvas->text_width(chart->canvas, lettering, out) > width) {
        do
            length--;
        while (length > 1 && ((unsigned char)name[length] & 0xc0) == 0x80);
        if (length < PLOT_LABEL_SIZE - 4)
            snprintf(out + length, PLOT_LABEL_SIZE - length, "…");
        else
            out[length] = '\0';
    }
}

/* Finds the labels' sizes and whether they go beside the chart; returns the width that takes. */
static double measure_labels(struct chart *chart) {
    double widest = 0;
    for (int i = 0; i < chart->plot->curve_count; i++) {
        const struct plot_curve *curve = &chart->plot->curves[i];
        struct label *label = &chart->labels[i];
        const struct lettering name = name_lettering(i);
        char value[64];
        caption_of_end(curve, value, sizeof value);
        shorten(chart, chart->names[i], curve->label, &name, 0.3 * chart->look->width);
        label->height = 2 * LABEL_LINE;
        label->width = fmax(chart->canvas->text_width(chart->canvas, &name, chart->names[i]),
                            chart->canvas->text_width(chart->canvas, &value_lettering, value));
        label->beside =
            curve->x[curve->count - 1] >= chart->x.low + 0.85 * (chart->x.high - chart->x.low);
        if (label->beside)
            widest = fmax(widest, label->width);
    }
    return widest;
}

/* Puts the notes on one line, or breaks them into lines as wide as the picture. */
static int lay_notes(const struct chart *chart, char lines[2][2 * CAPTION_SIZE]) {
    char notes[2][CAPTION_SIZE];
    const int count = caption_of_bands(chart->plot, notes);
    if (count == 2) {
        snprintf(lines[0], sizeof lines[0], "%s %s", notes[0], notes[1]);
        if (chart->canvas->text_width(chart->canvas, &note_lettering, lines[0]) <=
            chart->look->width - 2 * PADDING)
            return 1;
    }
    for (int i = 0; i < count; i++)
        snprintf(lines[i], sizeof lines[i], "%s", notes[i]);
    return count;
}

static void lay_out(struct chart *chart, int note_lines) {
    struct point low;
    struct point high;
    find_ranges(chart, &low, &high);
    struct frame *frame = &chart->frame;
    frame->top =
        PADDING + (chart->plot->title[0] ? TITLE_LINE : 0) + note_lines * NOTE_LINE + 2 * NOTE_LINE;
    frame->bottom = chart->look->height - PADDING - 2 * NOTE_LINE - TICK_LENGTH;
    chart->y =
        axis_of_y(low.y, high.y, (int)fmax(2, (frame->bottom - frame->top) / TICK_DISTANCE_Y));
    frame->left = PADDING + y_tick_width(chart) + TICK_GAP;
    chart->x = axis_of_x(chart->plot->x, low.x, high.x, 1);
    const double labels = measure_labels(chart);
    frame->right = chart->look->width - PADDING - (labels > 0 ? labels + LABEL_GAP : TICK_GAP);
    chart->x = axis_of_x(chart->plot->x, low.x, high.x,
                         (int)fmax(2, (frame->right - frame->left) / TICK_DISTANCE_X));
}

static enum status trace_curves(struct chart *chart, struct error *error) {
    for (int i = 0; i < chart->plot->curve_count; i++) {
        const struct plot_curve *curve = &chart->plot->curves[i];
        struct trace *trace = &chart->traces[i];
        trace->points = malloc((size_t)curve->count * sizeof *trace->points);
        if (!trace->points) {
            error_set(error, STATUS_FAILED, "out of memory for a chart");
            return STATUS_FAILED;
        }
        trace->count = curve->count;
        for (int k = 0; k < curve->count; k++)
            trace->points[k] = place(chart, curve->x[k], curve->y[k]);
        const int last = curve->count - 1;
        chart->labels[i].end = place(chart, curve->x[last], curve->y[last]);
    }
    return STATUS_OK;
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static void put_text(const struct chart *chart, double x, double y,
                     const struct lettering *lettering, const char *text) {
    chart->canvas->text(chart->canvas, (struct point){x, y}, lettering, text);
}

static void draw_head(const struct chart *chart, char lines[2][2 * CAPTION_SIZE], int line_count) {
    double y = PADDING;
    if (chart->plot->title[0]) {
        put_text(chart, PADDING, y + 14, &title_lettering, chart->plot->title);
        y += TITLE_LINE;
    }
    for (int i = 0; i < line_count; i++, y += NOTE_LINE)
        put_text(chart, PADDING, y + 10, &note_lettering, lines[i]);
    char name[160];
    caption_of_y(chart->plot, name, sizeof name);
    put_text(chart, PADDING, chart->frame.top - NOTE_LINE + 4, &note_lettering, name);
}

static void draw_axes(const struct chart *chart) {
    const struct frame *frame = &chart->frame;
    char text[32];
    for (int i = 0; i < tick_count(&chart->y); i++) {
        const double value = (first_tick(&chart->y) + i) * chart->y.step;
        const double y = place(chart, chart->x.low, value).y;
        const struct point rule[] = {{frame->left, y}, {frame->right, y}};
        chart->canvas->line(chart->canvas, rule, 2, INK_GRID, 1, false);
        format_number(text, sizeof text, value, chart->y.step,
                      fmax(fabs(chart->y.low), fabs(chart->y.high)));
        put_text(chart, frame->left - TICK_GAP, y + 4, &y_tick, text);
    }
    const struct point base[] = {{frame->left, frame->bottom}, {frame->right, frame->bottom}};
    chart->canvas->line(chart->canvas, base, 2, INK_AXIS, 1, false);
    for (int i = 0; i < tick_count(&chart->x); i++) {
        const double value = (first_tick(&chart->x) + i) * chart->x.step;
        const double x = place(chart, value, chart->y.low).x;
        const struct point tick[] = {{x, frame->bottom}, {x, frame->bottom + TICK_LENGTH}};
        chart->canvas->line(chart->canvas, tick, 2, INK_AXIS, 1, false);
        plot_format_x(text, sizeof text, chart->plot->x, value, chart->x.step, chart->x.high);
        put_text(chart, x, frame->bottom + NOTE_LINE + 2, &x_tick, text);
    }
    put_text(chart, (frame->left + frame->right) / 2, frame->bottom + 2 * NOTE_LINE + 6, &x_tick,
             caption_of_x(chart->plot->x));
}

static enum status draw_band(const struct chart *chart, int i, struct error *error) {
    const struct plot_curve *curve = &chart->plot->curves[i];
    if (curve->band == PLOT_NO_BAND || curve->count < 2)
        return STATUS_OK;
    struct point *outline = malloc(2 * (size_t)curve->count * sizeof *outline);
    if (!outline)
        return error_set(error, STATUS_FAILED, "out of memory for a chart");
    for (int k = 0; k < curve->count; k++) {
        outline[k] = place(chart, curve->x[k], curve->high[k]);
        outline[2 * curve->count - 1 - k] = place(chart, curve->x[k], curve->low[k]);
    }
    chart->canvas->area(chart->canvas, outline, 2 * curve->count, curve_ink(i));
    free(outline);
    return STATUS_OK;
}

/* A curve's name and last value, with a line to its end if that is further away. */
static void draw_label(const struct chart *chart, int i) {
    const struct plot_curve *curve = &chart->plot->curves[i];
    const struct label *label = &chart->labels[i];
    const struct lettering name = name_lettering(i);
    const double middle = label->top + label->height / 2;
    if (label->beside && (fabs(middle - label->end.y) > 5 || label->left - label->end.x > 30)) {
        const struct point leader[] = {{label->end.x + 6, label->end.y},
                                       {fmax(label->left - 8, label->end.x + 6), label->end.y},
                                       {label->left - 3, middle}};
        chart->canvas->line(chart->canvas, leader, 3, INK_AXIS, 1, false);
    }
    char value[64];
    caption_of_end(curve, value, sizeof value);
    put_text(chart, label->left, label->top + 13, &name, chart->names[i]);
    put_text(chart, label->left, label->top + 13 + LABEL_LINE, &value_lettering, value);
}

static enum status draw(struct chart *chart, struct error *error) {
    char lines[2][2 * CAPTION_SIZE];
    const int line_count = lay_notes(chart, lines);
    lay_out(chart, line_count);
    enum status status = trace_curves(chart, error);
    if (status != STATUS_OK)
        return status;
    const int count = chart->plot->curve_count;
    labels_place(chart->labels, count, chart->traces, &chart->frame,
                 chart->frame.right + LABEL_GAP);
    draw_head(chart, lines, line_count);
    draw_axes(chart);
    for (int i = 0; i < count && status == STATUS_OK; i++)
        status = draw_band(chart, i, error);
    for (int i = 0; i < count; i++)
        chart->canvas->line(chart->canvas, chart->traces[i].points, chart->traces[i].count,
                            curve_ink(i), 2, i >= INK_CURVE_COUNT);
    for (int i = 0; i < count; i++) {
        chart->canvas->dot(chart->canvas, chart->labels[i].end, 5, INK_SURFACE);
        chart->canvas->dot(chart->canvas, chart->labels[i].end, 3.5, curve_ink(i));
    }
    for (int i = 0; i < count; i++)
        draw_label(chart, i);
    return status;
}

/* ---- Files ----------------------------------------------------------------------------------- */

enum kind { KIND_NONE, KIND_SVG, KIND_PNG, KIND_PDF };

static enum kind kind_of(const char *path) {
    const char *dot = strrchr(path, '.');
    if (!dot || strchr(dot, '/'))
        return KIND_NONE;
    return strcasecmp(dot, ".svg") == 0   ? KIND_SVG
           : strcasecmp(dot, ".png") == 0 ? KIND_PNG
           : strcasecmp(dot, ".pdf") == 0 ? KIND_PDF
                                          : KIND_NONE;
}

static enum status unknown_kind(const char *path, struct error *error) {
    return error_set(error, STATUS_BAD_INPUT, "'%s' must end in .svg, .png or .pdf", path);
}

enum status plot_check_path(const char *path, struct error *error) {
    return kind_of(path) == KIND_NONE ? unknown_kind(path, error) : atomic_file_try(path, error);
}

static struct canvas *open_canvas(const struct plot *plot, const struct plot_look *look,
                                  const char *path, struct error *error) {
    const char *title = plot->title[0] ? plot->title : plot->y;
    switch (kind_of(path)) {
    case KIND_SVG:
        return svg_canvas(look, title, error);
    case KIND_PNG:
        return png_canvas(look, error);
    case KIND_PDF:
        return pdf_canvas(look, title, error);
    case KIND_NONE:
        break;
    }
    unknown_kind(path, error);
    return NULL;
}

enum status plot_draw(const struct plot *plot, const struct plot_look *look, const char *path,
                      struct error *error) {
    struct chart chart = {.plot = plot, .look = look};
    chart.canvas = open_canvas(plot, look, path, error);
    if (!chart.canvas)
        return error->status;
    enum status status = draw(&chart, error);
    if (status == STATUS_OK)
        status = chart.canvas->finish(chart.canvas, path, error);
    chart.canvas->destroy(chart.canvas);
    for (int i = 0; i < plot->curve_count; i++)
        free(chart.traces[i].points);
    return status;
}
