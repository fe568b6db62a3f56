/*
 * The status on stderr: a dashboard on a terminal, a status line on a small terminal, otherwise a
 * plain line every ten seconds. Inside of the report room.
 */
#ifndef ASYNCRL_REPORT_DISPLAY_H
#define ASYNCRL_REPORT_DISPLAY_H

#include "report/report.h"

struct display;

/* NULL: out of memory. Copies request, but not the data that it points to. */
struct display *display_open(const struct reporter_request *request);

/* Takes the numbers of a new row of progress. seconds: since the run's start, here and below. */
void display_take(struct display *display, const struct status_numbers *numbers, double seconds);

/* Shows the status when it is time to; call it about ten times a second. */
void display_tick(struct display *display, double seconds);

void display_close(struct display *display);

#endif
