/*
 * The dashboard as text: from numbers to the lines of a screen. A pure function; display.c gathers
 * the numbers and shows the lines. Inside of the report room.
 */
#ifndef ASYNCRL_REPORT_DASHBOARD_H
#define ASYNCRL_REPORT_DASHBOARD_H

#include "report/report.h"
#include "report/text.h"

/* Smaller terminals have only the status line. */
enum { DASHBOARD_COLUMNS = 40, DASHBOARD_ROWS = 11, DASHBOARD_MAX_ROWS = 100 };

/* One actor's line. */
struct dashboard_actor {
    int pid;               /* 0: it does not run */
    double silent_seconds; /* since its last sign of life */
    int64_t games;
    double last, best; /* scores; NaN before the first game */
    double emulator_frames_per_second;
    double behind; /* age of its weights, in steps */
};

struct dashboard {
    struct status_numbers status;
    const char *run_dir;
    int64_t total_steps; /* 0: no end is planned */
    double seconds;      /* since the run's start */
    double best_score;   /* of any game; NaN before the first */
    double expected;     /* the mean score that a healthy run has by now; NaN: unknown */
    double learner_busy; /* share of its time that the learner does not wait for experience */
    double lag_scale;    /* weights_lag at which its bar is full */
    const struct history *histories; /* (METRIC_COUNT): of status.values over the run */
    const struct dashboard_actor *actors;
    int actor_count;
    const char *messages; /* the newest lines of the log, each with a newline, the newest last */
};

struct page {
    int columns;
    int rows;
    struct line lines[DASHBOARD_MAX_ROWS];       /* (rows) */
    struct line scratch[2 * DASHBOARD_MAX_ROWS]; /* parts to be put side by side */
};

/*
 * Draws a page of the given columns and rows (from DASHBOARD_COLUMNS by DASHBOARD_ROWS up to
 * MAX_COLUMNS by DASHBOARD_MAX_ROWS; more stay empty).
 */
void dashboard_draw(struct page *page, const struct style *style, int columns, int rows,
                    const struct dashboard *dashboard);

#endif
