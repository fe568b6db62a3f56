/* Going on in the CSV and event files of an earlier run. */
#include "report/csv.h"
#include "report/memory.h"
#include "report/report.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The part of a row of episodes.csv that matters here. */
struct episode_row {
    int64_t steps;
    int actor;
    double score;
    int64_t length;
    int flag; /* -1 if missing, as in files of older programs */
};

/* A file being read row by row. */
struct rows {
    FILE *stream;
    const char *path;
    char header[CSV_HEADER_SIZE];
    char *line; /* the newest row, newline included */
    size_t capacity;
    ssize_t length;
};

/* Opens the file at path, which csv_open has repaired, and goes to its first row. */
static enum status rows_open(struct rows *rows, const char *path, struct error *error) {
    *rows = (struct rows){.stream = fopen(path, "re"), .path = path};
    if (!rows->stream)
        return error_set(error, STATUS_FAILED, "cannot read '%s': %s", path, strerror(errno));
    rows->length = getline(&rows->line, &rows->capacity, rows->stream);
    if (rows->length > 0)
        snprintf(rows->header, sizeof rows->header, "%s",
                 rows->line + path_mark_size(rows->line, (size_t)rows->length));
    return STATUS_OK;
}

/* The number in the newest row's field at that place; false if there is none. */
static bool read_number(const struct rows *rows, int place, double *number) {
    const char *field = csv_field(rows->line, place);
    char *end;
    *number = field ? strtod(field, &end) : 0;
    return field && end > field;
}

static bool read_count(const struct rows *rows, int place, int64_t *count) {
    const char *field = csv_field(rows->line, place);
    char *end;
    *count = field ? strtoll(field, &end, 10) : 0;
    return field && end > field;
}

static bool rows_next(struct rows *rows) {
    rows->length = getline(&rows->line, &rows->capacity, rows->stream);
    return rows->length >= 0;
}

/* Fails when the rows ended because of an error. */
static enum status rows_close(struct rows *rows, struct error *error) {
    const bool failed = !feof(rows->stream);
    const int reason = errno;
    fclose(rows->stream);
    free(rows->line);
    if (failed)
        return error_set(error, STATUS_FAILED, "cannot read '%s': %s", rows->path,
                         strerror(reason));
    return STATUS_OK;
}

/* ---- progress.csv ---------------------------------------------------------------------------- */

/*
 * Finds the end of the last row from before the cut. Rows below it were written after the point
 * from which the run continues. Rows above it may have more steps, if --checkpoint=N went back.
 */
static enum status find_progress_end(const char *path, const struct reporter_cut *cut, off_t *end,
                                     struct error *error) {
    struct rows rows;
    const enum status status = rows_open(&rows, path, error);
    if (status != STATUS_OK)
        return status;
    const int seconds_place = csv_place(rows.header, "seconds");
    const int steps_place = csv_place(rows.header, "steps");
    off_t position = rows.length;
    *end = position;
    while (rows_next(&rows)) {
        double seconds;
        int64_t steps;
        position += rows.length;
        if (read_number(&rows, seconds_place, &seconds) && read_count(&rows, steps_place, &steps) &&
            steps <= cut->steps && seconds <= cut->seconds)
            *end = position;
    }
    return rows_close(&rows, error);
}

static enum status cut_progress(const char *path, const struct reporter_cut *cut,
                                struct error *error) {
    off_t end;
    const enum status status = find_progress_end(path, cut, &end, error);
    if (status == STATUS_OK && truncate(path, end) != 0)
        return error_set(error, STATUS_FAILED, "cannot cut '%s': %s", path, strerror(errno));
    return status;
}

/* Fills the curves of the dashboard from the rows that stay. */
static enum status recall_curves(struct reporter_memory *memory, const char *path,
                                 struct error *error) {
    struct rows rows;
    const enum status status = rows_open(&rows, path, error);
    if (status != STATUS_OK)
        return status;
    int places[METRIC_COUNT];
    for (int i = 0; i < METRIC_COUNT; i++)
        places[i] = csv_place(rows.header, metric_table[i].column);
    while (rows_next(&rows)) {
        double number;
        for (int i = 0; i < METRIC_COUNT; i++)
            if (read_number(&rows, places[i], &number))
                history_add(&memory->histories[i], number);
    }
    return rows_close(&rows, error);
}

/* ---- episodes.csv ---------------------------------------------------------------------------- */

struct episode_cut {
    struct metrics *metrics;
    const struct reporter_cut *cut;
    int64_t *kept; /* (actor_count): rows that stay */
    int64_t *seen; /* (actor_count) */
};

static bool parse_episode(const struct rows *rows, struct episode_row *row) {
    int64_t actor;
    const bool parsed = read_count(rows, csv_place(rows->header, "steps"), &row->steps) &&
                        read_count(rows, csv_place(rows->header, "actor"), &actor) &&
                        read_number(rows, csv_place(rows->header, "score"), &row->score) &&
                        read_count(rows, csv_place(rows->header, "length"), &row->length);
    int64_t flag;
    row->flag = read_count(rows, csv_place(rows->header, "flag"), &flag) ? flag > 0 : -1;
    row->actor = parsed && actor >= 0 && actor <= INT_MAX ? (int)actor : -1;
    return parsed;
}

/* The place of a row's actor in our arrays. NULL for a foreign line, and for actors of an earlier
 * run that had more of them: those rows stay. */
static int64_t *counter_of(int64_t *counters, const struct episode_cut *cut, bool parsed,
                           const struct episode_row *row) {
    const bool known = parsed && row->actor >= 0 && row->actor < cut->metrics->actor_count;
    return known ? &counters[row->actor] : NULL;
}

/* First reading: how many rows of each actor stay. */
static enum status count_kept(struct episode_cut *cut, const char *path, struct error *error) {
    struct rows rows;
    const enum status status = rows_open(&rows, path, error);
    if (status != STATUS_OK)
        return status;
    const int64_t *episodes = cut->cut->episodes;
    while (rows_next(&rows)) {
        struct episode_row row;
        const bool parsed = parse_episode(&rows, &row);
        int64_t *seen = counter_of(cut->seen, cut, parsed, &row);
        if (seen && ++*seen && (!episodes || row.steps <= cut->cut->steps))
            cut->kept[row.actor] = *seen;
    }
    for (int i = 0; episodes && i < cut->metrics->actor_count; i++)
        if (cut->kept[i] > episodes[i])
            cut->kept[i] = episodes[i];
    return rows_close(&rows, error);
}

/* Second reading: remembers the rows that stay and writes them into out. */
static enum status keep_rows(struct episode_cut *cut, const char *path, FILE *out,
                             struct error *error) {
    struct rows rows;
    const enum status status = rows_open(&rows, path, error);
    if (status != STATUS_OK)
        return status;
    const size_t count = (size_t)cut->metrics->actor_count;
    memset(cut->seen, 0, count * sizeof *cut->seen);
    fwrite(rows.line, 1, (size_t)rows.length, out);
    while (rows_next(&rows)) {
        struct episode_row row;
        const bool parsed = parse_episode(&rows, &row);
        int64_t *seen = counter_of(cut->seen, cut, parsed, &row);
        if (seen && ++*seen > cut->kept[row.actor])
            continue;
        fwrite(rows.line, 1, (size_t)rows.length, out);
        if (parsed) {
            cut->metrics->memory.episodes++;
            if (seen)
                actor_games_add(&cut->metrics->actors[row.actor].games, row.score);
            if (row.steps <= cut->cut->steps)
                reporter_memory_add_game(&cut->metrics->memory, row.score, row.length, row.flag);
        }
    }
    return rows_close(&rows, error);
}

/* Puts a file with the rows that stay in the old one's place. */
static enum status replace_episodes(struct episode_cut *cut, const char *path,
                                    struct error *error) {
    char beside[PATH_SIZE + 8];
    snprintf(beside, sizeof beside, "%s.tmp", path);
    FILE *out = fopen(beside, "we");
    if (!out)
        return error_set(error, STATUS_FAILED, "cannot write '%s': %s", beside, strerror(errno));
    enum status status = keep_rows(cut, path, out, error);
    bool written = !ferror(out) && fflush(out) == 0 && fsync(fileno(out)) == 0;
    written = fclose(out) == 0 && written;
    if (status == STATUS_OK && (!written || rename(beside, path) != 0))
        status = error_set(error, STATUS_FAILED, "cannot write '%s': %s", path, strerror(errno));
    if (status != STATUS_OK)
        unlink(beside);
    return status;
}

/* Says that the file was lost, or emptied. If only some rows are missing, the run may have taken
 * another one's checkpoint. */
static void tell_lost_games(const struct episode_cut *cut) {
    int64_t games = 0;
    int64_t kept = 0;
    for (int i = 0; cut->cut->episodes && i < cut->metrics->actor_count; i++) {
        games += cut->cut->episodes[i];
        kept += cut->kept[i];
    }
    if (games > 0 && kept == 0)
        log_line("report", "episodes.csv has lost all %lld games before: scores begin anew",
                 (long long)games);
}

static enum status resume_episodes(struct metrics *metrics, const char *path,
                                   const struct reporter_cut *cut, struct error *error) {
    const size_t count = (size_t)metrics->actor_count;
    struct episode_cut cutting = {.metrics = metrics, .cut = cut};
    cutting.kept = calloc(2 * count, sizeof(int64_t));
    if (!cutting.kept)
        return error_set(error, STATUS_FAILED, "out of memory");
    cutting.seen = cutting.kept + count;
    enum status status = count_kept(&cutting, path, error);
    if (status == STATUS_OK)
        tell_lost_games(&cutting);
    if (status == STATUS_OK)
        status = replace_episodes(&cutting, path, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        atomic_store(&metrics->actors[i].episodes.rows_before, cutting.kept[i]);
    free(cutting.kept);
    return status;
}

/* Leaves the format's file in run_dir with our header and whole rows; path: written, its path. */
static enum status mend(char *path, const struct csv_format *format, const char *run_dir,
                        struct error *error) {
    struct csv csv;
    enum status status = path_join(path, run_dir, format->name, error);
    if (status == STATUS_OK)
        status = csv_open(&csv, format, run_dir, true, error);
    return status == STATUS_OK ? csv_close(&csv, error) : status;
}

static enum status cut_event_files(const char *run_dir, int64_t steps, struct error *error) {
    char clips[PATH_SIZE];
    enum status status = path_join(clips, run_dir, EVENT_CLIPS_FOLDER, error);
    if (status == STATUS_OK)
        status = event_files_cut(run_dir, steps, error);
    return status == STATUS_OK ? event_files_cut(clips, steps, error) : status;
}

enum status report_resume(struct metrics *metrics, const char *run_dir,
                          const struct reporter_cut *cut, struct error *error) {
    char progress[PATH_SIZE];
    char episodes[PATH_SIZE];
    enum status status = mend(progress, &progress_format, run_dir, error);
    if (status == STATUS_OK)
        status = mend(episodes, &episodes_format, run_dir, error);
    if (status == STATUS_OK)
        status = resume_episodes(metrics, episodes, cut, error);
    if (status == STATUS_OK && cut->episodes)
        status = cut_progress(progress, cut, error);
    if (status == STATUS_OK && cut->episodes)
        status = cut_event_files(run_dir, cut->steps, error);
    if (status == STATUS_OK)
        status = recall_curves(&metrics->memory, progress, error);
    return status;
}
