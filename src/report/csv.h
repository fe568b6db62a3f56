/*
 * The CSV files of a run directory: a header, then whole rows.
 *
 * Inside of the report room. One process at a time has a file open.
 */
#ifndef ASYNCRL_REPORT_CSV_H
#define ASYNCRL_REPORT_CSV_H

#include "base/base.h"

#include <stdbool.h>
#include <stdio.h>

enum { CSV_HEADER_SIZE = 1024, CSV_ROW_SIZE = 1024 };

struct csv_format {
    const char *name; /* of the file */
    /* Writes the first line of a new file, newline included, to out (CSV_HEADER_SIZE). */
    void (*header)(char *out);
    const char *const *needed; /* columns that a file must have to be continued; NULL ends them */
};

extern const struct csv_format progress_format;
extern const struct csv_format episodes_format;

struct csv {
    const struct csv_format *format;
    int fd;                       /* opened for appending */
    char header[CSV_HEADER_SIZE]; /* the file's first line, newline included */
};

/*
 * Opens the format's file in run_dir, anew or to continue it. If there is no file to continue,
 * begins one. A file to continue loses a half row at its end and keeps its columns; if it lacks a
 * needed one, this fails as STATUS_BAD_INPUT. Nothing is open after a failure.
 */
enum status csv_open(struct csv *csv, const struct csv_format *format, const char *run_dir,
                     bool append, struct error *error);

/* Writes the text of a column (length bytes of name) to out (size); "" for an unknown column. */
typedef void csv_cell(const void *context, const char *name, size_t length, char *out, size_t size);

/* Appends a row with a cell for each of the file's columns; after a failure the file has nothing of
 * it. */
enum status csv_append(const struct csv *csv, csv_cell *cell, const void *context,
                       struct error *error);

enum status csv_close(const struct csv *csv, struct error *error);

/* Place of a column in a header line, by its name or an older one; -1 if it is not there. */
int csv_place(const char *header, const char *column);

/* The field at that place of a row; NULL if the row is too short, or place is -1. */
const char *csv_field(const char *row, int place);

#endif
