/*
 * The runs that are watched: which there are, their options, and their curves as far as they go.
 *
 * A run is a folder with a progress.csv or a config.json. Inside of the watch room. One thread.
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
    const char *root;    /* of runs->folders, in which it was found; nothing outside is read */
    char name[256];      /* the folder's own, for people */
    struct json *config; /* config.json; NULL: none that can be read */
    struct json *shown;  /* what of it is for readers; NULL: nothing */
    struct timespec config_time;
    const char *progress_columns[METRIC_COUNT];
    enum series_merge progress_merge[METRIC_COUNT];
    struct tail progress_tail;
    struct tail games_tail;
    struct series progress; /* progress_columns; seconds go on where the run was taken up again */
    struct series games;    /* steps, score, length;  a sample, evenly thinned */
    double seconds_before;  /* of the earlier runs in this progress.csv */
    double last_seconds;    /* of the newest row; NAN: none */
    double best_score;      /* of all games; NAN: none */
    int64_t game_count;
    bool is_behind;   /* there is more in the files than was read so far */
    FILE *fresh_rows; /* the new rows of this update as JSON, for readers who know the rest */
    FILE *fresh_games;
    int fresh_row_count;
    int fresh_game_count;
};

struct runs {
    const char *const *folders; /* (folder_count): runs, or folders of runs; the caller's */
    int folder_count;
    const struct option *options;       /* that are shown, see config_shown; the caller's */
    struct watched_run *list[RUNS_MAX]; /* a run's place is its id, and never changes */
    int count;
    double next_scan; /* clock_seconds */
};

/* What an update found, told run by run; text is one line of JSON of size bytes, the caller's for
 * the call. */
enum runs_event {
    RUNS_CHANGED, /* the list of runs, or the options of one: see runs_list_json */
    RUNS_ANEW,    /* a run's curves are others than were told: see runs_curves_json */
    RUNS_ROWS     /* they went on */
};
typedef void runs_listener(void *context, enum runs_event event, const char *text, size_t size);

/* Finds the runs and reads what they have so far, a part at a time: runs_update goes on. What
 * links lead to outside of a folder does not count. */
void runs_open(struct runs *runs, const char *const *folders, int folder_count,
               const struct option *options);

/* Looks for what is new; true when there is more than it took, so that it is to be called again
 * soon. */
bool runs_update(struct runs *runs, runs_listener *listener, void *context);

/* Writes all runs with their options, or a run's curves, as one line of JSON. */
void runs_list_json(const struct runs *runs, FILE *out);
void runs_curves_json(const struct runs *runs, int id, FILE *out);

void runs_close(struct runs *runs);

#endif
