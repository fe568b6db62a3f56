#include "games/patience.h"
#include "base/base.h"

#include <math.h>
#include <poll.h>

static const double LOOK_SECONDS = 0.5; /* between two looks */

struct patience patience_with(pid_t pid, double limit) {
    return (struct patience){.pid = pid, .limit = limit, .ready = -1};
}

/* Takes off the time that the process waited for a processor. */
static double blamed_seconds(struct patience *patience) {
    const double ready = process_ready_seconds(patience->pid);
    if (patience->ready < 0) /* not asked at the start, so that quick answers do not pay for it */
        patience->ready = ready;
    return patience->waited - (ready - patience->ready);
}

enum patience_end patience_wait(struct patience *patience, int descriptor) {
    const double start = clock_seconds();
    const double wanted = fmin(LOOK_SECONDS, fmax(patience->limit - patience->silent, 0.01));
    struct pollfd readable = {.fd = descriptor, .events = POLLIN};
    if (poll(&readable, 1, 1 + (int)(wanted * 1000)) > 0)
        return PATIENCE_ANSWERED;
    /* A look takes longer when this process was stopped. */
    patience->waited += fmin(clock_seconds() - start, wanted + 0.1);
    patience->silent = blamed_seconds(patience);
    return patience->silent < patience->limit ? PATIENCE_LASTS : PATIENCE_OVER;
}
