#include "plot/source.h"
#include "plot/table.h"
#include "store/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const x_columns[] = {
    [PLOT_STEPS] = "steps",
    [PLOT_EMULATOR_FRAMES] = "emulator_frames",
    [PLOT_SECONDS] = "seconds",
};

/* Time, or emulator frames, as a function of a run's steps. */
struct clock {
    size_t count;
    double *steps;  /* (count), ascending */
    double *x;      /* (count), ascending */
    double start;   /* steps at which x was 0 */
    bool restarted; /* the run went on from earlier weights */
};

static enum status out_of_memory(const char *path, struct error *error) {
    error_set(error, STATUS_FAILED, "out of memory reading '%s'", path);
    return STATUS_FAILED;
}

/* The error for a file that lacks needed data. */
static enum status has_no(const char *path, const char *what, struct error *error) {
    error_set(error, STATUS_BAD_INPUT, "'%s' has no %s", path, what);
    return STATUS_BAD_INPUT;
}

static int compare_samples(const void *a, const void *b) {
    const double left = ((const struct sample *)a)->x;
    const double right = ((const struct sample *)b)->x;
    return (left > right) - (left < right);
}

/* ---- progress.csv ---------------------------------------------------------------------------- */

/*
 * Reads progress.csv. If the run was resumed from earlier weights, drops the rows beyond those
 * weights, and continues x, which restarts there. rows[i] is the row of (steps[i], x[i]).
 */
static enum status read_clock(const struct table *table, enum plot_x kind, struct clock *clock,
                              size_t *rows, struct error *error) {
    int steps_column;
    int x_column;
    enum status status = table_need(table, "steps", &steps_column, error);
    if (status == STATUS_OK)
        status = table_need(table, x_columns[kind], &x_column, error);
    if (status != STATUS_OK)
        return status;
    double offset = 0;
    double last_steps = -INFINITY;
    double last_x = -INFINITY;
    for (size_t i = 0; i < table->row_count; i++) {
        const double steps = table_cell(table, i, steps_column);
        const double x = table_cell(table, i, x_column);
        if (isnan(steps) || isnan(x))
            continue;
        if (steps < last_steps || x < last_x) {
            clock->restarted = true;
            while (clock->count > 0 && clock->steps[clock->count - 1] > steps)
                clock->count--;
            if (kind != PLOT_STEPS && x < last_x)
                offset = clock->count > 0 ? clock->x[clock->count - 1] : 0;
        }
        last_steps = steps;
        last_x = x;
        rows[clock->count] = i;
        clock->steps[clock->count] = steps;
        clock->x[clock->count++] = x + offset;
    }
    return STATUS_OK;
}

/* The steps at x = 0, from the speed in the first row: a run may have begun with earlier
 * weights. */
static double find_start(const struct table *table, const struct clock *clock, size_t first_row) {
    const int seconds = table_find(table, "seconds");
    const int speed = table_find(table, "steps_per_second");
    if (seconds < 0 || speed < 0)
        return 0;
    const double rate = table_cell(table, first_row, speed); /* empty: nothing was learned yet */
    const double played = isnan(rate) ? 0 : table_cell(table, first_row, seconds) * rate;
    return isfinite(played) && played < clock->steps[0] ? clock->steps[0] - played : 0;
}

static void clock_free(struct clock *clock) {
    free(clock->steps);
    free(clock->x);
}

/* On success the caller frees *rows (if rows is not NULL) and calls clock_free. */
static enum status clock_read(const struct table *table, enum plot_x kind, struct clock *clock,
                              size_t **rows, struct error *error) {
    size_t *found = calloc(table->row_count + 1, sizeof *found);
    *clock = (struct clock){
        .steps = malloc((table->row_count + 1) * sizeof *clock->steps),
        .x = malloc((table->row_count + 1) * sizeof *clock->x),
    };
    enum status status = found && clock->steps && clock->x
                             ? read_clock(table, kind, clock, found, error)
                             : out_of_memory(table->path, error);
    if (status == STATUS_OK && clock->count == 0)
        status = has_no(table->path, "rows yet", error);
    if (status == STATUS_OK)
        clock->start = find_start(table, clock, found[0]);
    if (status == STATUS_OK && rows) {
        *rows = found;
        return STATUS_OK;
    }
    free(found);
    if (status != STATUS_OK)
        clock_free(clock);
    return status;
}

/* x at that number of steps, interpolated linearly between two rows. */
static double clock_at(const struct clock *clock, double steps) {
    size_t low = 0;
    size_t high = clock->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (clock->steps[middle] < steps)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == clock->count)
        return clock->x[clock->count - 1];
    const double f0 = low > 0 ? clock->steps[low - 1] : clock->start;
    const double x0 = low > 0 ? clock->x[low - 1] : 0;
    const double part = steps > f0 ? (steps - f0) / (clock->steps[low] - f0) : 0;
    return x0 + part * (clock->x[low] - x0);
}

/* ---- Samples --------------------------------------------------------------------------------- */

static void add_sample(struct plot_source *source, double x, double y) {
    if (!isnan(x) && !isnan(y))
        source->samples[source->count++] = (struct sample){x, y};
}

static enum status make_room(struct plot_source *source, size_t rows, struct error *error) {
    source->samples = calloc(rows + 1, sizeof *source->samples);
    return source->samples ? STATUS_OK : out_of_memory(source->path, error);
}

/*
 * The games of episodes.csv, at the steps at which they ended. Rows are in order of time, except
 * for a moment's disorder between actors. Seconds restart if a run was resumed from earlier
 * weights.
 */
static enum status take_games(struct plot_source *source, const struct table *table, bool restarted,
                              struct error *error) {
    int steps;
    int score;
    enum status status = table_need(table, "steps", &steps, error);
    if (status == STATUS_OK)
        status = table_need(table, "score", &score, error);
    if (status == STATUS_OK)
        status = make_room(source, table->row_count, error);
    if (status != STATUS_OK)
        return status;
    const int seconds = restarted ? table_find(table, "seconds") : -1;
    double latest = -INFINITY;
    for (size_t i = 0; i < table->row_count; i++) {
        const double x = table_cell(table, i, steps);
        const double now = seconds >= 0 ? table_cell(table, i, seconds) : NAN;
        if (now < latest - 1) {
            latest = now;
            size_t kept = 0;
            for (size_t j = 0; j < source->count; j++)
                if (source->samples[j].x <= x)
                    source->samples[kept++] = source->samples[j];
            source->count = kept;
        }
        latest = fmax(latest, now);
        add_sample(source, x, table_cell(table, i, score));
    }
    return STATUS_OK;
}

/* Reads a table of the source, and records damage. */
static enum status read_table(struct plot_source *source, struct table *table, const char *path,
                              bool growing, struct error *error) {
    const enum status status = table_read(table, path, growing, error);
    if (status != STATUS_OK || (!table->damaged_line && !table->unfinished_line))
        return status;
    struct error *warning = &source->warnings[source->warnings[0].message[0] != '\0'];
    if (table->damaged_line)
        error_set(warning, STATUS_BAD_INPUT, "'%s' is damaged from line %d on, which is left out",
                  path, table->damaged_line);
    else
        error_set(warning, STATUS_BAD_INPUT, "'%s' ends within line %d, which is left out", path,
                  table->unfinished_line);
    printable(warning->message);
    return status;
}

static enum status read_part(struct plot_source *source, struct table *table, const char *name,
                             struct error *error) {
    char path[PATH_SIZE];
    const enum status status = path_join(path, source->path, name, error);
    return status == STATUS_OK ? read_table(source, table, path, true, error) : status;
}

static enum status read_games(struct plot_source *source, enum plot_x kind, struct error *error) {
    struct table progress;
    struct table episodes;
    struct clock clock;
    enum status status = read_part(source, &progress, "progress.csv", error);
    if (status != STATUS_OK)
        return status;
    status = clock_read(&progress, kind, &clock, NULL, error);
    table_free(&progress);
    if (status != STATUS_OK)
        return status;
    status = read_part(source, &episodes, "episodes.csv", error);
    if (status == STATUS_OK) {
        status = take_games(source, &episodes, clock.restarted, error);
        table_free(&episodes);
    }
    if (status == STATUS_OK && source->count == 0)
        status = has_no(source->path, "game that has ended", error);
    if (status == STATUS_OK && kind != PLOT_STEPS)
        for (size_t i = 0; i < source->count; i++)
            source->samples[i].x = clock_at(&clock, source->samples[i].x);
    clock_free(&clock);
    return status;
}

static enum status read_progress(struct plot_source *source, enum plot_x kind, const char *y,
                                 struct error *error) {
    struct table table;
    struct clock clock;
    size_t *rows = NULL;
    int column;
    enum status status = read_part(source, &table, "progress.csv", error);
    if (status != STATUS_OK)
        return status;
    status = table_need(&table, y, &column, error);
    if (status == STATUS_OK)
        status = make_room(source, table.row_count, error);
    if (status == STATUS_OK)
        status = clock_read(&table, kind, &clock, &rows, error);
    if (status == STATUS_OK) {
        for (size_t i = 0; i < clock.count; i++)
            add_sample(source, clock.x[i], table_cell(&table, rows[i], column));
        clock_free(&clock);
        free(rows);
        if (source->count == 0)
            status = has_no(table.path, "row with a value of that column", error);
    }
    table_free(&table);
    return status;
}

static enum status read_run(struct plot_source *source, enum plot_x kind, const char *y,
                            struct error *error) {
    char path[PATH_SIZE];
    enum status status = path_join(path, source->path, "config.json", error);
    if (status != STATUS_OK)
        return status;
    if (path_is_hidden(path, error))
        return STATUS_BAD_INPUT;
    if (!path_is_file(path))
        return has_no(source->path, "config.json: there is no run in it", error);
    status = json_load(path, &source->config, error);
    if (status != STATUS_OK)
        return status;
    return strcmp(y, "score") == 0 ? read_games(source, kind, error)
                                   : read_progress(source, kind, y, error);
}

/* A file has games (score), means of games (score_mean_100), or the requested column. */
static enum status read_file(struct plot_source *source, enum plot_x kind, const char *y,
                             struct error *error) {
    struct table table;
    int x_column;
    int y_column;
    enum status status = read_table(source, &table, source->path, false, error);
    if (status != STATUS_OK)
        return status;
    status = table_need(&table, x_columns[kind], &x_column, error);
    const bool means = strcmp(y, "score") == 0 && table_find(&table, "score") < 0 &&
                       table_find(&table, "score_mean_100") >= 0;
    if (status == STATUS_OK)
        status = table_need(&table, means ? "score_mean_100" : y, &y_column, error);
    if (status == STATUS_OK)
        status = make_room(source, table.row_count, error);
    if (status == STATUS_OK) {
        source->points = means;
        for (size_t i = 0; i < table.row_count; i++)
            add_sample(source, table_cell(&table, i, x_column), table_cell(&table, i, y_column));
        if (source->count == 0)
            status = has_no(source->path, "rows", error);
    }
    table_free(&table);
    return status;
}

/* Checks for numbers that a chart can draw. Samples are in order of x. */
static enum status check_range(const struct plot_source *source, struct error *error) {
    const double max_x = 1e15; /* the limit of --total_steps, too */
    const double max_y = 1e30;
    bool fits = source->samples[0].x >= 0 && source->samples[source->count - 1].x <= max_x;
    for (size_t i = 0; i < source->count; i++)
        fits = fits && fabs(source->samples[i].y) <= max_y;
    return fits ? STATUS_OK
                : error_set(
                      error, STATUS_BAD_INPUT,
                      "'%s' has impossible steps, seconds or values: below 0, or far too large",
                      source->path);
}

enum status source_read(const char *path, enum plot_x x, const char *y, struct plot_source **source,
                        struct error *error) {
    struct plot_source *made = calloc(1, sizeof *made);
    if (!made)
        return out_of_memory(path, error);
    snprintf(made->path, sizeof made->path, "%s", path);
    enum status status = STATUS_BAD_INPUT;
    if (path_is_folder(path))
        status = read_run(made, x, y, error);
    else if (path_is_file(path))
        status = read_file(made, x, y, error);
    else if (!path_is_hidden(path, error))
        error_set(error, status, "there is no run or file '%s'", path);
    if (status == STATUS_OK) {
        qsort(made->samples, made->count, sizeof *made->samples, compare_samples);
        status = check_range(made, error);
    }
    if (status == STATUS_OK)
        *source = made;
    else
        source_free(made);
    return status;
}

void source_free(struct plot_source *source) {
    if (!source)
        return;
    json_free(source->config);
    free(source->samples);
    free(source);
}

/* ---- Options --------------------------------------------------------------------------------- */

/* Keys of config.json that do not change how a run learns, except by chance. A unit test compares
 * them with the flags of the options, whose tables are in rooms above this one. */
static bool is_indifferent(const char *name) {
    static const char *const names[] = {
        "about",       "atari_core",  "bind",          "clips",           "config",
        "data_dir",    "env_timeout", "eval_episodes", "envs_per_python", "eval_freq",
        "http",        "json",        "keep",          "learner_threads", "learners",
        "max_frames",  "pin",         "plain",         "resume",          "run_dir",
        "save_freq",   "seed",        "start_timeout", "stop_flag_rate",  "stop_score",
        "stop_steps",  "stop_time",   "tensorboard",   "th_comp_fix",     "token",
        "total_steps",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

const char *source_next_option(const struct plot_source *source, const char *name) {
    if (!source->config)
        return NULL;
    name = name ? json_next_key(source->config, name) : json_first_key(source->config);
    while (name && is_indifferent(name))
        name = json_next_key(source->config, name);
    return name;
}

bool source_option(const struct plot_source *source, const char *name, char *out, size_t size) {
    bool truth;
    double number;
    if (!source->config)
        return false;
    if (json_get_text(source->config, name, out, size)) {
        if (strcmp(name, "observation") == 0 && strcmp(out, "seed") == 0)
            snprintf(out, size, "classic"); /* an older name */
        return true;
    }
    if (json_get_real(source->config, name, &number))
        snprintf(out, size, "%.15g", number);
    else if (json_get_bool(source->config, name, &truth))
        snprintf(out, size, "%s", truth ? "true" : "false");
    else
        return false;
    return true;
}

bool source_alike(const struct plot_source *a, const struct plot_source *b) {
    if (!a->config || !b->config)
        return false;
    for (const char *name = source_next_option(a, NULL); name; name = source_next_option(a, name)) {
        char left[OPTION_TEXT_SIZE];
        char right[OPTION_TEXT_SIZE];
        if (source_option(a, name, left, sizeof left) &&
            source_option(b, name, right, sizeof right) && strcmp(left, right) != 0)
            return false;
    }
    return true;
}
