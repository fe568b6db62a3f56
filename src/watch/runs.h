/*
 * The watched runs: their names, options and curves so far. A run is a folder with a progress.csv
 * or a config.json. Private to the watch room. One thread.
 */
#ifndef ASYNCRL_WATCH_RUNS_H
#define ASYNCRL_WATCH_RUNS_H

#include "base/base.h"
#include "metric/metric.h"
#include "watch/series.h"
#include "watch/tail.h"

#include <stdio.h>
#include <time.h>

enum { RUNS_MAX = 128 };

struct watched_run {
    char folder[PATH_SIZE];
    const char *root;    /* the one of runs->folders that holds it; nothing outside is read */
    char name[256];      /* the folder's name, for display */
    struct json *config; /* config.json; NULL: none, or unreadable */
    struct json *shown;  /* its options that readers may see; NULL: none */
    struct timespec config_time;
    const char *progress_columns[METRIC_COUNT];
    enum series_merge progress_merge[METRIC_COUNT];
    struct tail progress_tail;
    struct tail games_tail;
    struct series progress; /* progress_columns; seconds continue after a resume */
    struct series games;    /* steps, score, length;  a sample, evenly thinned */
    double seconds_before;  /* of the earlier runs in this progress.csv */
    double last_seconds;    /* of the newest row; NAN: none */
    double best_score;      /* of all games; NAN: none */
    int64_t game_count;
    bool is_behind;   /* the files have unread rows */
    FILE *fresh_rows; /* the new rows of this update as JSON, for readers who know the rest */
    FILE *fresh_games;
    int fresh_row_count;
    int fresh_game_count;
};

struct runs {
    const char *const *folders; /* (folder_count): runs, or folders of runs; owned by the caller */
    int folder_count;
    const struct option *options; /* shown to readers, see config_shown; owned by the caller */
    struct watched_run *list[RUNS_MAX]; /* a run's index is its id and never changes */
    int count;
    double next_scan; /* clock_seconds */
};

/* The changes of an update, one call per run; text is one line of JSON of size bytes, valid during
 * the call. */
enum runs_event {
    RUNS_CHANGED, /* the list of runs, or the options of one: see runs_list_json */
    RUNS_ANEW,    /* a run's curves must be fetched again: see runs_curves_json */
    RUNS_ROWS     /* curves have new rows */
};
typedef void runs_listener(void *context, enum runs_event event, const char *text, size_t size);

/* Finds the runs and reads the first part of their files; runs_update reads on. Links that lead out
 * of a folder are ignored. */
void runs_open(struct runs *runs, const char *const *folders, int folder_count,
               const struct option *options);

/* Reads new data; true: there is more, so call it again soon. */
bool runs_update(struct runs *runs, runs_listener *listener, void *context);

/* Writes all runs with their options, and the names of those options that are indifferent (see
 * config.h), or a run's curves, as one line of JSON. */
void runs_list_json(const struct runs *runs, FILE *out);
void runs_curves_json(const struct runs *runs, int id, FILE *out);

void runs_close(struct runs *runs);

#endif
