/* Curves from run directories, and pictures of them. */
#include "plot/plot.h"
#include "store/store.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const double rising[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
static const double falling[10] = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
static const double level[10] = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3};

static void assert_near(double actual, double expected) {
    if (fabs(actual - expected) > 1e-9 * (1 + fabs(expected)))
        fail_msg("%.12g is not %.12g", actual, expected);
}

static FILE *open_part(const char *folder, const char *name, const char *mode) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, mode);
    assert_non_null(stream);
    return stream;
}

/* A run of 10000 steps in ten seconds: a row of progress.csv and a game every thousand. */
static void make_run(const char *folder, const char *options, const double *scores) {
    mkdir(folder, 0777);
    FILE *stream = open_part(folder, "config.json", "w");
    fprintf(stream, "{\"method\": \"a3c\", \"game\": \"catch\", \"run_dir\": \"%s\", %s}\n", folder,
            options);
    fclose(stream);
    stream = open_part(folder, "progress.csv", "w");
    fputs("seconds,frames,emulator_frames,frames_per_second,entropy\n", stream);
    for (int i = 1; i <= 10; i++)
        fprintf(stream, "%d,%d,%d,1000,%g\n", i, 1000 * i, 4000 * i, 1.0 / i);
    fclose(stream);
    stream = open_part(folder, "episodes.csv", "w");
    fputs("seconds,frames,actor,environment,score,length,epsilon\n", stream);
    for (int i = 0; i < 10; i++)
        fprintf(stream, "%d,%d,0,0,%g,1000,\n", i + 1, 1000 * (i + 1), scores[i]);
    fclose(stream);
}

/* Makes three runs in a new folder, for each test. */
static int make_runs(void **state) {
    (void)state;
    make_run("r1", "\"seed\": 1, \"lr\": 0.5", rising);
    make_run("r2", "\"seed\": 2, \"lr\": 0.5", falling);
    make_run("r3", "\"seed\": 1, \"lr\": 0.25, \"checkpoint\": \"weights.h5\"", level);
    return 0;
}

static int make_folder(void **state) {
    static char folder[] = "/tmp/asyncrl-plot-XXXXXX";
    *state = mkdtemp(folder);
    return *state && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", (const char *)*state);
    return chdir("/") == 0 ? system(command) : -1;
}

static struct plot *read_plot(enum plot_x x, const char *y, int window, int count,
                              const char *const *arguments) {
    const struct plot_request request = {
        .arguments = arguments,
        .argument_count = count,
        .x = x,
        .y = y,
        .window = window,
        .title = "",
    };
    struct plot *plot = NULL;
    struct error error;
    if (plot_read(&request, &plot, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return plot;
}

/* The index of the curve's point at x. */
static int find_point(const struct plot_curve *curve, double x) {
    for (int i = 0; i < curve->count; i++)
        if (fabs(curve->x[i] - x) < 1e-6)
            return i;
    fail_msg("there is no point at %g", x);
    return -1;
}

static void test_one_run(void **state) {
    (void)state;
    struct plot *plot = read_plot(PLOT_STEPS, "score", 4, 1, (const char *const[]){"r1"});
    const struct plot_curve *curve = &plot->curves[0];
    assert_int_equal(plot->curve_count, 1);
    assert_int_equal(curve->run_count, 1);
    assert_int_equal(curve->band, PLOT_MIDDLE_HALF);
    assert_string_equal(curve->label, "a3c");
    assert_string_equal(plot->title, "catch, a3c");
    assert_near(curve->x[0], 4000);
    assert_near(curve->x[curve->count - 1], 10000);
    const int at = find_point(curve, 7000); /* of the scores 3, 4, 5 and 6 */
    assert_near(curve->y[at], 4.5);
    assert_near(curve->low[at], 3.75);
    assert_near(curve->high[at], 5.25);
    plot_free(plot);
}

/* With two runs, every fourth resample has only one of them, so the interval reaches from one to
 * the other. */
static void test_groups(void **state) {
    (void)state;
    struct plot *plot =
        read_plot(PLOT_STEPS, "score", 1, 3, (const char *const[]){"r1", "r3", "r2"});
    assert_int_equal(plot->curve_count, 2);
    assert_int_equal(plot->curves[0].run_count, 2);
    assert_int_equal(plot->curves[0].band, PLOT_BOOTSTRAP);
    assert_string_equal(plot->curves[0].label, "lr 0.5");
    assert_string_equal(plot->curves[1].label, "lr 0.25");
    const int at = find_point(&plot->curves[0], 3000);
    assert_near(plot->curves[0].y[at], 4.5);
    assert_near(plot->curves[0].low[at], 2);
    assert_near(plot->curves[0].high[at], 7);
    assert_near(plot->curves[1].y[find_point(&plot->curves[1], 3000)], 3);
    size_t count;
    assert_near(plot_mean_between(plot, 0, 1000, 3000, &count), (0 + 1 + 9 + 8) / 4.0);
    assert_int_equal(count, 4);
    plot_free(plot);
}

static void test_labels(void **state) {
    (void)state;
    struct plot *plot =
        read_plot(PLOT_STEPS, "score", 2, 2, (const char *const[]){"all=r1,r2", "all=r3"});
    assert_int_equal(plot->curve_count, 1);
    assert_int_equal(plot->curves[0].run_count, 3);
    assert_string_equal(plot->curves[0].label, "all");
    assert_near(plot->curves[0].y[find_point(&plot->curves[0], 5000)], (3.5 + 5.5 + 3) / 3);
    plot_free(plot);
    plot = read_plot(PLOT_STEPS, "score", 2, 1, (const char *const[]){"\xc3\xa4\xff\n<n=2=r1,r2"});
    assert_string_equal(plot->curves[0].label, "\xc3\xa4?\?<n=2");
    assert_int_equal(plot->curves[0].run_count, 2);
    plot_free(plot);
}

static void test_other_axes(void **state) {
    (void)state;
    struct plot *plot = read_plot(PLOT_EMULATOR_FRAMES, "score", 1, 1, (const char *const[]){"r1"});
    assert_near(plot->curves[0].y[find_point(&plot->curves[0], 20000)], 4);
    plot_free(plot);
    plot = read_plot(PLOT_SECONDS, "entropy", 1, 1, (const char *const[]){"r1"});
    assert_near(plot->curves[0].y[find_point(&plot->curves[0], 4)], 0.25);
    assert_int_equal(plot->curves[0].band, PLOT_NO_BAND);
    plot_free(plot);
}

static void append(const char *path, const char *text) {
    FILE *stream = open_part(".", path, "a");
    fputs(text, stream);
    fclose(stream);
}

/* --checkpoint=5000 after 10000 steps: the games beyond it are removed, time goes on. */
static void test_restart(void **state) {
    (void)state;
    append("r1/progress.csv", "1,5900,3600,1000,0.5\n3,8000,12000,1000,0.5\n");
    append("r1/episodes.csv", "0.6,5500,0,0,20,1000,\n2.5,7500,0,0,30,1000,\n");
    struct plot *plot = read_plot(PLOT_SECONDS, "score", 1, 1, (const char *const[]){"r1"});
    const struct plot_curve *curve = &plot->curves[0];
    size_t count;
    plot_mean_between(plot, 0, 0, 1e9, &count);
    assert_int_equal(count, 7); /* five from before, and two */
    assert_near(curve->y[curve->count - 1], 30);
    assert_true(curve->x[curve->count - 1] > 6 && curve->x[curve->count - 1] < 8);
    plot_free(plot);
}

/* A row that is being written is left for the next time. */
static void test_half_written(void **state) {
    (void)state;
    append("r1/episodes.csv", "11,11000,0,0,1");
    struct plot *plot = read_plot(PLOT_STEPS, "score", 1, 1, (const char *const[]){"r1"});
    assert_near(plot->curves[0].x[plot->curves[0].count - 1], 10000);
    plot_free(plot);
}

static void test_points(void **state) {
    (void)state;
    unlink("points.csv");
    append("points.csv", "frames,score_mean_100\n1000,1\n2000,3\n");
    struct plot *plot =
        read_plot(PLOT_STEPS, "score", 0, 1, (const char *const[]){"old=points.csv"});
    assert_int_equal(plot->curves[0].band, PLOT_NO_BAND);
    assert_near(plot->curves[0].y[find_point(&plot->curves[0], 1500)], 2);
    plot_free(plot);
}

/* Labels of files with long names are cut, so that they may be the same. */
static void test_equal_labels(void **state) {
    (void)state;
    char paths[3][160];
    const char *arguments[3];
    for (int i = 0; i < 3; i++) {
        snprintf(paths[i], sizeof paths[i], "%0120d-%d.csv", 0, i);
        unlink(paths[i]);
        append(paths[i], "steps,score_mean_100\n1000,1\n2000,3\n");
        arguments[i] = paths[i];
    }
    struct plot *plot = read_plot(PLOT_STEPS, "score", 0, 3, arguments);
    assert_int_equal(plot->curve_count, 3);
    for (int i = 1; i < 3; i++) {
        char ending[8];
        snprintf(ending, sizeof ending, " (%d)", i + 1);
        const char *label = plot->curves[i].label;
        assert_string_equal(label + strlen(label) - strlen(ending), ending);
    }
    plot_free(plot);
}

/* A row with more fields than the first line names is an error. */
static void test_surplus_field(void **state) {
    (void)state;
    const struct plot_request request = {.arguments = (const char *const[]){"points.csv"},
                                         .argument_count = 1,
                                         .y = "score",
                                         .title = ""};
    static const char *const rows[] = {"1000,1\n2000,3,5\n", "1000,1\n2000,3,5,7\n",
                                       "1000,1\n2000\n"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plot *plot = NULL;
        struct error error = {0};
        unlink("points.csv");
        append("points.csv", "steps,score\n");
        append("points.csv", rows[i]);
        assert_int_equal(plot_read(&request, &plot, &error), STATUS_BAD_INPUT);
        assert_non_null(strstr(error.message, "line 3: it does not have the 2 fields"));
    }
}

static void check_png(const struct plot *plot, enum plot_theme theme, int ground) {
    const struct plot_look look = {.theme = theme, .width = 500, .height = 300};
    struct error error;
    uint8_t *rgb;
    int height;
    int width;
    assert_int_equal(plot_draw(plot, &look, "chart.png", &error), STATUS_OK);
    assert_int_equal(png_read("chart.png", &rgb, &height, &width, &error), STATUS_OK);
    assert_int_equal(width, 1000);
    assert_int_equal(height, 600);
    assert_int_equal(rgb[0], ground);
    size_t blue = 0; /* pixels of the curve */
    for (size_t i = 0; i < (size_t)width * (size_t)height; i++)
        blue += rgb[3 * i + 2] > rgb[3 * i] + 100;
    assert_true(blue > 1000);
    free(rgb);
}

static void test_png(void **state) {
    (void)state;
    struct plot *plot = read_plot(PLOT_STEPS, "score", 2, 1, (const char *const[]){"r1"});
    check_png(plot, PLOT_AUTO, 0xff);
    check_png(plot, PLOT_DARK, 0x0f);
    plot_free(plot);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_one_run, make_runs),
        cmocka_unit_test_setup(test_groups, make_runs),
        cmocka_unit_test_setup(test_labels, make_runs),
        cmocka_unit_test_setup(test_other_axes, make_runs),
        cmocka_unit_test_setup(test_restart, make_runs),
        cmocka_unit_test_setup(test_half_written, make_runs),
        cmocka_unit_test_setup(test_points, make_runs),
        cmocka_unit_test_setup(test_equal_labels, make_runs),
        cmocka_unit_test_setup(test_surplus_field, make_runs),
        cmocka_unit_test_setup(test_png, make_runs),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
