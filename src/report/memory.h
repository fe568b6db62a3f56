/* What the reporter keeps in shared memory. Inside of the report room. */
#ifndef ASYNCRL_REPORT_MEMORY_H
#define ASYNCRL_REPORT_MEMORY_H

#include "report/report.h"

void reporter_memory_add_game(struct reporter_memory *memory, double score, int64_t length);

/* The window's mean; not a number while it is empty. */
double reporter_memory_mean_score(const struct reporter_memory *memory);

/* The mean of their lengths, likewise. */
double reporter_memory_mean_length(const struct reporter_memory *memory);

void actor_games_add(struct actor_games *games, double score);

/* A full history is thinned out: pairs of its values become one. */
void history_add(struct history *history, double sample);

#endif
