/*
 * Lines of text for a terminal, put together piece by piece and cut to a number of columns.
 *
 * Inside of the report room. Pure functions: they know neither a terminal nor an environment.
 *
 *     struct line line;
 *     line_start(&line, &style, 80);
 *     line_add(&line, INK_FAINT, "queue ");
 *     line_add_bar(&line, INK_ACCENT, 0.8, 10);
 *     line_add(&line, INK_PLAIN, " %.0f%%", 80.0);
 */
#ifndef ASYNCRL_REPORT_TEXT_H
#define ASYNCRL_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum { MAX_COLUMNS = 240, LINE_BYTES = 2048 };

/* The abilities of a terminal. */
struct style {
    bool utf8;   /* bars and curves of block elements; otherwise of ASCII */
    int colours; /* 0, 16 or 256 */
};

/* The meaning of a piece of text; the colours are readable on light and on dark. */
enum ink { INK_PLAIN, INK_STRONG, INK_FAINT, INK_ACCENT, INK_GOOD, INK_WARN, INK_BAD };

struct line {
    struct style style;
    int limit;   /* columns at most, up to MAX_COLUMNS */
    int columns; /* so far */
    int length;  /* bytes so far, without the 0 at the end */
    char text[LINE_BYTES];
};

void line_start(struct line *line, const struct style *style, int limit);

/* Adds text and cuts off the part that does not fit. Characters that cannot be shown become '?':
 * controls, bytes that are not UTF-8, and non-ASCII if the style has only ASCII. */
void line_add(struct line *line, enum ink ink, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void line_add_text(struct line *line, enum ink ink, const char *text);

/* Adds spaces up to a column. */
void line_fill(struct line *line, int column);

/* Adds text so that it ends before a column, if there is room for it. */
void line_add_right(struct line *line, enum ink ink, int column, const char *text);

/* Adds another line of the same style as it is. */
void line_add_line(struct line *line, const struct line *other);

/* Adds a cell of one column, count times. */
void line_add_repeated(struct line *line, enum ink ink, const char *cell, int count);

/* Adds a bar of the given columns, filled to share (0..1; NaN: empty). */
void line_add_bar(struct line *line, enum ink ink, double share, int columns);

/*
 * Adds one row of a curve of `rows` rows, row 0 the highest. values: (columns), a column each, from
 * low to high; a NaN column stays empty.
 */
void line_add_curve(struct line *line, enum ink ink, const double *values, int columns, double low,
                    double high, int row, int rows);

/* Columns that text takes. */
int text_columns(const struct style *style, const char *text);

/* 1234567 as "1.23M", so that any count takes five columns. */
void text_count(char *out, size_t size, double count);

/* 727 as "12m07s", 7384 as "2h03m". */
void text_time(char *out, size_t size, double seconds);

/* A mean of scores: "12.35", "1234", "-" for none. */
void text_mean(char *out, size_t size, double mean);

/* The score of a game: "12", "0.5", "-" for none. */
void text_score(char *out, size_t size, double score);

#endif
