#include "plot/table.h"

#include "metric/metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE ((size_t)1 << 30)

/* The unread rest of a file. */
struct lines {
    char *next;
    char *end;
    int number; /* of the line read last, from 1 */
};

/* The next line, zero-terminated; NULL after the last. *whole: it had its newline. *length includes
 * zeros in the file. */
static char *next_line(struct lines *lines, bool *whole, size_t *length) {
    if (lines->next >= lines->end)
        return NULL;
    char *line = lines->next;
    char *newline = memchr(line, '\n', (size_t)(lines->end - line));
    char *end = newline ? newline : lines->end;
    *whole = newline != NULL;
    lines->next = end + 1;
    lines->number++;
    *end = '\0'; /* after a last line without newline there is room, see path_read_text */
    if (end > line && end[-1] == '\r')
        *--end = '\0';
    *length = (size_t)(end - line);
    return line;
}

static enum status no_names(const char *path, struct error *error) {
    error_set(error, STATUS_BAD_INPUT, "'%s' is not a CSV file with names in its first line", path);
    return STATUS_BAD_INPUT;
}

/* The line of names: the first one that is not a comment (Gym's Monitor files begin with one).
 * NULL: there is none. */
static char *next_header(struct lines *lines, bool *whole) {
    size_t length;
    char *line = next_line(lines, whole, &length);
    while (line && line[0] == '#')
        line = next_line(lines, whole, &length);
    return line && line[0] != '\0' && strlen(line) == length ? line : NULL;
}

static enum status read_header(struct table *table, char *line, struct error *error) {
    for (char *name = strsep(&line, ","); name; name = strsep(&line, ",")) {
        if (table->column_count == TABLE_MAX_COLUMNS || strlen(name) >= TABLE_NAME_SIZE)
            return no_names(table->path, error);
        memcpy(table->names[table->column_count++], name, strlen(name) + 1);
    }
    return table->column_count > 0 ? STATUS_OK : no_names(table->path, error);
}

static enum status wrong_field_count(const struct table *table, int number, struct error *error) {
    return error_set(error, STATUS_BAD_INPUT,
                     "'%s', line %d: it does not have the %d fields that the first line names",
                     table->path, number, table->column_count);
}

static enum status read_cells(const struct table *table, char *line, int number, double *cells,
                              struct error *error) {
    int column = 0;
    for (char *field = strsep(&line, ","); field; field = strsep(&line, ","), column++) {
        if (column == table->column_count)
            return wrong_field_count(table, number, error);
        char *end;
        const double value = strtod(field, &end);
        if (*end != '\0') {
            printable(field);
            return error_set(error, STATUS_BAD_INPUT, "'%s', line %d: '%.20s' is not a number",
                             table->path, number, field);
        }
        cells[column] = end == field || !isfinite(value) ? NAN : value;
    }
    return column == table->column_count ? STATUS_OK : wrong_field_count(table, number, error);
}

/* Whether a line has only characters that a row can have: printable ASCII and tabs. */
static bool is_plain(const char *line, size_t length) {
    for (size_t i = 0; i < length; i++)
        if ((line[i] < ' ' || line[i] > '~') && line[i] != '\t')
            return false;
    return true;
}

/* Whether a file begins as a table: its first line is, even if the rest of a short one is damaged.
 */
static bool is_table(const char *text, size_t size) {
    const char *newline = memchr(text, '\n', size);
    const size_t length = newline ? (size_t)(newline - text) : 0;
    const size_t plain = length > 0 && text[length - 1] == '\r' ? length - 1 : length;
    return file_is_text(text, size) || (memchr(text, ',', length) && is_plain(text, plain));
}

/* Room for one more row; NULL: out of memory. */
static double *next_row(struct table *table, size_t *capacity) {
    const size_t columns = (size_t)table->column_count;
    if (table->row_count == *capacity) {
        *capacity = *capacity ? 2 * *capacity : 1024;
        double *larger = realloc(table->cells, *capacity * columns * sizeof *larger);
        if (!larger)
            return NULL;
        table->cells = larger;
    }
    return &table->cells[table->row_count * columns];
}

/* A bad row with unprintable bytes, or without its end, is damage from a machine that stopped while
 * it wrote, and not a mistake. It ends the table if no good row follows. In a growing file, a plain
 * row without its end may be one that is being written. */
static enum status read_rows(struct table *table, struct lines *lines, bool growing,
                             struct error *error) {
    size_t capacity = 0;
    size_t length;
    bool whole;
    struct error damage;
    for (char *line; (line = next_line(lines, &whole, &length));) {
        const bool plain = is_plain(line, length);
        if (!whole && growing && plain)
            table->unfinished_line = lines->number;
        if (length == 0 || table->unfinished_line)
            continue;
        double *row = next_row(table, &capacity);
        if (!row)
            return error_set(error, STATUS_FAILED, "out of memory reading '%s'", table->path);
        const bool is_damage = !whole || !plain;
        const enum status status =
            strlen(line) == length ? read_cells(table, line, lines->number, row, error)
                                   : error_set(error, STATUS_BAD_INPUT, "'%s', line %d is damaged",
                                               table->path, lines->number);
        if (status == STATUS_OK && !table->damaged_line) {
            table->row_count++;
        } else if (status == STATUS_OK) {
            *error = damage;
            return STATUS_BAD_INPUT;
        } else if (!table->damaged_line) {
            if (!is_damage || table->row_count == 0)
                return status;
            table->damaged_line = lines->number;
            damage = *error;
        }
    }
    return STATUS_OK;
}

enum status table_read(struct table *table, const char *path, bool growing, struct error *error) {
    char *text;
    size_t size;
    memset(table, 0, sizeof *table);
    snprintf(table->path, sizeof table->path, "%s", path);
    enum status status = path_read_text(path, MAX_FILE, &text, &size, error);
    if (status != STATUS_OK)
        return status;
    struct lines lines = {.next = text, .end = text + size};
    bool whole = false;
    const bool is_text = is_table(text, size);
    const char *kind = file_kind(text, size);
    char *header = is_text ? next_header(&lines, &whole) : NULL;
    if (size == 0)
        status = error_set(error, STATUS_BAD_INPUT, "'%s' is empty", path);
    else if (header && growing && !whole)
        status = error_set(error, STATUS_BAD_INPUT, "'%s' has no whole line", path);
    else if (!is_text || (header && header[0] == '{'))
        status = error_set(error, STATUS_BAD_INPUT, "'%s' is %s, not a CSV file", path, kind);
    else if (!header)
        status = no_names(path, error);
    if (status == STATUS_OK)
        status = read_header(table, header, error);
    if (status == STATUS_OK)
        status = read_rows(table, &lines, growing, error);
    free(text);
    if (status != STATUS_OK)
        table_free(table);
    return status;
}

void table_free(struct table *table) {
    free(table->cells);
    table->cells = NULL;
    table->row_count = 0;
}

int table_find(const struct table *table, const char *name) {
    for (int i = 0; i < table->column_count; i++)
        if (metric_is_column(name, table->names[i], strlen(table->names[i])))
            return i;
    return -1;
}

enum status table_need(const struct table *table, const char *name, int *column,
                       struct error *error) {
    *column = table_find(table, name);
    if (*column >= 0)
        return STATUS_OK;
    char names[512] = "";
    size_t length = 0;
    for (int i = 0; i < table->column_count && length < sizeof names; i++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", i ? ", " : "",
                                   table->names[i]);
    printable(names);
    return error_set(error, STATUS_BAD_INPUT,
                     "'%s' has no column '%s', which the chart needs; it has %s", table->path, name,
                     names);
}

double table_cell(const struct table *table, size_t row, int column) {
    return table->cells[row * (size_t)table->column_count + (size_t)column];
}
