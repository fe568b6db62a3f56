#include "report/memory.h"

#include <math.h>

void reporter_memory_add_game(struct reporter_memory *memory, double score, int64_t length,
                              int flag) {
    memory->scores[memory->scores_seen % SCORE_WINDOW] = score;
    memory->lengths[memory->scores_seen % SCORE_WINDOW] = (double)length;
    memory->flags[memory->scores_seen % SCORE_WINDOW] = flag;
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

double reporter_memory_flag_rate(const struct reporter_memory *memory) {
    const int64_t seen = memory->scores_seen;
    const int64_t count = seen < SCORE_WINDOW ? seen : SCORE_WINDOW;
    double told = 0;
    double flags = 0;
    for (int64_t i = 0; i < count; i++) {
        told += memory->flags[i] >= 0;
        flags += memory->flags[i] > 0;
    }
    return told > 0 ? flags / told : NAN;
}

void actor_games_add(struct actor_games *games, double score) {
    games->best = games->count > 0 ? fmax(games->best, score) : score;
    games->last = score;
    games->count++;
}

double pace_take(struct pace *pace, double seconds, double count) {
    const double elapsed = fmax(seconds - pace->since, 1e-6);
    if (count > pace->count) {
        const double gain = count - pace->count;
        *pace =
            (struct pace){.since = seconds, .count = count, .gain = gain, .rate = gain / elapsed};
    } else {
        pace->rate = fmin(pace->rate, pace->gain / elapsed);
    }
    return pace->gain > 0 ? pace->rate : NAN;
}

static void thin_out(struct history *history) {
    for (size_t i = 0; i < HISTORY_SIZE / 2; i++)
        history->values[i] = (history->values[2 * i] + history->values[2 * i + 1]) / 2;
    history->count = HISTORY_SIZE / 2;
    history->samples *= 2;
}

void history_add(struct history *history, double sample) {
    if (isnan(sample))
        return;
    if (history->samples == 0)
        history->samples = 1;
    history->sum += sample;
    history->held++;
    if (history->held < history->samples)
        return;
    history->values[history->count++] = history->sum / history->held;
    history->sum = 0;
    history->held = 0;
    if (history->count == HISTORY_SIZE)
        thin_out(history);
}
