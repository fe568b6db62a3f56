#include "watch/runs.h"
#include "metric/metric.h"
#include "watch/config.h"
#include "watch/paths.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    MAX_ROWS = 2048,      /* of a run's curves */
    MAX_GAMES = 4096,     /* single scores of a run */
    READ_LIMIT = 4 << 20, /* bytes of a file in one update */
    MAX_FRESH_ROWS = 32,  /* sent one by one; with more, readers fetch all curves again */
    MAX_FRESH_GAMES = 64, /* per update; the rest is not sent */
};
static const double SCAN_SECONDS = 2;

_Static_assert((int)METRIC_COUNT <= (int)TAIL_MAX_COLUMNS, "a row of progress.csv fits");

static const char *const game_columns[] = {"steps", "score", "length"};
enum { GAME_STEPS, GAME_SCORE, GAME_LENGTH, GAMES_WIDTH };
static const enum series_merge game_merge[GAMES_WIDTH] = {SERIES_LAST, SERIES_LAST, SERIES_LAST};

/* ---- Rows ------------------------------------------------------------------------------------ */

static void print_number(FILE *out, double value) {
    if (isfinite(value))
        fprintf(out, "%.10g", value);
    else
        fputs("null", out);
}

static void print_row(FILE *out, const double *row, int width) {
    fputc('[', out);
    for (int i = 0; i < width; i++) {
        if (i > 0)
            fputc(',', out);
        print_number(out, row[i]);
    }
    fputc(']', out);
}

static void print_series(FILE *out, const struct series *series) {
    fputc('[', out);
    for (size_t i = 0; i < series->count; i++) {
        if (i > 0)
            fputc(',', out);
        print_row(out, series_row(series, i), series->width);
    }
    fputc(']', out);
}

static void tell_fresh(FILE *out, int *told, int limit, const double *row, int width) {
    if (out && *told < limit) {
        if (*told > 0)
            fputc(',', out);
        print_row(out, row, width);
    }
    (*told)++;
}

/* A run resumed with --checkpoint=N restarts its seconds; here they continue. */
static void take_progress(void *context, const double *told) {
    struct watched_run *run = context;
    double row[METRIC_COUNT];
    const int width = run->progress.width;
    memcpy(row, told, (size_t)width * sizeof *row);
    if (isnan(row[METRIC_STEPS]) || isnan(row[METRIC_SECONDS]))
        return;
    if (row[METRIC_SECONDS] < run->last_seconds)
        run->seconds_before += run->last_seconds;
    run->last_seconds = row[METRIC_SECONDS];
    row[METRIC_SECONDS] += run->seconds_before;
    series_add(&run->progress, row);
    tell_fresh(run->fresh_rows, &run->fresh_row_count, MAX_FRESH_ROWS, row, width);
}

static void take_game(void *context, const double *row) {
    struct watched_run *run = context;
    if (isnan(row[GAME_STEPS]) || isnan(row[GAME_SCORE]))
        return;
    if (!(run->best_score >= row[GAME_SCORE]))
        run->best_score = row[GAME_SCORE];
    run->game_count++;
    series_add(&run->games, row);
    tell_fresh(run->fresh_games, &run->fresh_game_count, MAX_FRESH_GAMES, row, GAMES_WIDTH);
}

static void begin_curves(struct watched_run *run) {
    series_clear(&run->progress);
    series_clear(&run->games);
    run->progress_tail.offset = 0;
    run->games_tail.offset = 0;
    run->progress_tail.guard_size = 0;
    run->games_tail.guard_size = 0;
    run->seconds_before = 0;
    run->last_seconds = NAN;
    run->best_score = NAN;
    run->game_count = 0;
}

/* ---- The list of runs ------------------------------------------------------------------------ */

static bool has_file(const char *folder, const char *name) {
    char path[PATH_SIZE];
    struct error error;
    return path_join(path, folder, name, &error) == STATUS_OK && path_is_file(path);
}

static bool is_run(const char *folder) {
    return has_file(folder, "progress.csv") || has_file(folder, "config.json");
}

/* The last part of a path, with or without trailing slashes. */
static void name_run(struct watched_run *run) {
    char *whole = realpath(run->folder, NULL);
    const char *path = whole ? whole : run->folder;
    const char *slash = strrchr(path, '/');
    snprintf(run->name, sizeof run->name, "%.200s", slash && slash[1] ? slash + 1 : path);
    printable(run->name);
    free(whole);
}

static bool is_known(const struct runs *runs, const char *folder) {
    for (int i = 0; i < runs->count; i++)
        if (strcmp(runs->list[i]->folder, folder) == 0)
            return true;
    return false;
}

/* Lists one column per metric, in the order of the table; metrics that share a column get one.
 * Returns the number. */
static int choose_columns(struct watched_run *run) {
    int width = 0;
    for (int i = 0; i < METRIC_COUNT; i++) {
        if (metric_shares_column((enum metric)i))
            continue;
        run->progress_columns[width] = metric_table[i].column;
        run->progress_merge[width++] =
            metric_table[i].merge == METRIC_MERGED_BY_LAST ? SERIES_LAST : SERIES_MEAN;
    }
    return width;
}

/* Returns whether a run was added. */
static bool add_run(struct runs *runs, const char *root, const char *folder) {
    if (runs->count == RUNS_MAX || is_known(runs, folder) || !paths_is_inside(root, folder))
        return false;
    struct watched_run *run = calloc(1, sizeof *run);
    if (!run)
        return false;
    snprintf(run->folder, sizeof run->folder, "%s", folder);
    run->root = root;
    name_run(run);
    const int width = choose_columns(run);
    run->progress_tail = (struct tail){.name = "progress.csv",
                                       .root = root,
                                       .columns = run->progress_columns,
                                       .column_count = width};
    run->games_tail = (struct tail){
        .name = "episodes.csv", .root = root, .columns = game_columns, .column_count = GAMES_WIDTH};
    run->progress = series_make(width, run->progress_merge, MAX_ROWS);
    run->games = series_make(GAMES_WIDTH, game_merge, MAX_GAMES);
    begin_curves(run);
    runs->list[runs->count++] = run;
    return true;
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

/* Searches a folder that is not a run itself for runs, one level deep. */
static bool scan_folder(struct runs *runs, const char *folder) {
    struct dirent **entries;
    bool changed = false;
    if (is_run(folder))
        return add_run(runs, folder, folder);
    const int count = scandir(folder, &entries, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        char path[PATH_SIZE];
        struct error error;
        if (path_join(path, folder, entries[i]->d_name, &error) == STATUS_OK && is_run(path) &&
            add_run(runs, folder, path))
            changed = true;
        free(entries[i]);
    }
    if (count >= 0)
        free((void *)entries);
    return changed;
}

/* Returns whether the options have changed. */
static bool read_config(struct watched_run *run, const struct option *options) {
    char path[PATH_SIZE];
    struct stat found;
    struct error error;
    if (path_join(path, run->folder, "config.json", &error) != STATUS_OK ||
        stat(path, &found) != 0 ||
        (found.st_mtim.tv_sec == run->config_time.tv_sec &&
         found.st_mtim.tv_nsec == run->config_time.tv_nsec))
        return false;
    run->config_time = found.st_mtim;
    struct json *config = config_read(run->root, run->folder);
    if (!config)
        return false;
    json_free(run->config);
    json_free(run->shown);
    run->config = config;
    run->shown = config_shown(config, options);
    return true;
}

static bool scan(struct runs *runs) {
    bool changed = false;
    for (int i = 0; i < runs->folder_count; i++)
        changed |= scan_folder(runs, runs->folders[i]);
    for (int i = 0; i < runs->count; i++)
        changed |= read_config(runs->list[i], runs->options);
    runs->next_scan = clock_seconds() + SCAN_SECONDS;
    return changed;
}

void runs_open(struct runs *runs, const char *const *folders, int folder_count,
               const struct option *options) {
    *runs = (struct runs){.folders = folders, .folder_count = folder_count, .options = options};
    scan(runs);
}

void runs_close(struct runs *runs) {
    for (int i = 0; i < runs->count; i++) {
        series_clear(&runs->list[i]->progress);
        series_clear(&runs->list[i]->games);
        json_free(runs->list[i]->config);
        json_free(runs->list[i]->shown);
        free(runs->list[i]);
    }
    runs->count = 0;
}

/* ---- News ------------------------------------------------------------------------------------ */

/* Begin and end a line of JSON in memory. */
static FILE *open_text(char **text, size_t *size) {
    *text = NULL;
    return open_memstream(text, size);
}

static void tell_id(runs_listener *listener, void *context, enum runs_event event, int id) {
    char text[32];
    const int size = snprintf(text, sizeof text, "{\"id\":%d}", id);
    listener(context, event, text, (size_t)size);
}

static void tell_rows(const struct watched_run *run, int id, const char *rows, const char *games,
                      runs_listener *listener, void *context) {
    char *text;
    size_t size;
    FILE *out = open_text(&text, &size);
    if (!out)
        return;
    fprintf(out, "{\"id\":%d,\"rows\":[%s],\"games\":[%s],\"best\":", id, rows, games);
    print_number(out, run->best_score);
    fputc('}', out);
    if (fclose(out) == 0)
        listener(context, RUNS_ROWS, text, size);
    free(text);
}

/* Reads both files; returns whether one was replaced. */
static bool read_files(struct watched_run *run) {
    bool more_rows = false;
    bool more_games = false;
    const enum tail_news rows =
        tail_read(&run->progress_tail, run->folder, READ_LIMIT, &more_rows, take_progress, run);
    const enum tail_news games =
        tail_read(&run->games_tail, run->folder, READ_LIMIT, &more_games, take_game, run);
    const bool anew = rows == TAIL_ANEW || games == TAIL_ANEW;
    if (anew)
        begin_curves(run);
    run->is_behind = anew || more_rows || more_games;
    return anew;
}

static void update_run(struct watched_run *run, int id, runs_listener *listener, void *context) {
    char *rows;
    char *games;
    size_t row_size;
    size_t game_size;
    const bool was_behind = run->is_behind;
    run->fresh_rows = open_text(&rows, &row_size);
    run->fresh_games = open_text(&games, &game_size);
    run->fresh_row_count = 0;
    run->fresh_game_count = 0;
    read_files(run);
    const bool whole = run->fresh_rows && run->fresh_games;
    if (run->fresh_rows)
        fclose(run->fresh_rows);
    if (run->fresh_games)
        fclose(run->fresh_games);
    const bool has_news = run->fresh_row_count > 0 || run->fresh_game_count > 0;
    /* While a long run is being read, its rows are not sent one by one: readers fetch the curves
     * once all is read. */
    if (!run->is_behind && (was_behind || run->fresh_row_count > MAX_FRESH_ROWS || !whole))
        tell_id(listener, context, RUNS_ANEW, id);
    else if (!run->is_behind && has_news)
        tell_rows(run, id, rows, games, listener, context);
    free(rows);
    free(games);
}

bool runs_update(struct runs *runs, runs_listener *listener, void *context) {
    bool more = false;
    if (clock_seconds() >= runs->next_scan && scan(runs))
        listener(context, RUNS_CHANGED, "{}", 2);
    for (int i = 0; i < runs->count; i++) {
        update_run(runs->list[i], i, listener, context);
        more |= runs->list[i]->is_behind;
    }
    return more;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Seconds since the run wrote its last row; a large number if it has none. */
static double age_of(const struct watched_run *run) {
    char path[PATH_SIZE];
    struct stat found;
    struct error error;
    struct timespec now;
    if (path_join(path, run->folder, "progress.csv", &error) != STATUS_OK ||
        stat(path, &found) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)
        return 1e9;
    return (double)(now.tv_sec - found.st_mtim.tv_sec) +
           1e-9 * (double)(now.tv_nsec - found.st_mtim.tv_nsec);
}

/* Older runs do not say it; the file of their options is as old as they are. */
static double started_of(const struct watched_run *run) {
    const double started = run->config ? config_started(run->config) : NAN;
    return isnan(started) && run->config ? (double)run->config_time.tv_sec : started;
}

static void print_indifferent(const struct option *options, FILE *out) {
    bool is_first = true;
    for (const struct option *option = options; option->name; option++) {
        if (!config_is_indifferent(option))
            continue;
        fprintf(out, "%s\"%s\"", is_first ? "" : ",", option->name);
        is_first = false;
    }
}

void runs_list_json(const struct runs *runs, FILE *out) {
    fputs("{\"runs\":[", out);
    for (int i = 0; i < runs->count; i++) {
        const struct watched_run *run = runs->list[i];
        struct json *json = json_new_object();
        json_set_text(json, "name", run->name);
        json_set_real(json, "age", age_of(run));
        json_set_real(json, "started", started_of(run));
        fprintf(out, "%s{\"id\":%d,\"about\":", i > 0 ? "," : "", i);
        json_print(json, out);
        fputs(",\"config\":", out);
        if (run->shown)
            json_print(run->shown, out);
        else
            fputs("null", out);
        fputc('}', out);
        json_free(json);
    }
    fputs("],\"indifferent\":[", out);
    print_indifferent(runs->options, out);
    fputs("]}", out);
}

void runs_curves_json(const struct runs *runs, int id, FILE *out) {
    const struct watched_run *run = runs->list[id];
    fprintf(out, "{\"id\":%d,\"behind\":%s,\"columns\":[", id, run->is_behind ? "true" : "false");
    for (int i = 0; i < run->progress.width; i++)
        fprintf(out, "%s\"%s\"", i > 0 ? "," : "", run->progress_columns[i]);
    fputs("],\"rows\":", out);
    print_series(out, &run->progress);
    fprintf(out, ",\"rows_each\":%lld,\"games\":", (long long)run->progress.stride);
    print_series(out, &run->games);
    fprintf(out, ",\"games_each\":%lld,\"best\":", (long long)run->games.stride);
    print_number(out, run->best_score);
    fputc('}', out);
}
