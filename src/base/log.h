/*
 * Log lines: time, role and message. Each line is one write, so that lines of several processes do
 * not mix.
 *
 *     12:03:44 learn   published version 12
 */
#ifndef ASYNCRL_BASE_LOG_H
#define ASYNCRL_BASE_LOG_H

#include <stdbool.h>

/* Writes one line to stderr. role is a short word such as "super", "act-03" or "learn". Any
 * process. */
void log_line(const char *role, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether stderr is a terminal whose lines can be redrawn. */
bool log_has_terminal(void);

#endif
