#include "sweep/progress.h"

#include "base/base.h"
#include "metric/metric.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { END_BYTES = 8192, HEADER_BYTES = 2048 };

/* The last whole line of size bytes; its newline becomes a zero. NULL: none. */
static char *last_line(char *text, size_t size) {
    char *end = memrchr(text, '\n', size);
    if (!end)
        return NULL;
    *end = '\0';
    char *before = memrchr(text, '\n', (size_t)(end - text));
    return before ? before + 1 : text;
}

/* The number in the metric's column of a row; NAN: none. */
static double find_number(const char *header, const char *row, enum metric metric) {
    while (*header && *row) {
        const size_t length = strcspn(header, ",\r\n");
        const size_t row_length = strcspn(row, ",\r\n");
        if (metric_is_column(metric_table[metric].column, header, length)) {
            char *end;
            const double value = strtod(row, &end);
            return end > row && row_length > 0 ? value : NAN;
        }
        if (header[length] != ',' || row[row_length] != ',')
            return NAN;
        header += length + 1;
        row += row_length + 1;
    }
    return NAN;
}

static struct progress parse(const char *header, const char *row) {
    const double steps = find_number(header, row, METRIC_STEPS);
    const double seconds = find_number(header, row, METRIC_SECONDS);
    return (struct progress){
        .steps = steps > 0 && steps < 1e18 ? (int64_t)steps : 0,
        .seconds = seconds > 0 ? seconds : 0,
        .score = find_number(header, row, METRIC_SCORE),
    };
}

struct progress progress_read(const char *run_dir) {
    struct progress progress = {.score = NAN};
    struct error ignored;
    char path[PATH_SIZE];
    char header[HEADER_BYTES];
    char end[END_BYTES + 1];
    off_t size;
    int file;
    if (path_join(path, run_dir, "progress.csv", &ignored) != STATUS_OK ||
        path_open_file(path, O_RDONLY, &file, &size, &ignored) != STATUS_OK)
        return progress;
    const ssize_t header_size = pread(file, header, sizeof header - 1, 0);
    const off_t from = size > END_BYTES ? size - END_BYTES : 0;
    const ssize_t end_size = pread(file, end, END_BYTES, from);
    close(file);
    char *newline = header_size > 0 ? memchr(header, '\n', (size_t)header_size) : NULL;
    char *row = end_size > 0 ? last_line(end, (size_t)end_size) : NULL;
    if (!newline || !row || from + (row - end) <= newline - header)
        return progress;
    newline[1] = '\0';
    return parse(header, row);
}
