/*
 * A run's reports: numbers in shared memory, a dashboard, two CSV files.
 *
 * The learner and the actors write struct metrics; each number has one writer, and writing one is a
 * plain store. The reporter process reads them a few times per second, so it never blocks others.
 *
 *     learner:  report_resume, if a run continues the CSV files of an earlier one
 *     actor:    episode_log_push(&metrics->actors[i].episodes, &episode)
 *     reporter: reporter_open, reporter_tick about ten times a second, reporter_close
 */
#ifndef ASYNCRL_REPORT_REPORT_H
#define ASYNCRL_REPORT_REPORT_H

#include "base/base.h"
#include "metric/metric.h"
#include "report/event_file.h"
#include "report/screen.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One finished game of an actor. */
struct episode_record {
    double seconds; /* since the run's start */
    int64_t steps;  /* steps that the learner had trained on when it ended */
    int32_t actor;
    int32_t environment;
    double score;   /* sum of raw rewards */
    int64_t length; /* steps */
    double epsilon; /* chance of a random action; negative: the method has none */
    int32_t flag;   /* whether it ended at its goal; negative: the game has none */
};

enum { EPISODE_LOG_SIZE = 1024, SCORE_WINDOW = 100 };

/* A ring with one writer and one reader. If it is full, the writer waits for the reader; if the
 * reader cannot write at the moment, records are counted as lost instead. */
struct episode_log {
    _Atomic uint64_t written; /* records pushed in this run, without lost ones */
    _Atomic uint64_t read;
    _Atomic uint64_t lost;
    _Atomic int32_t stuck;       /* the reader has no room for the rows on its disk */
    _Atomic int64_t rows_before; /* see episode_log_rows */
    struct episode_record records[EPISODE_LOG_SIZE];
};

/* Writer. False: the log is full, and the record is not in it. */
bool episode_log_push(struct episode_log *log, const struct episode_record *record);

/* Reader: the oldest record, false when there is none. */
bool episode_log_pop(struct episode_log *log, struct episode_record *record);

/*
 * The writer's rows in episodes.csv, including those that the reader has yet to write; a checkpoint
 * keeps this number in struct reporter_cut. Exact while the writer rests. It is the sum of written
 * and rows_before (written by report_resume; the reporter subtracts the rows that it failed to
 * write), so it stays right if the writer is killed. Any process.
 */
int64_t episode_log_rows(const struct episode_log *log);

/* ---- Metrics --------------------------------------------------------------------------------- */

/* The games of an actor, including those of its predecessors and of the run that was resumed.
 * Written by the reporter. */
struct actor_games {
    int64_t count;
    double last, best; /* scores */
};

/* Written by one actor, except its log's reading end, its games and its pid. */
struct actor_metrics {
    _Atomic int64_t emulator_frames; /* emulator frames played */
    _Atomic uint64_t weights_version;
    _Atomic double heartbeat; /* clock_seconds of the last sign of life */
    _Atomic double epsilon;   /* chance of a random action; negative: the method has none */
    _Atomic int32_t pid;      /* 0: it does not run; written by the supervisor */
    struct actor_games games;
    struct stage_times times; /* added to at its end, and read after that */
    struct episode_log episodes;
};

/* Written by the learner, but for the sum METRIC_EVAL_MEAN, which is the evaluator's. */
struct learner_metrics {
    _Atomic int64_t steps;       /* steps trained on, those before --checkpoint=N included */
    _Atomic int64_t transitions; /* steps trained on in this run */
    struct metric_sum sums[METRIC_COUNT]; /* sums over batches; metric_add */
    _Atomic double learning_rate;
    _Atomic double idle_seconds; /* spent waiting for experience */
    _Atomic double heartbeat;    /* clock_seconds of the last sign of life */
    _Atomic double patience;     /* seconds that it may be silent after it: more during a write */
    struct stage_times times;    /* written at its end, and read after that */
};

enum { HISTORY_SIZE = 240 };

/* The history of a number over the whole run: means over equally many samples each. */
struct history {
    int count;   /* values */
    int samples; /* a value is the mean of that many (0 stands for 1) */
    int held;    /* the samples so far of the next value, */
    double sum;  /* and their sum */
    double values[HISTORY_SIZE];
};

/* The reporter's memory, kept where its replacement finds it. report_resume writes it, then the
 * reporter. */
struct reporter_memory {
    int64_t episodes;             /* games reported in the whole run */
    int64_t scores_seen;          /* at least as many as are in the window */
    double scores[SCORE_WINDOW];  /* the newest: number i at i % SCORE_WINDOW */
    double lengths[SCORE_WINDOW]; /* steps of those games */
    double flags[SCORE_WINDOW];   /* whether they ended at their goal; negative: unknown */
    struct history histories[METRIC_COUNT]; /* a sample per second, for the dashboard */
};

/* The results of the newest SCORE_WINDOW games; written by the reporter for the learner. */
struct recent_scores {
    _Atomic double mean;
    _Atomic double flag_rate; /* share that ended at their goal; NaN: they have none */
    _Atomic int64_t games;    /* games in the mean, at most SCORE_WINDOW */
};

/* The fields above learner are written before the fork, except queue_count. */
struct metrics {
    double start; /* clock_seconds at the run's start; a resumed run sets it back by its seconds */
    int actor_count;
    int queue_capacity;          /* segments that all rings hold together */
    _Atomic int32_t queue_count; /* segments in the rings, as the learner last saw */
    struct learner_metrics learner;
    struct reporter_memory memory;
    struct recent_scores scores;
    struct screen screen;          /* the terminal, if the run has a dashboard */
    struct actor_metrics actors[]; /* (actor_count) */
};

size_t metrics_bytes(int actor_count);

/* Makes metrics in zeroed memory of metrics_bytes and returns them. No actor has an epsilon yet. */
struct metrics *metrics_init(void *memory, int actor_count);

/* The point up to which the CSV files of a run directory count. */
struct reporter_cut {
    int64_t steps;           /* steps trained on at the cut */
    const int64_t *episodes; /* (actor_count): episode_log_rows then; NULL: nothing is cut */
    double seconds; /* of the run then; rows may come later while a checkpoint is written */
};

/*
 * Continues the CSV files that an earlier run left in run_dir, so that new rows follow theirs. With
 * cut->episodes, removes rows from after the cut: in progress.csv the last ones, with more than
 * cut->steps or cut->seconds; in episodes.csv those of each actor beyond its first
 * cut->episodes[actor]. Those are not the file's last ones, because the reporter reads actors in
 * turn; if rows of an actor are missing because the disk was full, all of its rows up to cut->steps
 * stay. Always removes half rows at the end, which a killed writer or a full disk leaves.
 * episodes.csv is written beside and renamed. Event files lose the records after cut->steps.
 *
 * Sets metrics->memory: the episodes in the file, and the scores of the last ones up to cut->steps;
 * and rows_before of all actors. Call it once, before actors play and the reporter opens.
 *
 * A missing file is started again; one with other columns fails as STATUS_BAD_INPUT and stays
 * unchanged.
 */
enum status report_resume(struct metrics *metrics, const char *run_dir,
                          const struct reporter_cut *cut, struct error *error);

struct reporter_request {
    struct metrics *metrics;
    const char *run_dir;
    const char *label;   /* method and game, for the status line */
    int64_t total_steps; /* 0: no end is planned */
    double lag_scale;    /* about the largest weights_lag to expect */
    bool append;         /* go on in the CSV files: a replaced reporter, or after report_resume */
    bool tensorboard;    /* write an event file, too */
    pid_t root; /* memory and processor time are measured of this process and its descendants; 0:
                   they are not measured */
    const struct event_parameter *parameters; /* the run's settings, for the event file */
    int parameter_count;
    /* The score that a healthy run has after these steps, NaN: unknown; NULL: always. */
    double (*expected)(const void *context, int64_t steps);
    const void *context;
};

struct reporter;

/*
 * Opens progress.csv and episodes.csv in the run directory; the reporter uses the data behind
 * request until it is closed. The caller first restores counters that continue from an earlier run
 * (steps, emulator_frames); otherwise the first row shows their jump as speed.
 */
enum status reporter_open(const struct reporter_request *request, struct reporter **reporter,
                          struct error *error);

/*
 * Writes new episodes, once per second a row of progress, and the status: on the screen, if
 * metrics->screen was opened, otherwise as a line on stderr every ten seconds. Fails when a file
 * cannot be written. Writes a point of TensorBoard's curves every few seconds; a failure of its
 * file is only logged.
 */
enum status reporter_tick(struct reporter *reporter, struct error *error);

/* In place of reporter_tick, when the run has ended and only evaluations may still come: keeps the
 * screen alive and writes no rows. */
void reporter_rest(struct reporter *reporter);

/* Writes what is new since the last rows, then closes. */
enum status reporter_close(struct reporter *reporter, struct error *error);

/* The numbers of the status line and the dashboard; means are of the last second or so. */
struct status_numbers {
    const char *label;
    double values[METRIC_COUNT]; /* NaN: no value just now, or never in this run */
    bool has[METRIC_COUNT];      /* it has a value, or had one in this run */
    double learner_idle;         /* share of its time that the learner waits for experience */
    double seconds_left;         /* negative: unknown */
};

/* Numbers without a value. */
struct status_numbers status_numbers_none(const char *label);

/*
 * The status in at most width columns, without a newline: the most important part comes first, and
 * parts that do not fit are left out. out: width + 1 characters.
 */
void status_format(char *out, int width, const struct status_numbers *numbers);

#endif
