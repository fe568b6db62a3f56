#include "report/memory.h"

#include <math.h>

void reporter_memory_add_score(struct reporter_memory *memory, double score) {
    memory->scores[memory->scores_seen % SCORE_WINDOW] = score;
    memory->scores_seen++;
}

double reporter_memory_mean_score(const struct reporter_memory *memory) {
    const int64_t count = memory->scores_seen < SCORE_WINDOW ? memory->scores_seen : SCORE_WINDOW;
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += memory->scores[i];
    return count > 0 ? sum / (double)count : NAN;
}
