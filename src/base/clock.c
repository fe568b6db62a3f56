#include "base/clock.h"

#include <errno.h>
#include <sys/resource.h>
#include <time.h>

static double read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double clock_seconds(void) {
    return read_clock(CLOCK_MONOTONIC);
}

double clock_processor_seconds(void) {
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static double seconds_of(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

double clock_processor_seconds_with_children(void) {
    struct rusage children;
    getrusage(RUSAGE_CHILDREN, &children);
    return clock_processor_seconds() + seconds_of(children.ru_utime) +
           seconds_of(children.ru_stime);
}

void clock_sleep(double seconds) {
    struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&left, &left) == -1 && errno == EINTR)
        ;
}

void clock_stamp(char *out, size_t size) {
    const time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(out, size, "%Y%m%d-%H%M%S", &local);
}
