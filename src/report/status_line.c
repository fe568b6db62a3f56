#include "report/report.h"

#include <math.h>
#include <string.h>

enum { PIECE_SIZE = 40, MAX_PIECES = 12 };

/* 1234567 as "1.23M", so that a count takes five columns whatever it is. */
static void format_count(char *out, size_t size, double count) {
    if (count < 1e4)
        snprintf(out, size, "%.0f", count);
    else if (count < 1e6)
        snprintf(out, size, "%.*fk", count < 1e5 ? 1 : 0, count / 1e3);
    else if (count < 1e9)
        snprintf(out, size, "%.2fM", count / 1e6);
    else
        snprintf(out, size, "%.2fG", count / 1e9);
}

static void format_time(char *out, size_t size, double seconds) {
    const int minutes = (int)fmin(seconds / 60, 60e6);
    if (minutes < 60)
        snprintf(out, size, "%dm%02ds", minutes, (int)(seconds - 60.0 * minutes));
    else
        snprintf(out, size, "%dh%02dm", minutes / 60, minutes % 60);
}

/* Fills pieces with the parts of the line, most important first; returns how many there are. */
static int make_pieces(char pieces[MAX_PIECES][PIECE_SIZE], const struct status_numbers *numbers) {
    char text[PIECE_SIZE / 2];
    int count = 0;
    snprintf(pieces[count++], PIECE_SIZE, "%s", numbers->label);
    format_count(text, sizeof text, (double)numbers->frames);
    snprintf(pieces[count++], PIECE_SIZE, "%s frames", text);
    if (isnan(numbers->score_mean))
        snprintf(pieces[count++], PIECE_SIZE, "score -");
    else
        snprintf(pieces[count++], PIECE_SIZE, "score %.2f", numbers->score_mean);
    format_count(text, sizeof text, numbers->frames_per_second);
    snprintf(pieces[count++], PIECE_SIZE, "%s/s", text);
    if (numbers->seconds_left >= 0) {
        format_time(text, sizeof text, numbers->seconds_left);
        snprintf(pieces[count++], PIECE_SIZE, "left %s", text);
    }
    snprintf(pieces[count++], PIECE_SIZE, "pi %+.3f", numbers->policy_loss);
    snprintf(pieces[count++], PIECE_SIZE, "v %.3f", numbers->value_loss);
    snprintf(pieces[count++], PIECE_SIZE, "H %.2f", numbers->entropy);
    snprintf(pieces[count++], PIECE_SIZE, "V %.2f", numbers->value);
    snprintf(pieces[count++], PIECE_SIZE, "queue %.0f%%", 100 * numbers->queue_fill);
    snprintf(pieces[count++], PIECE_SIZE, "lag %.0f", numbers->weights_lag);
    format_count(text, sizeof text, numbers->emulator_frames_per_second);
    snprintf(pieces[count++], PIECE_SIZE, "emu %s/s", text);
    return count;
}

void status_format(char *out, int width, const struct status_numbers *numbers) {
    char pieces[MAX_PIECES][PIECE_SIZE];
    const int count = make_pieces(pieces, numbers);
    int length = 0;
    out[0] = '\0';
    for (int i = 0; i < count; i++) {
        const int gap = length > 0 ? 2 : 0;
        if (length + gap + (int)strlen(pieces[i]) > width)
            return;
        length += sprintf(out + length, "%*s%s", gap, "", pieces[i]);
    }
}
