#include "watch/tail.h"
#include "base/base.h"
#include "metric/metric.h"
#include "watch/paths.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Finds the wanted columns in the header, which ends at end. */
static void read_header(struct tail *tail, const char *text, const char *end) {
    for (int i = 0; i < tail->column_count; i++)
        tail->place[i] = -1;
    for (int place = 0; text <= end; place++) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        const char *stop = comma ? comma : end;
        for (int i = 0; i < tail->column_count; i++)
            if (metric_is_column(tail->columns[i], text, (size_t)(stop - text)))
                tail->place[i] = place;
        text = stop + 1;
    }
}

/* Reads one row that ends in a newline at end. */
static void read_row(const struct tail *tail, const char *text, const char *end, double *row) {
    for (int i = 0; i < tail->column_count; i++)
        row[i] = NAN;
    for (int place = 0; text <= end; place++) {
        char *after;
        const double value = strtod(text, &after);
        const bool is_number = after > text && after <= end && isfinite(value);
        for (int i = 0; i < tail->column_count && is_number; i++)
            if (tail->place[i] == place)
                row[i] = value;
        const char *comma = memchr(text, ',', (size_t)(end - text));
        if (!comma)
            return;
        text = comma + 1;
    }
}

static bool is_same_file(const struct tail *tail, int file, off_t size) {
    char guard[TAIL_GUARD];
    if (size < tail->offset)
        return false;
    const off_t start = tail->offset - (off_t)tail->guard_size;
    return pread(file, guard, tail->guard_size, start) == (ssize_t)tail->guard_size &&
           memcmp(guard, tail->guard, tail->guard_size) == 0;
}

static void remember(struct tail *tail, const char *text, size_t length) {
    tail->guard_size = length < TAIL_GUARD ? length : TAIL_GUARD;
    memcpy(tail->guard, text + length - tail->guard_size, tail->guard_size);
    tail->offset += (off_t)length;
}

/* Visits the whole lines of text, which ends in a newline. */
static void read_lines(struct tail *tail, const char *text, size_t length, tail_visitor *visit,
                       void *context) {
    const char *stop = text + length;
    bool is_header = tail->offset == 0;
    if (is_header)
        text += path_mark_size(text, length);
    for (const char *line = text; line < stop;) {
        const char *end = memchr(line, '\n', (size_t)(stop - line));
        double row[TAIL_MAX_COLUMNS];
        if (is_header) {
            read_header(tail, line, end);
        } else {
            read_row(tail, line, end, row);
            visit(context, row);
        }
        is_header = false;
        line = end + 1;
    }
}

static enum tail_news read_new(struct tail *tail, int file, size_t limit, bool *more,
                               tail_visitor *visit, void *context) {
    struct stat found;
    if (fstat(file, &found) != 0 || !S_ISREG(found.st_mode))
        return TAIL_NOTHING;
    if (!is_same_file(tail, file, found.st_size)) {
        tail->offset = 0;
        tail->guard_size = 0;
        return TAIL_ANEW;
    }
    const size_t size = (size_t)(found.st_size - tail->offset);
    const size_t wanted = size < limit ? size : limit;
    char *text = wanted > 0 ? malloc(wanted + 1) : NULL;
    if (!text)
        return TAIL_NOTHING;
    const ssize_t got = pread(file, text, wanted, tail->offset);
    text[got > 0 ? got : 0] = '\0'; /* stops strtod */
    const char *last = got > 0 ? memrchr(text, '\n', (size_t)got) : NULL;
    const size_t length = last ? (size_t)(last + 1 - text) : 0;
    if (length > 0) {
        read_lines(tail, text, length, visit, context);
        remember(tail, text, length);
    }
    if (!last && (size_t)got == limit) { /* longer than any row of ours */
        tail->offset += got;
        tail->guard_size = 0;
        *more = true;
    } else {
        *more = length > 0 && size > wanted;
    }
    free(text);
    return length > 0 ? TAIL_ROWS : TAIL_NOTHING;
}

enum tail_news tail_read(struct tail *tail, const char *folder, size_t limit, bool *more,
                         tail_visitor *visit, void *context) {
    *more = false;
    const int file = paths_open(tail->root, folder, tail->name);
    if (file < 0)
        return TAIL_NOTHING;
    const enum tail_news news = read_new(tail, file, limit, more, visit, context);
    close(file);
    return news;
}
