/*
 * A part of the dashboard that is being filled from the top, and the functions that fill one: the
 * figures (figures.c), the actors (actors.c), the messages (messages.c). Inside of the report room;
 * dashboard.c's.
 */
#ifndef ASYNCRL_REPORT_BLOCK_H
#define ASYNCRL_REPORT_BLOCK_H

#include "report/dashboard.h"

/* From ROOMY_COLUMNS on there are three columns of figures instead of two. */
enum { FIGURE_ROWS = 5, ROOMY_COLUMNS = 105 };

/* A part of the page that is being filled from the top; lines of it are columns wide. */
struct block {
    const struct style *style;
    const struct dashboard *dashboard;
    int columns;
    int rows;
    int count;
    bool is_roomy;      /* the page has room for curves beside the method's figures */
    struct line *lines; /* (rows) */
};

/* The next line of a block; NULL when it is full. */
struct line *block_next_line(struct block *block);

/* Makes values of a curve for that many columns: one value per column while there is room, then
 * means. Columns after the last value are NaN. Returns the number of values. */
int curve_fit(const struct history *history, double *out, int columns);
void curve_find_range(const double *values, int count, double *low, double *high);

/* Rows that show all figures of the method; FIGURE_ROWS at least. */
int block_figure_rows(const struct dashboard *dashboard, int columns);

/* Draws the machine's figures at the left; the method's go down one column and then the next. */
void block_draw_figures(struct block *block, int rows);

/* Draws the actors in that many rows: a row for each if at least three can have one, and one for
 * the rest. */
void block_draw_actors(struct block *block, int rows);

/* Rows that show all messages; DASHBOARD_MAX_ROWS at most. */
int block_message_rows(const struct block *block);

/* Draws the newest messages that fit into that many rows. */
void block_draw_messages(struct block *block, int rows);

#endif
