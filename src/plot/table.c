#include "plot/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE ((size_t)1 << 30)

/* What is left to read of a file. */
struct lines {
    char *next;
    char *end;
    int number; /* of the line read last, from 1 */
};

/* The next line, ended by a zero; NULL after the last. *whole: it had its newline. */
static char *next_line(struct lines *lines, bool *whole) {
    if (lines->next >= lines->end)
        return NULL;
    char *line = lines->next;
    char *newline = memchr(line, '\n', (size_t)(lines->end - line));
    char *end = newline ? newline : lines->end;
    *whole = newline != NULL;
    lines->next = end + 1;
    lines->number++;
    *end = '\0'; /* past a last line without newline there is room, see table_read */
    if (end > line && end[-1] == '\r')
        end[-1] = '\0';
    return line;
}

static enum status no_names(const char *path, struct error *error) {
    error_set(error, STATUS_BAD_INPUT, "'%s' is no CSV file with names in its first line", path);
    return STATUS_BAD_INPUT;
}

static enum status read_header(struct table *table, char *line, struct error *error) {
    for (char *name = strsep(&line, ","); name; name = strsep(&line, ",")) {
        if (table->column_count == TABLE_MAX_COLUMNS || strlen(name) >= TABLE_NAME_SIZE)
            return no_names(table->path, error);
        memcpy(table->names[table->column_count++], name, strlen(name) + 1);
    }
    return table->column_count > 0 ? STATUS_OK : no_names(table->path, error);
}

static enum status read_cells(const struct table *table, char *line, int number, double *cells,
                              struct error *error) {
    int column = 0;
    for (char *field = strsep(&line, ","); field; field = strsep(&line, ","), column++) {
        if (column >= table->column_count)
            break;
        char *end;
        const double value = strtod(field, &end);
        if (*end != '\0') {
            printable(field);
            return error_set(error, STATUS_BAD_INPUT, "'%s', line %d: '%.20s' is no number",
                             table->path, number, field);
        }
        cells[column] = end == field || !isfinite(value) ? NAN : value;
    }
    if (column != table->column_count || line)
        return error_set(error, STATUS_BAD_INPUT,
                         "'%s', line %d: it has not the %d fields that the first line names",
                         table->path, number, table->column_count);
    return STATUS_OK;
}

static enum status read_rows(struct table *table, struct lines *lines, bool growing,
                             struct error *error) {
    size_t capacity = 0;
    bool whole;
    for (char *line = next_line(lines, &whole); line; line = next_line(lines, &whole)) {
        if ((!whole && growing) || line[0] == '\0')
            continue;
        const size_t columns = (size_t)table->column_count;
        if (table->row_count == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            double *larger = realloc(table->cells, capacity * columns * sizeof *larger);
            if (!larger)
                return error_set(error, STATUS_FAILED, "out of memory reading '%s'", table->path);
            table->cells = larger;
        }
        const enum status status = read_cells(table, line, lines->number,
                                              &table->cells[table->row_count * columns], error);
        if (status != STATUS_OK)
            return status;
        table->row_count++;
    }
    return STATUS_OK;
}

enum status table_read(struct table *table, const char *path, bool growing, struct error *error) {
    unsigned char *data;
    size_t size;
    memset(table, 0, sizeof *table);
    snprintf(table->path, sizeof table->path, "%s", path);
    enum status status = path_read_file(path, MAX_FILE, &data, &size, error);
    if (status != STATUS_OK)
        return status;
    char *text = realloc(data, size + 1); /* for the zero after a last line */
    if (!text) {
        free(data);
        return error_set(error, STATUS_FAILED, "out of memory reading '%s'", path);
    }
    struct lines lines = {.next = text, .end = text + size};
    bool whole = false;
    char *header = memchr(text, '\0', size) ? NULL : next_line(&lines, &whole);
    if (size == 0 || (header && growing && !whole))
        status = error_set(error, STATUS_BAD_INPUT, "'%s' is empty", path);
    else if (!header || header[0] == '\0')
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
        if (strcmp(table->names[i], name) == 0)
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
    return error_set(error, STATUS_BAD_INPUT, "'%s' has no column '%s'; it has %s", table->path,
                     name, names);
}

double table_cell(const struct table *table, size_t row, int column) {
    return table->cells[row * (size_t)table->column_count + (size_t)column];
}
