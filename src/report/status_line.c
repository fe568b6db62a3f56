#include "report/report.h"

#include "report/text.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

/* The label; up to 6 parts of the pace, and 7 of the learning. */
enum { PIECE_SIZE = 40, MAX_PIECES = 1 + 6 + 7 };

/* The parts of a line, most important first. */
struct pieces {
    char text[MAX_PIECES][PIECE_SIZE];
    int count;
};

static void add_piece(struct pieces *pieces, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_piece(struct pieces *pieces, const char *format, ...) {
    va_list arguments;
    if (pieces->count == MAX_PIECES)
        return;
    va_start(arguments, format);
    vsnprintf(pieces->text[pieces->count++], PIECE_SIZE, format, arguments);
    va_end(arguments);
}

static void add_pace(struct pieces *pieces, const struct status_numbers *numbers, bool compact) {
    const double *values = numbers->values;
    char steps[PIECE_SIZE / 2];
    char rate[PIECE_SIZE / 2];
    char emulator_rate[PIECE_SIZE / 2];
    text_count(steps, sizeof steps, values[METRIC_STEPS]);
    text_count(rate, sizeof rate, values[METRIC_SPEED]);
    text_count(emulator_rate, sizeof emulator_rate, values[METRIC_EMULATOR_SPEED]);
    add_piece(pieces, compact ? "%s" : "%s steps", steps);
    add_piece(pieces, "%s/s", rate);
    if (isnan(values[METRIC_SCORE]))
        add_piece(pieces, "score -");
    else
        add_piece(pieces, "score %.*f", compact ? 1 : 2, values[METRIC_SCORE]);
    if (!isnan(values[METRIC_FLAG_RATE]))
        add_piece(pieces, "flag %.0f%%", 100 * values[METRIC_FLAG_RATE]);
    if (numbers->seconds_left >= 0) {
        char left[PIECE_SIZE / 2];
        text_time(left, sizeof left, numbers->seconds_left);
        add_piece(pieces, compact ? "%s" : "left %s", left);
    }
    add_piece(pieces, compact ? "emu %s" : "emu %s/s", emulator_rate);
}

static void add_losses(struct pieces *pieces, const double *values, bool compact) {
    if (!isnan(values[METRIC_POLICY_LOSS])) {
        add_piece(pieces, "pi %+.*f", compact ? 2 : 3, values[METRIC_POLICY_LOSS]);
        add_piece(pieces, "v %.*f", compact ? 2 : 3, values[METRIC_VALUE_LOSS]);
        add_piece(pieces, "H %.*f", compact ? 1 : 2, values[METRIC_ENTROPY]);
        add_piece(pieces, "V %.*f", compact ? 1 : 2, values[METRIC_VALUE]);
    } else if (!isnan(values[METRIC_Q_LOSS])) {
        /* A mean over actions as well, so it can be tiny. */
        const char *format = values[METRIC_Q_LOSS] < 1 ? "%.*g" : "%.*f";
        char loss[PIECE_SIZE / 2];
        snprintf(loss, sizeof loss, format, compact ? 1 : 2, values[METRIC_Q_LOSS]);
        add_piece(pieces, compact ? "L %s" : "loss %s", loss);
        add_piece(pieces, "Q %.*f", compact ? 1 : 2, values[METRIC_Q_VALUE]);
    }
}

static void add_learning(struct pieces *pieces, const double *values, bool compact) {
    if (!isnan(values[METRIC_EPSILON]))
        add_piece(pieces, "eps %.2f", values[METRIC_EPSILON]);
    add_losses(pieces, values, compact);
    add_piece(pieces, compact ? "q%.0f%%" : "queue %.0f%%", 100 * values[METRIC_QUEUE_FILL]);
    add_piece(pieces, "lag %.0f", values[METRIC_WEIGHTS_LAG]);
}

/* Joins pieces as far as they fit into width; false if some were left out. */
static bool join(char *out, int width, const struct pieces *pieces, int gap) {
    int length = 0;
    out[0] = '\0';
    for (int i = 0; i < pieces->count; i++) {
        const int space = length > 0 ? gap : 0;
        if (length + space + (int)strlen(pieces->text[i]) > width)
            return false;
        length += sprintf(out + length, "%*s%s", space, "", pieces->text[i]);
    }
    return true;
}

void status_format(char *out, int width, const struct status_numbers *numbers) {
    struct pieces spacious = {0};
    add_piece(&spacious, "%s", numbers->label);
    add_pace(&spacious, numbers, false);
    add_learning(&spacious, numbers->values, false);
    if (join(out, width, &spacious, 2))
        return;
    struct pieces compact = {0};
    add_pace(&compact, numbers, true);
    add_learning(&compact, numbers->values, true);
    join(out, width, &compact, 1);
}
