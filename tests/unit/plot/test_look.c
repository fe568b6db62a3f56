/* Ticks at round numbers, and colours that all readers can distinguish. */
#include "plot/theme.h"
#include "plot/ticks.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_x(enum plot_x kind, double x, double step, double largest,
                     const char *expected) {
    char text[32];
    plot_format_x(text, sizeof text, kind, x, step, largest);
    assert_string_equal(text, expected);
}

static void test_steps(void **state) {
    (void)state;
    assert_true(plot_nice_step(6e6, 6) == 1e6);
    assert_true(plot_nice_step(6e6, 5) == 2e6);
    assert_true(plot_nice_step(7, 3) == 5);
    assert_true(fabs(plot_nice_step(0.06, 6) - 0.01) < 1e-12);
    assert_true(axis_of_x(PLOT_SECONDS, 0, 1077, 8).step == 300);
    assert_true(axis_of_x(PLOT_SECONDS, 0, 7 * 3600, 8).step == 3600);
    assert_true(axis_of_x(PLOT_SECONDS, 0, 40 * 86400, 8).step == 5 * 86400);
}

static void test_tick_labels(void **state) {
    (void)state;
    assert_x(PLOT_STEPS, 2e6, 1e6, 6e6, "2M");
    assert_x(PLOT_STEPS, 1.5e6, 5e5, 3e6, "1.5M");
    assert_x(PLOT_STEPS, 0, 5e5, 3e6, "0");
    assert_x(PLOT_STEPS, 40000, 20000, 60000, "40k");
    assert_x(PLOT_STEPS, 2500, 500, 5000, "2500");
    assert_x(PLOT_SECONDS, 600, 300, 1077, "10 min");
    assert_x(PLOT_SECONDS, 7200, 3600, 20000, "2 h");
    assert_x(PLOT_SECONDS, 5400, 1800, 7000, "1.5 h");
    assert_x(PLOT_SECONDS, 5, 5, 40, "5 s");
    char text[32];
    format_number(text, sizeof text, -20, 10, 21);
    assert_string_equal(text, "−20");
    format_number(text, sizeof text, 0.05, 0.01, 0.06);
    assert_string_equal(text, "0.05");
}

/* A run of 6M steps ends a little before them, and its axis at them. */
static void test_axes(void **state) {
    (void)state;
    const struct axis steps = axis_of_x(PLOT_STEPS, 25000, 5.9984e6, 7);
    assert_true(steps.low == 0 && steps.high == 6e6 && steps.step == 1e6);
    const struct axis late = axis_of_x(PLOT_STEPS, 4.25e6, 6e6, 7);
    assert_true(late.low == 4.25e6);
    const struct axis pong = axis_of_y(-21, 19, 6);
    assert_true(pong.low < -21 && pong.high > 19 && pong.step == 10);
    const struct axis score = axis_of_y(0.5, 20, 6);
    assert_true(score.low == 0 && score.high > 20);
    const struct axis flat = axis_of_y(3, 3, 6);
    assert_true(flat.low < 3 && flat.high > 3 && flat.step > 0);
}

/* ---- Colours --------------------------------------------------------------------------------- */

struct linear {
    double channels[3];
};

/* sRGB to light, IEC 61966-2-1. */
static struct linear to_linear(uint32_t color) {
    struct linear linear;
    for (int i = 0; i < 3; i++) {
        const double value = (color >> (16 - 8 * i) & 255) / 255.0;
        linear.channels[i] = value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
    }
    return linear;
}

static double luminance(uint32_t color) {
    const struct linear linear = to_linear(color);
    return 0.2126 * linear.channels[0] + 0.7152 * linear.channels[1] + 0.0722 * linear.channels[2];
}

/* WCAG 2.1. */
static double contrast(uint32_t one, uint32_t other) {
    const double a = luminance(one) + 0.05;
    const double b = luminance(other) + 0.05;
    return a > b ? a / b : b / a;
}

static void test_contrast(void **state) {
    (void)state;
    for (int dark = 0; dark < 2; dark++)
        for (int ink = INK_TEXT; ink < INK_COUNT; ink++)
            assert_true(contrast(theme_color(ink, dark), theme_color(INK_SURFACE, dark)) >= 4.5);
}

static double lab_curve(double t) {
    return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

/* CIELAB under D65. */
static void to_lab(const struct linear *linear, double lab[3]) {
    const double *c = linear->channels;
    const double x = lab_curve((0.4124 * c[0] + 0.3576 * c[1] + 0.1805 * c[2]) / 0.95047);
    const double y = lab_curve(0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]);
    const double z = lab_curve((0.0193 * c[0] + 0.1192 * c[1] + 0.9505 * c[2]) / 1.08883);
    lab[0] = 116 * y - 16;
    lab[1] = 500 * (x - y);
    lab[2] = 200 * (y - z);
}

/* A colour as people without one kind of cones see it: Machado, Oliveira and Fernandes, "A
 * physiologically-based model for simulation of color vision deficiency" (2009), severity 1. The
 * first is normal vision. */
static const double visions[4][3][3] = {
    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
    {{0.152286, 1.052583, -0.204868},
     {0.114503, 0.786281, 0.099216},
     {-0.003882, -0.048116, 1.051998}},
    {{0.367322, 0.860646, -0.227968},
     {0.280085, 0.672501, 0.047413},
     {-0.011820, 0.042940, 0.968881}},
    {{1.255528, -0.076749, -0.178779},
     {-0.078411, 0.930809, 0.147602},
     {0.004733, 0.691367, 0.303900}},
};

static void see(int vision, uint32_t color, double lab[3]) {
    const struct linear linear = to_linear(color);
    struct linear seen = {{0}};
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++)
            seen.channels[i] += visions[vision][i][k] * linear.channels[k];
        seen.channels[i] = fmin(1, fmax(0, seen.channels[i]));
    }
    to_lab(&seen, lab);
}

/* A difference of about 2 is just visible; these are far larger. */
static void assert_apart(int vision, int one, int other, bool dark) {
    double a[3];
    double b[3];
    see(vision, theme_color(INK_CURVE + one, dark), a);
    see(vision, theme_color(INK_CURVE + other, dark), b);
    const double distance = hypot(hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]);
    if (distance < 13)
        fail_msg("curves %d and %d are %.1f apart (vision %d, dark %d)", one, other, distance,
                 vision, dark);
}

static void test_colour_blindness(void **state) {
    (void)state;
    for (int dark = 0; dark < 2; dark++)
        for (int vision = 0; vision < 4; vision++)
            for (int i = 0; i < INK_CURVE_COUNT; i++)
                for (int k = 0; k < i; k++)
                    assert_apart(vision, i, k, dark);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_tick_labels),
        cmocka_unit_test(test_axes),
        cmocka_unit_test(test_contrast),
        cmocka_unit_test(test_colour_blindness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
