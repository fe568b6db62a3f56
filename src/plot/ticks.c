#include "plot/ticks.h"

#include <math.h>
#include <stdio.h>

double plot_nice_step(double span, int max_count) {
    const double smallest = 1e-290; /* smallest span for which the powers below are not 0 */
    double power = pow(10, floor(log10(fmax(span, smallest) / max_count)));
    for (;; power *= 10) {
        const double steps[] = {1, 2, 5};
        for (int i = 0; i < 3; i++)
            if (steps[i] * power * max_count >= span * (1 - 1e-9))
                return steps[i] * power;
    }
}

static double nice_seconds(double span, int max_count) {
    static const double steps[] = {1,   2,   5,    10,   15,   30,    60,    120,   300,
                                   600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (steps[i] * max_count >= span)
            return span <= max_count / 2.0 ? plot_nice_step(span, max_count) : steps[i];
    return 86400 * plot_nice_step(span / 86400, max_count);
}

struct axis axis_of_x(enum plot_x kind, double low, double high, int max_ticks) {
    struct axis axis = {.low = low, .high = high};
    if (low >= 0 && low < high / 2)
        axis.low = 0;
    if (axis.high <= axis.low)
        axis.high = axis.low + 1;
    axis.step = kind == PLOT_SECONDS ? nice_seconds(axis.high - axis.low, max_ticks)
                                     : plot_nice_step(axis.high - axis.low, max_ticks);
    const double next = ceil(axis.high / axis.step) * axis.step;
    if (next - axis.high < 0.1 * axis.step) /* a run of 6M steps ends a little before them */
        axis.high = next;
    return axis;
}

struct axis axis_of_y(double low, double high, int max_ticks) {
    if (high <= low) { /* a flat line, in the middle */
        const double room = low == 0 ? 1 : fabs(low) / 2;
        low -= room;
        high += room;
    }
    const double room = (high - low) * 0.05;
    struct axis axis = {.low = low - room, .high = high + room};
    if (low >= 0 && low < high / 2)
        axis.low = 0;
    else if (high <= 0 && high > low / 2)
        axis.high = 0;
    axis.step = plot_nice_step(axis.high - axis.low, max_ticks);
    return axis;
}

void format_number(char *out, size_t size, double value, double step, double largest) {
    static const struct {
        double from;
        double unit;
        const char *name;
    } units[] = {{1e9, 1e9, "G"}, {1e6, 1e6, "M"}, {1e4, 1e3, "k"}, {0, 1, ""}};
    int i = 0;
    while (largest < units[i].from)
        i++;
    const double scaled = step / units[i].unit;
    int decimals = 0;
    while (decimals < 9 && fabs(scaled * pow(10, decimals) - round(scaled * pow(10, decimals))) >
                               1e-6 * scaled * pow(10, decimals))
        decimals++;
    if (fabs(value) < step * 1e-6)
        snprintf(out, size, "0");
    else /* U+2212, the minus sign, is as wide as a digit */
        snprintf(out, size, "%s%.*f%s", value < 0 ? "\xe2\x88\x92" : "", decimals,
                 fabs(value) / units[i].unit, units[i].name);
}

void plot_format_x(char *out, size_t size, enum plot_x kind, double x, double step,
                   double largest) {
    static const struct {
        double seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    if (kind != PLOT_SECONDS || fabs(x) < step * 1e-6) {
        format_number(out, size, x, step, largest);
        return;
    }
    int i = 0;
    while (i < 3 && (largest < units[i].seconds || fmod(step, units[i].seconds / 2) != 0))
        i++;
    char number[32];
    format_number(number, sizeof number, x / units[i].seconds, step / units[i].seconds, 0);
    snprintf(out, size, "%s %s", number, units[i].name);
}
