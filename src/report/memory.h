/* The reporter's part of shared memory. Inside of the report room. */
#ifndef ASYNCRL_REPORT_MEMORY_H
#define ASYNCRL_REPORT_MEMORY_H

#include "report/report.h"

/* flag: as in struct episode_record. */
void reporter_memory_add_game(struct reporter_memory *memory, double score, int64_t length,
                              int flag);

/* The window's mean; NaN while it is empty. */
double reporter_memory_mean_score(const struct reporter_memory *memory);

/* The mean of their lengths, likewise. */
double reporter_memory_mean_length(const struct reporter_memory *memory);

/* The share of them that ended at their goal; NaN if no game has a goal. */
double reporter_memory_flag_rate(const struct reporter_memory *memory);

void actor_games_add(struct actor_games *games, double score);

/* The speed of a count that may grow in leaps, such as a batch of many seconds at once. */
struct pace {
    double since; /* of the newest growth */
    double count; /* the count then */
    double gain;  /* the size of that growth */
    double rate;  /* per second */
};

/* Takes in the count at that time, and returns the rate: the newest growth divided by the time
 * since the growth before. While the count rests, the rate falls as if another such growth came
 * just now. NaN before the first growth. */
double pace_take(struct pace *pace, double seconds, double count);

/* Adds a sample; ignores NaN. A full history is thinned: pairs of its values become one. */
void history_add(struct history *history, double sample);

#endif
