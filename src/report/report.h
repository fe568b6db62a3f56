/*
 * What a run tells of itself: numbers in shared memory, a status line, two CSV files.
 *
 * The learner and the actors write struct metrics; each number has one writer, and writing one is a
 * plain store. The reporter process reads them a few times a second, so it is never in anybody's
 * way.
 *
 *     actor:    episode_log_push(&metrics->actors[i].episodes, &episode)
 *     reporter: reporter_open, reporter_tick about ten times a second, reporter_close
 */
#ifndef ASYNCRL_REPORT_REPORT_H
#define ASYNCRL_REPORT_REPORT_H

#include "base/base.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One finished game of an actor. */
struct episode_record {
    double seconds; /* since the run's start */
    int64_t frames; /* agent frames that the learner had trained on when it ended */
    int32_t actor;
    int32_t environment;
    double score;   /* sum of raw rewards */
    int64_t length; /* agent frames */
    double epsilon; /* chance of a random action; negative: the method has none */
};

enum { EPISODE_LOG_SIZE = 1024 };

/* A ring with one writer and one reader; when it is full, records are counted as lost. */
struct episode_log {
    _Atomic uint32_t written;
    _Atomic uint32_t read;
    _Atomic uint64_t lost;
    struct episode_record records[EPISODE_LOG_SIZE];
};

/* Writer. */
void episode_log_push(struct episode_log *log, const struct episode_record *record);

/* Reader: the oldest record, false when there is none. */
bool episode_log_pop(struct episode_log *log, struct episode_record *record);

/* Written by one actor. */
struct actor_metrics {
    _Atomic int64_t emulator_frames; /* emulator frames played */
    _Atomic uint64_t weights_version;
    _Atomic double heartbeat; /* clock_seconds when last seen at work */
    struct episode_log episodes;
};

/* Written by the learner: running sums over all transitions trained on, from which the reporter
 * takes means. */
struct learner_metrics {
    _Atomic int64_t frames;      /* agent frames trained on, those before --checkpoint=N included */
    _Atomic int64_t transitions; /* agent frames trained on in this run */
    _Atomic double policy_loss;
    _Atomic double value_loss;
    _Atomic double entropy; /* nats */
    _Atomic double value;   /* what the network says the states are worth */
    _Atomic double learning_rate;
    _Atomic double idle_seconds; /* spent waiting for experience */
};

struct metrics {
    double start; /* clock_seconds at the run's start */
    int actor_count;
    int queue_capacity;          /* segments that all rings hold together */
    _Atomic int32_t queue_count; /* segments in the rings, as the learner last saw */
    struct learner_metrics learner;
    struct actor_metrics actors[]; /* (actor_count) */
};

size_t metrics_bytes(int actor_count);

struct reporter_request {
    struct metrics *metrics;
    const char *run_dir;
    const char *label;  /* method and game, for the status line */
    int64_t max_frames; /* 0: no end is planned */
    bool append;        /* go on in the CSV files that are there */
};

struct reporter;

/* Opens progress.csv and episodes.csv in the run directory. */
enum status reporter_open(const struct reporter_request *request, struct reporter **reporter,
                          struct error *error);

/*
 * Writes new episodes, once a second a row of progress, and the status: a line that is drawn anew
 * on a terminal, else a line of its own every ten seconds. Fails, with the reason, when a file
 * cannot be written.
 */
enum status reporter_tick(struct reporter *reporter, struct error *error);

/* Last rows, then closes. */
enum status reporter_close(struct reporter *reporter, struct error *error);

/* What a status line shows; means are of the last second or so. */
struct status_numbers {
    const char *label;
    int64_t frames;
    double frames_per_second;
    double emulator_frames_per_second;
    int64_t episodes;
    double score_mean; /* of the last 100 episodes; not a number before the first */
    double policy_loss, value_loss, entropy, value;
    double queue_fill;   /* 0..1 */
    double weights_lag;  /* agent frames by which the actors' weights are behind */
    double seconds_left; /* negative: unknown */
};

/*
 * The status in at most width columns, without a newline: what matters most stands first, and what
 * does not fit is left out. out: width + 1 characters.
 */
void status_format(char *out, int width, const struct status_numbers *numbers);

#endif
