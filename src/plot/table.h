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
    double *cells;    /* (row_count, column_count); NAN where a field is empty or not finite */
    int damaged_line; /* where a damaged end was left out, from 1; 0: nothing was */
};

/*
 * Reads path: lines that begin with '#', which are skipped, a line of names, then rows of as many
 * numbers, fields of which may be empty. A last line without its end is left out where growing says
 * that somebody may be writing it. Rows at the end that a machine which stopped left damaged are
 * left out, and damaged_line says where they begin; any other bad row is STATUS_BAD_INPUT. On
 * success the caller calls table_free.
 */
enum status table_read(struct table *table, const char *path, bool growing, struct error *error);

void table_free(struct table *table);

/* Which column has that name, or an older one; -1 if none has. */
int table_find(const struct table *table, const char *name);

/* The same, or STATUS_BAD_INPUT with the names that there are. */
enum status table_need(const struct table *table, const char *name, int *column,
                       struct error *error);

double table_cell(const struct table *table, size_t row, int column);

#endif
