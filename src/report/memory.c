#include "report/memory.h"

#include <math.h>

void reporter_memory_add_game(struct reporter_memory *memory, double score, int64_t length) {
    memory->scores[memory->scores_seen % SCORE_WINDOW] = score;
    memory->lengths[memory->scores_seen % SCORE_WINDOW] = (double)length;
    memory->scores_seen++;
}

static double mean_of(const double *window, int64_t seen) {
    const int64_t count = seen < SCORE_WINDOW ? seen : SCORE_WINDOW;
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += window[i];
    return count > 0 ? sum / (double)count : NAN;
}

double reporter_memory_mean_score(const struct reporter_memory *memory) {
    return mean_of(memory->scores, memory->scores_seen);
}

double reporter_memory_mean_length(const struct reporter_memory *memory) {
    return mean_of(memory->lengths, memory->scores_seen);
}
