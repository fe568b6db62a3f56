/* How a process spends its time. Include metric/metric.h. */
#ifndef ASYNCRL_METRIC_STAGES_H
#define ASYNCRL_METRIC_STAGES_H

#include <stdbool.h>
#include <stdint.h>

/* The stages of an actor's or the learner's work. Copying, waking and bookkeeping are other. */
enum stage {
    STAGE_OTHER,
    STAGE_ENVIRONMENT,
    STAGE_FORWARD,
    STAGE_BACKWARD,
    STAGE_OPTIMIZER,
    STAGE_COUNT
};

/* Seconds of one process, or the sums of several. For the rest of wall it slept. */
struct stage_times {
    double wall;                /* since the process had begun its work */
    double processor;           /* that it had a processor */
    double ready;               /* that it wanted one while others had them all */
    double stages[STAGE_COUNT]; /* of processor, which is their sum */
};

/*
 * Measures a process's stages by its processor time, since with more processes than processors the
 * wall clock counts the work of others, too. Reading that clock is a system call, so only one turn
 * (an actor's round, a learner's batch) in SAMPLED_TURNS is measured and stands for the others.
 * Private to the process.
 */
struct stage_timer {
    double (*clock)(void); /* seconds of processor time */
    enum stage stage;
    bool samples;                /* this turn is measured */
    uint64_t turns;              /* begun so far */
    double entered;              /* the clock at the start of the stage */
    double sampled[STAGE_COUNT]; /* seconds measured */
    struct stage_times start;    /* the clocks at the start of the timer */
};

/* A prime, so that special turns, such as every eighth, are sampled fairly. */
enum { SAMPLED_TURNS = 7 };

/* clock: the clock of processor time, clock_processor_seconds except in tests. */
void stage_timer_start(struct stage_timer *timer, double (*clock)(void));

/* Begins a turn, in STAGE_OTHER. */
void stage_timer_turn(struct stage_timer *timer);

/* For stage_enter. */
void stage_timer_switch(struct stage_timer *timer, enum stage stage);

/* The process is at stage from now on. */
static inline void stage_enter(struct stage_timer *timer, enum stage stage) {
    if (timer->samples)
        stage_timer_switch(timer, stage);
}

/* Adds what passed since the start to times. */
void stage_timer_stop(struct stage_timer *timer, struct stage_times *times);

void stage_times_add(struct stage_times *sum, const struct stage_times *times);

#endif
