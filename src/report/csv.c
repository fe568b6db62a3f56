#include "report/csv.h"

#include "metric/metric.h"
#include "report/append.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_SIZE = 4096 };

/* All metrics' columns; of two metrics with one column it comes once. */
static void progress_header(char *out) {
    size_t length = 0;
    for (int i = 0; i < METRIC_COUNT; i++)
        if (!metric_shares_column((enum metric)i))
            length += (size_t)snprintf(out + length, CSV_HEADER_SIZE - length, "%s%s",
                                       length > 0 ? "," : "", metric_table[i].column);
    snprintf(out + length, CSV_HEADER_SIZE - length, "\n");
}

static void episodes_header(char *out) {
    snprintf(out, CSV_HEADER_SIZE, "seconds,steps,actor,environment,score,length,epsilon,flag\n");
}

const struct csv_format progress_format = {
    .name = "progress.csv",
    .header = progress_header,
    .needed = (const char *const[]){"seconds", "steps", NULL},
};
const struct csv_format episodes_format = {
    .name = "episodes.csv",
    .header = episodes_header,
    .needed = (const char *const[]){"seconds", "steps", "actor", "score", "length", NULL},
};

/* ---- Columns --------------------------------------------------------------------------------- */

/* Bytes of the field that text begins with. */
static size_t field_length(const char *text) {
    return strcspn(text, ",\r\n");
}

int csv_place(const char *header, const char *column) {
    for (int place = 0;; place++) {
        const size_t length = field_length(header);
        if (metric_is_column(column, header, length))
            return place;
        if (header[length] != ',')
            return -1;
        header += length + 1;
    }
}

const char *csv_field(const char *row, int place) {
    if (place < 0)
        return NULL;
    for (; place > 0; place--) {
        row += field_length(row);
        if (*row != ',')
            return NULL;
        row++;
    }
    return row;
}

/* ---- Files ----------------------------------------------------------------------------------- */

static enum status cannot(const char *verb, const struct csv *csv, struct error *error) {
    return error_set(error, STATUS_FAILED, "cannot %s %s: %s", verb, csv->format->name,
                     strerror(errno));
}

/* Finds the end of the last newline before size; 0 if there is none. */
static enum status find_last_row(const struct csv *csv, off_t size, off_t *end,
                                 struct error *error) {
    char block[BLOCK_SIZE];
    *end = 0;
    while (size > 0) {
        const size_t length = size < BLOCK_SIZE ? (size_t)size : BLOCK_SIZE;
        size -= (off_t)length;
        if (TEMP_FAILURE_RETRY(pread(csv->fd, block, length, size)) != (ssize_t)length)
            return cannot("read", csv, error);
        const char *newline = memrchr(block, '\n', length);
        if (newline) {
            *end = size + (newline - block) + 1;
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}

/* Appends text, newline included; after a failure the file has nothing of it. */
static enum status append_text(const struct csv *csv, const char *text, size_t length,
                               struct error *error) {
    bool cut;
    const int failure = append_whole(csv->fd, text, length, &cut);
    errno = failure;
    return failure == 0 ? STATUS_OK : cannot(cut ? "write" : "mend", csv, error);
}

/* Takes the file's first line as its header, if it is whole and has the needed columns. */
static enum status take_header(struct csv *csv, const char *path, const char *start,
                               struct error *error) {
    start += path_mark_size(start, strlen(start)); /* some editors write one */
    const size_t length = strcspn(start, "\n");
    const size_t taken = start[length] == '\n' ? length + 1 : 0;
    memcpy(csv->header, start, taken);
    csv->header[taken] = '\0';
    for (const char *const *column = csv->format->needed; *column; column++)
        if (csv_place(csv->header, *column) < 0)
            return error_set(error, STATUS_BAD_INPUT,
                             "'%s' has other columns than this program writes: it lacks '%s'; "
                             "move it away",
                             path, *column);
    return STATUS_OK;
}

/* Leaves whole rows below a header. A header that was cut short counts as an empty file. */
static enum status mend(struct csv *csv, const char *path, struct error *error) {
    char start[CSV_HEADER_SIZE] = "";
    csv->format->header(csv->header);
    const size_t header_length = strlen(csv->header);
    const off_t size = lseek(csv->fd, 0, SEEK_END);
    const ssize_t start_length = TEMP_FAILURE_RETRY(pread(csv->fd, start, CSV_HEADER_SIZE - 1, 0));
    off_t end = 0;
    if (size < 0 || start_length < 0)
        return cannot("read", csv, error);
    const bool is_cut = (size_t)start_length < header_length &&
                        memcmp(start, csv->header, (size_t)start_length) == 0;
    enum status status = is_cut ? STATUS_OK : take_header(csv, path, start, error);
    if (status == STATUS_OK && !is_cut)
        status = find_last_row(csv, size, &end, error);
    if (status != STATUS_OK)
        return status;
    if (end < size && ftruncate(csv->fd, end) != 0)
        return cannot("mend", csv, error);
    return end == 0 ? append_text(csv, csv->header, strlen(csv->header), error) : STATUS_OK;
}

enum status csv_open(struct csv *csv, const struct csv_format *format, const char *run_dir,
                     bool append, struct error *error) {
    char path[PATH_SIZE];
    enum status status = path_join(path, run_dir, format->name, error);
    if (status != STATUS_OK)
        return status;
    const int anew = append ? 0 : O_TRUNC;
    *csv = (struct csv){
        .format = format,
        .fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | anew, 0666),
    };
    if (csv->fd < 0)
        return error_set(error, STATUS_BAD_INPUT, "cannot write '%s': %s", path, strerror(errno));
    status = mend(csv, path, error);
    if (status != STATUS_OK)
        close(csv->fd);
    return status;
}

enum status csv_append(const struct csv *csv, csv_cell *cell, const void *context,
                       struct error *error) {
    char row[CSV_ROW_SIZE];
    size_t used = 0;
    for (const char *name = csv->header;;) {
        const size_t length = field_length(name);
        row[used] = '\0';
        cell(context, name, length, row + used, sizeof row - 2 - used);
        used += strlen(row + used);
        const bool is_last = name[length] != ',' || used + 3 > sizeof row;
        row[used++] = is_last ? '\n' : ',';
        if (is_last)
            return append_text(csv, row, used, error);
        name += length + 1;
    }
}

enum status csv_close(const struct csv *csv, struct error *error) {
    return close(csv->fd) == 0 ? STATUS_OK : cannot("close", csv, error);
}
