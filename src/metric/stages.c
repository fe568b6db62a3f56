#include "metric/metric.h"

#include <unistd.h>

static struct stage_times read_clocks(const struct stage_timer *timer) {
    return (struct stage_times){
        .wall = clock_seconds(),
        .processor = timer->clock(),
        .ready = process_ready_seconds(getpid()),
    };
}

void stage_timer_start(struct stage_timer *timer, double (*clock)(void)) {
    *timer = (struct stage_timer){.clock = clock};
    timer->start = read_clocks(timer);
}

void stage_timer_switch(struct stage_timer *timer, enum stage stage) {
    const double now = timer->clock();
    timer->sampled[timer->stage] += now - timer->entered;
    timer->stage = stage;
    timer->entered = now;
}

/* The measured one of SAMPLED_TURNS turns: not the first, which touches all memory for the first
 * time and makes kernels. */
enum { SAMPLED_TURN = SAMPLED_TURNS / 2 };

void stage_timer_turn(struct stage_timer *timer) {
    const bool samples = timer->turns++ % SAMPLED_TURNS == SAMPLED_TURN;
    if (timer->samples)
        stage_timer_switch(timer, STAGE_OTHER);
    else if (samples)
        timer->entered = timer->clock();
    timer->samples = samples;
    timer->stage = STAGE_OTHER;
}

/*
 * Scales the sampled turns to all turns. The rest is other, which includes long and rare work, such
 * as a checkpoint, that sampling would lose or magnify.
 */
static void share_out(const struct stage_timer *timer, struct stage_times *passed) {
    const uint64_t sampled = (timer->turns + SAMPLED_TURNS - 1 - SAMPLED_TURN) / SAMPLED_TURNS;
    const double weight = sampled > 0 ? (double)timer->turns / (double)sampled : 0;
    double named = 0;
    for (int i = STAGE_OTHER + 1; i < STAGE_COUNT; i++)
        named += weight * timer->sampled[i];
    const double scale = named > passed->processor ? passed->processor / named : 1;
    for (int i = STAGE_OTHER + 1; i < STAGE_COUNT; i++)
        passed->stages[i] = scale * weight * timer->sampled[i];
    passed->stages[STAGE_OTHER] = passed->processor - scale * named;
}

void stage_timer_stop(struct stage_timer *timer, struct stage_times *times) {
    const struct stage_times now = read_clocks(timer);
    struct stage_times passed = {
        .wall = now.wall - timer->start.wall,
        .processor = now.processor - timer->start.processor,
        .ready = now.ready - timer->start.ready,
    };
    stage_enter(timer, STAGE_OTHER);
    share_out(timer, &passed);
    stage_times_add(times, &passed);
}

void stage_times_add(struct stage_times *sum, const struct stage_times *times) {
    sum->wall += times->wall;
    sum->processor += times->processor;
    sum->ready += times->ready;
    for (int i = 0; i < STAGE_COUNT; i++)
        sum->stages[i] += times->stages[i];
}
