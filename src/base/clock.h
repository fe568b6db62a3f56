/* A monotonic clock, and the date for file names. Any thread. */
#ifndef ASYNCRL_BASE_CLOCK_H
#define ASYNCRL_BASE_CLOCK_H

#include <stddef.h>

/* Seconds on CLOCK_MONOTONIC: the same clock in every process of the machine. */
double clock_seconds(void);

/* Seconds of processor time that this process has used: a system call, so about half
 * a microsecond. */
double clock_processor_seconds(void);

/* The same with that of its children that have ended and been waited for. */
double clock_processor_seconds_with_children(void);

void clock_sleep(double seconds);

/* Writes the local date and time as YYYYMMDD-HHMMSS. */
void clock_stamp(char *out, size_t size);

#endif
