/*
 * The CSV files of a run directory: a header, then rows that are there whole or not at all.
 *
 * Inside of the report room. One process at a time has a file open.
 */
#ifndef ASYNCRL_REPORT_CSV_H
#define ASYNCRL_REPORT_CSV_H

#include "base/base.h"

#include <stdbool.h>
#include <stdio.h>

struct csv_format {
    const char *name;   /* of the file */
    const char *header; /* its first line, newline included */
};

extern const struct csv_format progress_format;
extern const struct csv_format episodes_format;

struct csv {
    const struct csv_format *format;
    int fd; /* opened for appending */
};

/*
 * Opens the format's file in run_dir, anew or for going on in it. One to go on in is begun where
 * there is none, loses a half row at its end, and fails as STATUS_BAD_INPUT where it has other
 * columns. Nothing is open after a failure.
 */
enum status csv_open(struct csv *csv, const struct csv_format *format, const char *run_dir,
                     bool append, struct error *error);

/* Appends text of length bytes, newline included; when that fails, nothing of it is in the file. */
enum status csv_append(const struct csv *csv, const char *text, size_t length, struct error *error);

enum status csv_close(const struct csv *csv, struct error *error);

#endif
