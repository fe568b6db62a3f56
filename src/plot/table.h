/* CSV files of numbers. */
#ifndef ASYNCRL_PLOT_TABLE_H
#define ASYNCRL_PLOT_TABLE_H

#include "base/base.h"

enum { TABLE_MAX_COLUMNS = 64, TABLE_NAME_SIZE = 64 };

struct table {
    char path[PATH_SIZE];
    int column_count;
    char names[TABLE_MAX_COLUMNS][TABLE_NAME_SIZE];
    size_t row_count;
    double *cells;       /* (row_count, column_count); NAN if a field is empty or not finite */
    int damaged_line;    /* the first line of a damaged end that was left out, from 1; 0: none */
    int unfinished_line; /* the last line, which was left out because it has no end; 0: none */
};

/*
 * Reads path: comment lines ('#'), a line of names, then rows of numbers, in which fields may be
 * empty. If growing, another process may be writing: a last line without its end is left out, and
 * is unfinished_line. Damaged rows at the end (the machine stopped while it wrote) are left out,
 * and damaged_line is the first of them; any other bad row is STATUS_BAD_INPUT. On success the
 * caller calls table_free.
 */
enum status table_read(struct table *table, const char *path, bool growing, struct error *error);

void table_free(struct table *table);

/* The column with that name, or with its older name; -1: none. */
int table_find(const struct table *table, const char *name);

/* The same, but a missing column is STATUS_BAD_INPUT, and the message lists the columns. */
enum status table_need(const struct table *table, const char *name, int *column,
                       struct error *error);

double table_cell(const struct table *table, size_t row, int column);

#endif
